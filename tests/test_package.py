"""The package as a whole: its names, its docstrings, its dependencies, its import."""

import ast
import inspect
import json
import subprocess
import sys
import tomllib
import typing
from pathlib import Path

import pytest

import mse_nll

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "mse_nll").glob("*.py"))
PUBLIC = {name: getattr(mse_nll, name) for name in mse_nll.__all__}
FUNCTIONS = {name: value for name, value in PUBLIC.items() if inspect.isfunction(value)}


def test_public_names_are_those_of_the_modules() -> None:
    """__all__ is sorted and holds every function and class that a public module defines."""
    assert mse_nll.__all__ == sorted(mse_nll.__all__)
    defined = set()
    for path in SOURCES:
        if not path.name.startswith("_"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            nodes = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            defined |= {node.name for node in nodes if not node.name.startswith("_")}
    assert defined == set(mse_nll.__all__)


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_teaches(name: str) -> None:
    """A one-line summary, then the sections a reader looks for, in Google's order."""
    doc = inspect.getdoc(PUBLIC[name])
    assert doc is not None
    assert doc.splitlines()[0].endswith(".")
    sections = ["Args:", "Returns:", "Raises:", "Examples:"] if name in FUNCTIONS else []
    if name == "RegressionNetwork":
        sections = ["Args:", "Raises:", "Examples:"]
    if name in ("LinearFit", "LinearPrediction"):
        sections = ["Attributes:"]
    places = [doc.find(f"\n{section}\n") for section in sections]
    assert -1 not in places, sections
    assert places == sorted(places)
    if "Returns:" in sections:  # a colon in its first line would be read as a type
        assert ":" not in doc.split("\nReturns:\n")[1].split("\n")[0].replace(":math:", "")
    if "Examples:" in sections:
        assert f"from mse_nll import {name}" in doc or f", {name}" in doc


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_is_typed_and_documented(name: str) -> None:
    """Each parameter has an annotation and an entry under Args."""
    hints, doc = typing.get_type_hints(FUNCTIONS[name]), inspect.getdoc(FUNCTIONS[name]) or ""
    assert "return" in hints
    for parameter in inspect.signature(FUNCTIONS[name]).parameters:
        assert parameter in hints
        assert f"\n    {parameter}: " in doc


def test_losses_share_one_signature() -> None:
    """Targets first, predictions second, reduction last and "sum" by default."""
    losses = [f for name, f in FUNCTIONS.items() if name.endswith("negative_log_likelihood")]
    assert len(losses) == 6
    for loss in losses:
        parameters = list(inspect.signature(loss).parameters.values())
        assert [p.name for p in parameters[:2]] == ["y_true", "y_pred"]
        assert parameters[-1].name == "reduction"
        assert parameters[-1].default == "sum"


def test_torch_and_scipy_are_the_only_dependencies() -> None:
    """The metadata name both alone, and the sources import them and the standard library."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [d.split(">")[0] for d in project["dependencies"]] == ["torch", "scipy"]
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top in {"torch", "scipy", "mse_nll"} | sys.stdlib_module_names, name


def test_import_loads_its_dependencies_alone() -> None:
    """Beside torch and scipy.special, importing the package loads its own modules and no other."""
    code = (
        "import sys, json, torch, scipy.special; before = set(sys.modules); import mse_nll;"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = json.loads(result.stdout)
    assert "mse_nll" in loaded
    assert [name for name in loaded if name.split(".")[0] != "mse_nll"] == []


def test_types_are_shipped() -> None:
    """The marker of PEP 561 lies beside the sources, so that mypy reads them."""
    assert (ROOT / "src" / "mse_nll" / "py.typed").is_file()
