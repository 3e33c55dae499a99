"""Code carries the functions that it uses, and says what it needs."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import carried_source
import pytest

import mse_nll

PACKAGE = {
    "__init__": "from mse_nll.a import First, shown\nfrom mse_nll.b import other\n",
    "a": '''"""A module."""

from __future__ import annotations

import functools
import math as m

from mse_nll.b import helper

LIMIT: float = 2.0
LOW, HIGH = 0, 1


class First:
    """Say "first".

    At length.
    """

    def method(self) -> float:
        """Return pi."""
        return m.pi


@functools.cache
def shown(x: float) -> float:
    r"""Show it with :func:`~mse_nll.other` for :math:`\\sigma^2`.

    Details.
    """
    def inner() -> None:
        pass
    return helper(x) * LIMIT + HIGH + First().method()


if LIMIT:
    pass
''',
    "b": """import mse_nll.a
from statistics import mean as average, median


def helper(x):
    return average([x, x])


def other():
    return helper(1)
""",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small package in place of the project's."""
    for name, text in PACKAGE.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(carried_source, "PACKAGE", tmp_path)


@pytest.mark.usefixtures("package")
def test_the_block_runs_alone() -> None:
    """It holds what the names need and no more, each once and in order, decorated as it was."""
    block = carried_source.block(["shown", "other", "shown"])
    script = f"{block}\n\nprint(f'{{shown(3.0):.4f}}', other())"
    command = [sys.executable, "-I", "-W", "error", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "10.1416 1\n", done.stderr
    lines = block.splitlines()
    assert (
        lines[0]
        == "# With mse_nll installed, write instead: from mse_nll import shown, other, shown"
    )
    assert lines[1:4] == [
        "import functools", "import math as m", "from statistics import mean as average"
    ]  # fmt: skip
    assert block.count("def helper") == block.count("def other") == 1
    assert "@functools.cache\ndef shown" in block
    assert '    r"""Show it with other for σ²."""\n    def inner' in block
    assert "Details" not in block


@pytest.mark.usefixtures("package")
def test_a_name_that_is_not_public() -> None:
    """A function that the package does not show cannot be carried."""
    with pytest.raises(ValueError, match="no public name 'helper'"):
        carried_source.block(["helper"])


def test_imports_of_the_package_go() -> None:
    """In any form; the rest of the code stays as it is, and nothing is carried where nothing is used."""
    code = "x = 1\nfrom mse_nll import (\n    one,\n    two,\n)\nfrom mse_nll import two\nimport math\n"
    assert carried_source.without_imports(code) == ("x = 1\nimport math", ["one", "two", "two"])
    assert carried_source.without_imports("import math\n") == ("import math", [])
    code = "import math\n\nfrom mse_nll import one\n\nx = 1\n"
    assert carried_source.without_imports(code) == ("import math\n\nx = 1", ["one"])
    assert carried_source.block([]) == ""


def test_requirements() -> None:
    """They are what is imported from outside, by the names under which it is installed."""
    source = "import math, numpy.linalg\nfrom sklearn import svm\nfrom . import x\n"
    assert carried_source.requirements(source).splitlines() == [
        "# /// script", '# requires-python = ">=3.11"', "# dependencies = [",
        '#   "numpy",', '#   "scikit-learn",', "# ]", "# ///",
    ]  # fmt: skip


@pytest.mark.parametrize("name", mse_nll.__all__)
def test_the_projects_own_functions_can_be_carried(name: str) -> None:
    """Every public name gives a short block that defines it, with docstrings of one plain line."""
    block = carried_source.block([name])
    assert name in {node.name for node in ast.parse(block).body if hasattr(node, "name")}
    for line in re.findall(r'^ *r?"""(.*)$', block, re.MULTILINE):
        assert line.endswith('"""'), line
        assert not re.search(r":\w+:`|\\", line), line
