"""Every extension of the site is listed, safe beside others, and hooked where its file says."""

import re
from importlib import import_module
from unittest.mock import MagicMock

import pytest
from conftest import ROOT

FILES = {path.stem: path.read_text("utf-8") for path in (ROOT / "docs" / "_ext").glob("*.py")}
EXTENSIONS = sorted(name for name, text in FILES.items() if "def setup(" in text)


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_is_listed_and_safe(name: str) -> None:
    """It is in conf.py, may read and write in parallel, and hooks functions of its own."""
    assert f'"{name}"' in (ROOT / "docs" / "conf.py").read_text("utf-8")
    module, app = import_module(name), MagicMock()
    assert module.setup(app) == {"parallel_read_safe": True, "parallel_write_safe": True}
    assert app.method_calls
    for call in app.connect.call_args_list:
        assert call.args[1].__module__ == name


def test_every_file_is_an_extension_or_is_used() -> None:
    """No file of the folder is left over."""
    for name in FILES.keys() - set(EXTENSIONS):
        others = [text for other, text in FILES.items() if other != name]
        others += [(ROOT / place).read_text("utf-8") for place in ("docs/conf.py", "noxfile.py")]
        assert re.search(rf"from {name} import|_ext/{name}\.py", "\n".join(others)), name


def test_nothing_private_is_used() -> None:
    """No underscore attribute of Sphinx, docutils or Sphinx-Gallery; no /proc; no fork of our own."""
    for name, text in FILES.items():
        code = re.sub(r'"""[\s\S]*?"""|#.*', "", text)
        private = re.findall(r"(?:\.|getattr\([^)]*[\"'])(_[a-z]\w*)", code)
        assert not set(private) - {"_exit", "_replace"}, (name, private)
        assert not re.search(r"/proc|os\.fork", code), name
