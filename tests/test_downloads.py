"""Downloads run where they land: an empty folder, an interpreter that has no ``mse_nll``."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import median

import nbformat
import pytest
from conftest import ROOT, SITE, built_pages, shown
from nbclient import NotebookClient
from warm import call, run_alone

WITHOUT = "_without_solutions"
DISTRIBUTIONS = {"sklearn": "scikit-learn", "mpl_toolkits": "matplotlib"}


def linked(suffix: str) -> dict[str, Path]:
    """The downloads of a kind that the built pages link to, by the page that offers them."""
    found = {}
    for page in built_pages():
        html = (SITE / page).read_text(encoding="utf-8")
        for target in re.findall(rf'<a [^>]*download[^>]* href="([^"]*\{suffix})"', html):
            found[f"{page}#{Path(target).name}"] = (SITE / page).parent / target
    return found


SCRIPTS = linked(".py")
NOTEBOOKS = linked(".ipynb")
# Those that are run; the code of questions is run section by section: see test_pasted.py.
WHOLE = {
    name: path
    for name, path in SCRIPTS.items()
    if not path.stem.endswith(WITHOUT) and not name.startswith("practice/questions/")
}


def lines(text: str) -> list[str]:
    """The lines of a text that are not empty."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def test_the_package_is_out_of_reach(tmp_path: Path) -> None:
    """The scripts of these tests cannot import the package."""
    (tmp_path / "a.py").write_text("import mse_nll", encoding="utf-8")
    assert "ModuleNotFoundError" in call(run_alone, "a.py", tmp_path).err


@pytest.mark.parametrize("name", WHOLE)
def test_script_runs_alone(name: str, tmp_path: Path) -> None:
    """A downloaded script runs in an empty folder, writes nothing there and prints what its page shows."""
    script = tmp_path / WHOLE[name].name
    script.write_bytes(WHOLE[name].read_bytes())
    done = call(run_alone, script.name, tmp_path)
    assert (done.status, done.err) == (0, "")
    assert sorted(tmp_path.iterdir()) == [script], "it wrote into the folder"
    assert not [line for line in lines(shown(name.split("#")[0])) if line not in lines(done.out)]


def test_scripts_define_what_they_use() -> None:
    """No name is missing in any script, the carried functions among them."""
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821"]
    done = subprocess.run([*ruff, SITE / "_downloads"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_without_solutions_a_script_is_a_part_of_itself() -> None:
    """What is left, the whole script has too."""
    paths = [path for path in SCRIPTS.values() if path.stem.endswith(WITHOUT)]
    assert paths
    for path in paths:
        whole = lines(path.with_stem(path.stem.removesuffix(WITHOUT)).read_text("utf-8"))
        assert not [
            line
            for line in lines(path.read_text("utf-8"))
            if line not in whole and not line.startswith("It runs")
        ]


def is_carried(text: str) -> str:
    """The block of a script that holds the package's functions."""
    found = re.search(r"^# %% Functions from mse_nll.*?^# %% End", text, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_says_what_it_is(name: str) -> None:
    """It begins with its page's title and place, then names what it imports, no more and no less."""
    text = SCRIPTS[name].read_text(encoding="utf-8")
    assert text.startswith(('"""\n', 'r"""\n'))
    beginning = str(ast.get_docstring(ast.parse(text))).replace("`", "")
    title = beginning.splitlines()[0]
    beginning = " ".join(beginning.split())
    assert f"From “{title}” in “MSE as Negative Log-Likelihood”" in beginning
    assert f"uv run {SCRIPTS[name].name}" in beginning
    block = re.search(r"^# /// script\n((?:#[^\n]*\n)+?)# ///$", text, re.MULTILINE)
    assert block, "no inline metadata"
    metadata = tomllib.loads(re.sub(r"^# ?", "", block[1], flags=re.MULTILINE))
    assert metadata["requires-python"] == ">=3.11"
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert not imported & {"mse_nll", "myst_nb"}
    outside = {DISTRIBUTIONS.get(root, root) for root in imported - sys.stdlib_module_names}
    assert set(metadata["dependencies"]) == outside


@pytest.mark.parametrize("name", [*SCRIPTS, *NOTEBOOKS])
def test_no_markup_of_the_site_is_left(name: str) -> None:
    """Neither roles, nor directives, nor labels: in prose, comments and docstrings alike."""
    text = (SCRIPTS | NOTEBOOKS)[name].read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        text = "\n".join(cell.source for cell in nbformat.reads(text, as_version=4).cells)
    marks = r"\{[a-z][\w:-]*\}`|:[a-z][\w:]*:`|^(?:# )?(?::::|\.\. [\w-]+::|\([\w-]+\)=$|```\{)"
    assert not re.findall(marks, text, re.MULTILINE)


def test_little_is_carried() -> None:
    """The package's functions are tens of lines in most scripts of the gallery, and 200 at most."""
    scripts = [path for name, path in SCRIPTS.items() if "/plot_" in name]
    lengths = [len(is_carried(p.read_text(encoding="utf-8")).splitlines()) for p in scripts]
    assert median(lengths) < 100
    assert max(lengths) <= 200


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebook_is_its_script(name: str) -> None:
    """A notebook is valid and holds its script's code; what the script does not say, it shows."""
    notebook = nbformat.reads(NOTEBOOKS[name].read_text(encoding="utf-8"), as_version=4)
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    script = lines(SCRIPTS[name.replace(".ipynb", ".py")].read_text(encoding="utf-8"))
    assert not [line for line in lines(code) if line not in script]


def chosen_notebooks() -> list[str]:
    """One notebook of the gallery and one of a page: both are made by code of their own."""
    gallery = next(name for name in NOTEBOOKS if "plot_equivalence" in name)
    page = next(name for name in NOTEBOOKS if name.startswith("derivation/four_steps"))
    return [gallery, page]


@pytest.mark.parametrize("name", chosen_notebooks() if NOTEBOOKS else [])
def test_notebook_executes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook executes from top to bottom where the package is not installed."""
    away = tmp_path / "without" / "sitecustomize.py"
    away.parent.mkdir()
    away.write_text("import sys\nsys.modules['mse_nll'] = None\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(away.parent))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.reads(NOTEBOOKS[name].read_text(encoding="utf-8"), as_version=4)
    place = {"metadata": {"path": str(tmp_path)}}
    done = NotebookClient(notebook, timeout=120, kernel_name="python3", resources=place).execute()
    outputs = [output for cell in done.cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]


def test_every_script_and_page_is_offered() -> None:
    """Each gallery script and each page with code has both downloads."""
    offered = {name.split("#")[0] for name in SCRIPTS}
    expected = {
        f"auto_gallery/{p.parent.name}/{p.stem}.html"
        for p in (ROOT / "gallery").glob("*/plot_*.py")
    }
    for source in (ROOT / "docs").rglob("*.md"):
        if "_build" not in source.parts and "{code-cell}" in source.read_text(encoding="utf-8"):
            expected.add(source.relative_to(ROOT / "docs").with_suffix(".html").as_posix())
    assert offered == expected
    assert {name.replace(".ipynb", ".py") for name in NOTEBOOKS} == set(SCRIPTS)


def test_public_address_is_linked_or_plain() -> None:
    """Notebooks' links lead to the site's public address, or are plain text when it has none."""
    for path in NOTEBOOKS.values():
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = "".join(
            "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"
        )
        targets = re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", prose))
        assert all(target.startswith(("https://", "http://")) for target in targets), path.name
