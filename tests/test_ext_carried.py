"""Scripts that carry the functions they use, and say what they need."""

import ast
import subprocess
import sys
from pathlib import Path

import carried_source
import pytest

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
    r"""Show \\sigma.

    Details.
    """
    def inner() -> None:
        pass
    return helper(x) * LIMIT + HIGH + First().method()


if LIMIT:
    pass
''',
    "b": """import mse_nll.a
from statistics import mean as average


def helper(x):
    return average([x, x])


def other():
    return helper(1)
""",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package in place of the project's."""
    for name, text in PACKAGE.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setattr(carried_source, "PACKAGE", tmp_path)
    for cached in (carried_source.module, carried_source.carried):
        cached.cache_clear()
    yield tmp_path
    for cached in (carried_source.module, carried_source.carried):
        cached.cache_clear()


def printed(script: str) -> str:
    """What a script prints where no package is installed."""
    command = [sys.executable, "-I", "-W", "error", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_script_carries_what_it_uses(package: Path) -> None:
    """The carried functions run alone, with what they call, decorated as they were."""
    script = "from mse_nll import shown\n\nprint(f'{shown(3.0):.4f}')\n"
    carried = carried_source.carry(script, "1.0")
    assert printed(carried) == "10.1416\n"
    assert "mse_nll 1.0" in carried
    assert carried.index("def helper") < carried.index("def shown")
    assert 'r"""Show \\sigma."""' in carried
    assert "Details." not in carried
    assert "def other" not in carried
    assert "@functools.cache\ndef shown" in carried


def test_each_function_is_carried_once(package: Path) -> None:
    """Two statements, several lines, a name twice: one block of functions, no statement left."""
    statements = "from mse_nll import (\n    other,\n    shown,\n)\nfrom mse_nll import other\n"
    script = f"x = 1\n{statements}print(other())\n"
    carried = carried_source.carry(script, "1.0")
    assert carried.count("def other") == carried.count("def helper") == 1
    assert "from mse_nll import" not in carried
    assert carried.startswith("x = 1\n")
    assert printed(carried) == "1\n"


def test_a_script_without_the_package_stays() -> None:
    """Nothing is carried where nothing is used."""
    assert carried_source.carry("import math\n", "1.0") == "import math\n"


def test_a_name_that_is_not_public(package: Path) -> None:
    """A function that the package does not show cannot be carried."""
    with pytest.raises(ValueError, match="no public name 'helper'"):
        carried_source.carry("from mse_nll import helper\n", "1.0")


def test_requirements() -> None:
    """They are what is imported from outside, by the names under which it is installed."""
    source = "import math, numpy.linalg\nfrom sklearn import svm\nfrom . import x\nimport mse_nll\n"
    assert carried_source.third_party(source) == ["numpy", "scikit-learn"]
    header = carried_source.with_requirements(source).split("# ///\n")[0]
    assert header.splitlines()[:2] == ["# /// script", '# requires-python = ">=3.11"']
    assert '#   "numpy",' in header


def test_the_projects_own_functions_can_be_carried() -> None:
    """Every public name of the real package gives a block that parses and defines it."""
    import mse_nll

    for name in mse_nll.__all__:
        carried = carried_source.carry(f"from mse_nll import {name}\n", "1")
        defined = {n.name for n in ast.parse(carried).body if hasattr(n, "name")}
        assert name in defined
