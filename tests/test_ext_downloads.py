"""Prose as Markdown, pages and scripts as downloads: the parts that no page of today may use."""

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import downloads
import nbformat
import pytest
from docutils import nodes
from docutils.utils import new_document
from pybtex.database import Entry, Person


def person(name: str) -> Person:
    """A person of a bibliography."""
    return Person(name)


ENTRIES = {
    "one": Entry("book", {"year": "2006"}, {"author": [person("Christopher Bishop")]}),
    "two": Entry("article", {"year": "1964"}, {"editor": [person("A B"), person("{C} D")]}),
    "many": Entry("article", {"year": "2022"}, {"author": [person(n) for n in ("A B", "C D", "E F")]}),
    "none": Entry("misc", {"title": "{A title}"}, {}),
}  # fmt: skip


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """A project of two pages and a script, read and about to be written."""
    docs = tmp_path / "docs"
    (docs / "_build" / "html").mkdir(parents=True)
    domains = {
        "standard_domain": SimpleNamespace(labels={"here": ("part/page", "here", "The title")}),
        "math_domain": SimpleNamespace(equations={"eq-a": ("part/page", 1), "eq-b": ("other", 2)}),
    }

    class Domains(SimpleNamespace):
        def __getitem__(self, name: str) -> Any:
            return SimpleNamespace(bibdata=SimpleNamespace(data=SimpleNamespace(entries=ENTRIES)))

    env = SimpleNamespace(
        domains=Domains(**domains),
        toc_fignumbers={"part/page": {"displaymath": {"equation-eq-a": (1, 2)}}},
        doc2path=lambda page: str(next(docs.glob(f"{page}.*"))),
        titles={"page": nodes.title("", "A page")}, found_docs={"page", "plain", "room"}, dlfiles={},
    )  # fmt: skip
    config = SimpleNamespace(html_baseurl="", release="1.0", only="")
    return SimpleNamespace(
        env=env, config=config, srcdir=docs, outdir=docs / "_build" / "html",
        doctreedir=docs / "_build" / "doctrees", builder=SimpleNamespace(name="html"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "content", "markdown"),
    [
        ("ref", "here", "The title"),
        ("ref", "words <here>", "words"),
        ("ref", "nowhere", "nowhere"),
        ("eq", "eq-a", "(1.2)"),
        ("eq", "eq-b", "(eq-b)"),
        ("doc", "/part/page", "part/page"),
        ("func", "~mse_nll.train", "`train()`"),
        ("func", "!len", "`len()`"),
        ("class", "words <mse_nll.X>", "`words`"),
        ("cite:t", "one,many", "Bishop (2006), B et al. (2022)"),
        ("cite:p", "two, none", "(B and D, 1964; A title, undated)"),
        ("term", "words <nat>", "words"),
        ("abbr", "nat", "nat"),
        ("code", "x = 1", "`x = 1`"),
        ("math", "x^2", "$x^2$"),
        ("glue:text", "mean:.2f", "1.50"),
        ("glue:text", "mean", "1.5"),
    ],
)
def test_roles(app: Any, role: str, content: str, markdown: str) -> None:
    """Each role is what the site shows, as plain Markdown."""
    assert downloads.Prose(app, {"mean": 1.5}).role(role, content) == markdown


def test_an_unknown_role(app: Any) -> None:
    """It is an error, so that no markup is left in a notebook."""
    with pytest.raises(ValueError, match="no Markdown is known for the role 'kbd'"):
        downloads.Prose(app).role("kbd", "x")


def test_links_need_an_address(app: Any) -> None:
    """With a public address links lead there."""
    app.config.html_baseurl = "https://example.org/"
    prose = downloads.Prose(app)
    assert prose.role("ref", "here") == "[The title](https://example.org/part/page.html#here)"
    assert prose.link("Home", "index") == "[Home](https://example.org/index.html)"


def test_rst_prose(app: Any) -> None:
    """Roles of a script become Markdown links that Sphinx-Gallery's conversion keeps."""
    app.config.html_baseurl = "https://example.org/"
    text = downloads.Prose(app).from_rst("See :ref:`here` and :math:`x`.")
    assert text == "See `The title <https://example.org/part/page.html#here>`_ and :math:`x`."


def test_myst_prose(app: Any) -> None:
    """Labels, comments and directives go; boxes become quotations; formulas stay."""
    page = """(label)=
# Title

See {ref}`here`.

$$
x
$$ (eq-a)

% a comment
```{note}
:class: x
A note.
```
```{admonition} Its title
Text.
```
```{math}
:label: y
y
```
```{toctree}
page
```
"""
    text = downloads.Prose(app).from_myst(page)
    assert "(label)=" not in text
    assert "(eq-a)" not in text
    assert "toctree" not in text
    assert "> **Note**\n>\n> A note." in text
    assert "> **Its title**\n>\n> Text." in text
    assert "$$\ny\n$$" in text


CELLS = """---
file_format: mystnb
---
# A page

```{code-cell} python
:tags: [remove-cell]
from myst_nb import glue
```
```{code-cell} python
---
tags: [x]
---
print(1)
```
```{exercise} Guess
:answer: mean
:tolerance: 0.1

How much?
```
```{code-cell} python
:tags: [exercise-solution]
print(2)
```

## A part
"""


def write_project(app: Any) -> None:
    """Write the sources, and what a build leaves of them."""
    docs = app.srcdir
    (docs / "page.md").write_text(CELLS, encoding="utf-8")
    (docs / "plain.md").write_text("# Plain\n", encoding="utf-8")
    (docs / "room.rst").write_text("Room\n====\n", encoding="utf-8")
    script = docs.parent / "gallery" / "room" / "plot_a.py"
    script.parent.mkdir(parents=True)
    script.write_text('"""\nTitle\n=====\n\nSee :ref:`here`.\n"""\n\nprint(1)\n', encoding="utf-8")
    glued = docs / "_build" / "jupyter_execute" / "page.glue.json"
    glued.parent.mkdir()
    glued.write_text(json.dumps({"mean": {"data": {"text/plain": "1.5"}}}), encoding="utf-8")
    names = {
        "auto_gallery/room/plot_a.py": "1/plot_a.py",
        "auto_gallery/room/plot_a.zip": "2/plot_a.zip",
        "auto_gallery/auto_gallery_jupyter.zip": "3/auto_gallery_jupyter.zip",
        "auto_gallery/auto_gallery_python.zip": "3/auto_gallery_python.zip",
        "table.csv": "4/table.csv",
    }
    app.env.dlfiles = {Path(path): (set(), name) for path, name in names.items()}
    for _, name in app.env.dlfiles.values():
        (app.outdir / "_downloads" / name).parent.mkdir(parents=True, exist_ok=True)


def test_everything_is_written(app: Any) -> None:
    """Scripts, zips of both kinds, and a page with a question with and without its solution."""
    write_project(app)
    downloads.write_downloads(app, None)
    out = app.outdir / "_downloads"
    assert "print(1)" in (out / "1" / "plot_a.py").read_text("utf-8")
    assert zipfile.ZipFile(out / "2" / "plot_a.zip").namelist() == ["plot_a.ipynb", "plot_a.py"]
    for kind, suffix in (("jupyter", "ipynb"), ("python", "py")):
        archive = zipfile.ZipFile(out / "3" / f"auto_gallery_{kind}.zip")
        assert archive.namelist() == [f"room/plot_a.{suffix}"]
    assert not (out / "4" / "table.csv").exists()
    whole = (out / "pages" / "page.py").read_text("utf-8")
    assert '"""A page: the code of the page, in its order."""' in whole
    assert "print(2)" in whole
    assert "# A part" in whole
    assert "myst_nb" not in whole
    without = (out / "pages" / f"page{downloads.WITHOUT}.py").read_text("utf-8")
    assert "print(2)" not in without
    assert "Exercise: Guess" in without
    notebook = nbformat.read(out / "pages" / "page.ipynb", as_version=4)
    nbformat.validate(notebook)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds == ["markdown", "code", "markdown", "code", "code", "markdown"]
    assert not (out / "pages" / "plain.py").exists()


def test_what_stands_is_not_written_again(app: Any) -> None:
    """The second time no file changes; another name's text would."""
    write_project(app)
    downloads.write_downloads(app, None)
    files = [path for path in app.outdir.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    stamps = {p: p.stat().st_mtime_ns for p in files if p.suffix != ".zip"}
    downloads.write_downloads(app, None)
    assert {path: path.read_bytes() for path in files} == before
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


def test_downloads_are_made_when_a_source_changes(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Sphinx-Gallery wrote over them is replaced without making them again."""
    write_project(app)
    downloads.write_downloads(app, None)
    made: list[Path] = []
    make = downloads.make_downloads
    monkeypatch.setattr(downloads, "make_downloads", lambda *a: made.append(a[1]) or make(*a))
    script = app.outdir / "_downloads" / "1" / "plot_a.py"
    ours = script.read_text("utf-8")
    script.write_text("as it was", encoding="utf-8")
    downloads.write_downloads(app, None)
    assert script.read_text("utf-8") == ours
    assert not made
    (app.srcdir / "page.md").write_text(CELLS.replace("print(2)", "print(3)"), encoding="utf-8")
    downloads.write_downloads(app, None)
    assert len(made) == 1
    assert "print(3)" in (app.outdir / "_downloads/pages/page.py").read_text("utf-8")


@pytest.mark.parametrize("change", [{"only": "a"}, {"name": "latex"}, {"exception": OSError()}])
def test_other_builds_write_none(app: Any, change: dict[str, Any]) -> None:
    """A preview, another format and a build that failed write no downloads."""
    write_project(app)
    app.config.only = change.get("only", "")
    app.builder.name = change.get("name", "html")
    downloads.write_downloads(app, change.get("exception"))
    assert not (app.outdir / "_downloads" / "pages").exists()


def test_a_page_whose_cells_are_all_hidden(app: Any) -> None:
    """It has nothing to take."""
    write_project(app)
    hidden = CELLS.split("```{code-cell} python\n---")[0]
    (app.srcdir / "page.md").write_text(hidden, encoding="utf-8")
    assert downloads.download_stems(app, "page") == []


def test_pages_offer_their_downloads(app: Any) -> None:
    """The template is told of two files, or of four with a question; of none without code."""
    write_project(app)
    context: dict[str, Any] = {}
    downloads.offer(app, "page", "page.html", context, None)
    downloads.offer(app, "plain", "page.html", context, new_document("plain"))
    assert context == {}
    downloads.offer(app, "page", "page.html", context, new_document("page"))
    names = [name for name, _ in context["page_downloads"]]
    assert names[:2] == ["script (.py)", "notebook (.ipynb)"]
    assert len(names) == 4
    assert context["page_downloads"][0][1] == "_downloads/pages/page.py"


def test_cells_for_the_download_alone() -> None:
    """They run with the page and are not shown on it."""
    source = ["```{code-cell} python\n:tags: [download-only]\n```"]
    app: Any = None
    downloads.hide_from_pages(app, "page", source)
    assert source == ["```{code-cell} python\n:tags: [remove-cell]\n```"]
