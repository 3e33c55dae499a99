"""What the build keeps, refuses and draws: the hooks one by one."""

import signal
import warnings
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gallery_style
import make_site
import matplotlib as mpl
import matplotlib.pyplot as plt
import prose
import pytest
import results
from conftest import ROOT
from docutils import nodes
from docutils.utils import new_document
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from nbformat.v4 import new_code_cell, new_notebook
from sphinx import addnodes

# --- what results depend on ----------------------------------------------------------------------

FRONT = "---\nkernelspec:\n  display_name: Python 3\n---\n\n"
PAGE = FRONT + "```{code-cell} python\n:tags: [a]\n1\n```\nWords.\n"


def kernel(source: str, **settings: object) -> str:
    """The kernel's name that a page's source is given."""
    values = [SimpleNamespace(name=name, value=value) for name, value in settings.items()]
    told = [source]
    results.name_kernel(SimpleNamespace(config=values), "page", told)
    return told[0].split("display_name: ")[1].split("\n")[0]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("Words", "Prose", True),
        ("[a]", "[b]", False),
        ("\n1\n", "\n2\n", False),
        ("---\n\n", "x: 1\n---\n", False),
    ],
)
def test_a_page_runs_again(old: str, new: str, same: bool) -> None:
    """For its code, a tag or its front matter; for its prose it does not."""
    assert (kernel(PAGE, nb_a=1) == kernel(PAGE.replace(old, new, 1), nb_a=1)) is same


def test_a_page_runs_again_for_a_setting() -> None:
    """Of myst-nb's, and of no other extension."""
    assert kernel(PAGE, nb_a=1, other=1) == kernel(PAGE, nb_a=1, other=2)
    assert kernel(PAGE, nb_a=1) != kernel(PAGE, nb_a=2)


def test_what_every_result_depends_on() -> None:
    """Each pattern names a file that is there."""
    assert all(list(ROOT.glob(pattern)) for pattern in results.SURROUNDINGS)


def test_lines_keep_their_numbers() -> None:
    """Messages name the line that the author sees; a page without cells stays as it is."""
    source = [PAGE]
    results.name_kernel(SimpleNamespace(config=[]), "page", source)
    assert source[0].count("\n") == PAGE.count("\n")
    results.name_kernel(SimpleNamespace(config=[]), "page", words := ["Words."])
    assert words == ["Words."]


def test_a_page_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page whose results could not be told from others' is refused."""
    said: list[str] = []
    monkeypatch.setattr(results.logger, "warning", lambda *words, **_: said.append(words[0]))
    results.name_kernel(SimpleNamespace(config=[]), "page", [PAGE.replace("display_name", "name")])
    assert said == ["no front matter with '%s'"]


def test_results_are_dropped_before_workers_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too many results: the oldest go when a build begins, and while it runs none does."""
    config = SimpleNamespace(nb_execution_cache_path=tmp_path)
    cache = get_cache(tmp_path)
    cache.change_cache_limit(2)
    left = []
    for build in range(2):
        with monkeypatch.context() as process:  # a build is a process of its own
            process.setattr(JupyterCacheBase, "truncate_caches", JupyterCacheBase.truncate_caches)
            results.begin_cache(SimpleNamespace(), config)
            left.append(len(cache.list_cache_records()))
            for page in range(3):
                notebook = new_notebook(cells=[new_code_cell(f"{build}, {page}")])
                cache.cache_notebook_bundle(CacheBundleIn(notebook, "a"), check_validity=False)
    assert left == [0, 2]
    assert len(cache.list_cache_records()) == 2 + 3


# --- what a build ends with ----------------------------------------------------------------------

SAID = """\
WORK/docs/a.md:3: WARNING: no such label
reading
\x1b[91mWORK/docs/b.md: WARNING: Executing notebook failed: CellExecutionError
Traceback (most recent call last):
  File "x"
ValueError: no
\x1b[39;49;00m
WORK/docs/b.md: WARNING: Notebook exception traceback saved in: WORK/x
WORK/docs/a.md:3: WARNING: no such label
ERROR: without a place

Traceback
=========

      File "y", line 1, in emit
        raise ExtensionError(
    sphinx.errors.ExtensionError: what broke


The full traceback has been saved
"""


def test_the_list_of_failures() -> None:
    """Each has its place and first line, once; a traceback its last line too."""
    console = StringIO()
    heard = make_site.Heard(console)
    heard.write(SAID.replace("WORK", str(make_site.WORK)))
    assert make_site.failures(heard.text) == [
        "docs/a.md:3: no such label",
        "docs/b.md: Executing notebook failed: CellExecutionError: ValueError: no",
        "without a place",
        "sphinx.errors.ExtensionError: what broke",
    ]
    assert str(make_site.WORK) not in console.getvalue()


# --- the gallery's style -------------------------------------------------------------------------


@pytest.fixture
def style() -> Any:
    """Matplotlib as it was, afterwards."""
    with mpl.rc_context():
        yield
    plt.close("all")
    signal.alarm(0)
    gallery_style.outside.close()


def test_a_script_starts_from_the_sites_style(style: Any) -> None:
    """Whatever came before, the style is the site's, warnings are errors, time is limited; until it ends."""
    mpl.rcParams["figure.facecolor"] = "red"
    plt.figure()
    filters = list(warnings.filters)
    gallery_style.reset_style({}, "plot_a.py", "before")
    with pytest.raises(UserWarning):
        warnings.warn("beware", stacklevel=1)
    assert mpl.rcParams["figure.facecolor"] == "none"
    assert not plt.get_fignums()
    with pytest.raises(TimeoutError, match=r"plot_a\.py ran for more than"):
        signal.raise_signal(signal.SIGALRM)
    assert signal.alarm(0) > 0
    gallery_style.reset_style({}, "plot_a.py", "after")
    assert warnings.filters == filters


class Paths(list):
    """Sphinx-Gallery's iterator of image names."""

    def __init__(self, folder: Path) -> None:
        self.image_path = f"{folder}/images/a_{{0:03}}.png"


def scrape(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """Scrape the open figures; what Sphinx-Gallery's own scraper is asked for."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(gallery_style, "matplotlib_scraper", lambda *_, **kw: asked.update(kw))
    block_vars = {"target_file": f"{folder}/plot_a.py", "image_path_iterator": Paths(folder)}
    gallery_style.svg_scraper(None, block_vars, {})
    return asked


def test_figures_are_svg(style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Figures fit the page, draw many markers as pixels; the first has a thumbnail."""
    figure, ax = plt.subplots(figsize=(12, 4))
    ax.set_title("A title")
    (many,) = ax.plot(range(200), "o")
    (few,) = ax.plot(range(3), "o")
    (line,) = ax.plot(range(200))
    dots = ax.scatter(range(200), range(200))
    dot = ax.scatter([1], [1])
    bars = ax.fill_between([0, 1], [0, 1])
    asked = scrape(monkeypatch, tmp_path)
    assert asked["format"] == "svg"
    assert list(figure.get_size_inches()) == [gallery_style.WIDEST, 4]
    drawn = [artist.get_rasterized() for artist in (many, few, line, dots, dot, bars)]
    assert drawn == [True, False, False, True, False, False]
    assert (tmp_path / "images" / "a_001.panel.svg").exists()


def test_a_block_without_figures(
    style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is drawn for it."""
    scrape(monkeypatch, tmp_path)
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("by", ["suptitle", "right", None])
def test_a_figure_needs_a_title(style: Any, by: str | None) -> None:
    """A title over the figure or at any side of an axes will do; none is a fault."""
    figure, ax = plt.subplots()
    if by == "suptitle":
        figure.suptitle("A title")
    elif by:
        ax.set_title("A title", loc=by)
    else:
        with pytest.raises(ValueError, match="figure 1 has no title"):
            gallery_style.check(figure, "figure 1")
        return
    gallery_style.check(figure, "figure 1")


def test_curves_that_only_colours_tell_apart(style: Any) -> None:
    """In grey, or to a colour-blind reader, two of the legend's curves would be one: a fault."""
    figure, ax = plt.subplots()
    ax.set_title("A title")
    ax.plot([0, 1], label="one")
    ax.plot([1, 0])  # not in the legend
    ax.axhline(0, color="C1", ls="--", label="another")
    ax.errorbar([0, 1], [0, 1], [1, 1], fmt="C2o", label="bars")
    ax.errorbar([0, 1], [0, 1], [1, 1], fmt="none", label="bars without marks")
    gallery_style.check(figure, "figure 1")
    ax.errorbar([0, 1], [1, 0], [1, 1], fmt="C3o", label="other bars")
    with pytest.raises(ValueError, match="tell apart 'bars' and 'other bars'"):
        gallery_style.check(figure, "figure 1")


def test_a_fault_is_noted(style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the build finds it; the figure is not drawn."""
    plt.subplots()
    scrape(monkeypatch, tmp_path)
    assert (tmp_path / "plot_a.faults").read_text("utf-8") == "figure 1 has no title\n"
    assert not plt.get_fignums()


# --- decimals in prose ---------------------------------------------------------------------------


def paragraph(*children: Any) -> nodes.paragraph:
    """A paragraph of texts and other nodes."""
    made = nodes.paragraph("", "")
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return made


def cite(domain: str = "cite") -> nodes.Element:
    """A citation as it is before it is resolved."""
    return addnodes.pending_xref("", nodes.inline("", "key"), refdomain=domain)


def row(*cells: Any) -> nodes.row:
    """A row of a table."""
    return nodes.row("", *(nodes.entry("", paragraph(cell)) for cell in cells))


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (paragraph("It is 0.3719 then 0.25."), "0.3719, 0.25"),
        (paragraph("It is ", nodes.math("", "x = 0.37")), "0.37"),
        (nodes.title("", "", nodes.Text("The 7.77 rule")), "7.77"),
        (paragraph("Section 1.2.3, v0.1b, 3 of 4, 1,234.5, Python 3.11 and 1.345."), None),
        (paragraph("A rate of 0.01."), None),
        (paragraph("It is ", nodes.literal("", "0.37")), None),
        (paragraph("It is 0.37 in ", cite()), None),
        (paragraph("It is 0.37 in ", cite("std")), "0.37"),
        (paragraph("It is 0.37 ", nodes.reference("", "", refuri="https://a.org")), None),
        (paragraph("It is 0.37 ", nodes.reference("", "", refuri="page.html")), "0.37"),
        (row("0.37", cite()), None),
        (row("0.37", "none"), "0.37"),
        (addnodes.desc("", paragraph("It is 0.37.")), None),
        (nodes.container("", paragraph("0.37"), classes=["cell_output"]), None),
        (nodes.math_block("", "x = 0.37"), None),
    ],
)
def test_decimals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: nodes.Element, found: str | None
) -> None:
    """A decimal needs a reason: a constant, the page's code, a citation, or not being prose."""
    source = tmp_path / "page.md"
    cell = "```{code-cell} python\nrate = 0.01\n```\n"
    source.write_text(cell + node.astext(), encoding="utf-8")
    document = new_document("page")
    shown = nodes.container("", nodes.literal_block("", "x = 4.44"), classes=["cell_input"])
    printed = nodes.container("", nodes.literal_block("", "0.37"), classes=["cell_output"])
    document += [shown, printed, node, paragraph("A glued 8.88.")]
    said: list[str] = []
    monkeypatch.setattr(prose.logger, "warning", lambda _, found, location: said.append(found))
    env = SimpleNamespace(docname="page", doc2path=lambda _: str(source))
    prose.check(
        SimpleNamespace(env=env, config=SimpleNamespace(prose_constants=["1.345"])), document
    )
    assert said == ([found] if found else [])


def test_code_of_a_script(tmp_path: Path) -> None:
    """A script's page has its code in blocks, and no cells."""
    document = new_document("page")
    document += nodes.literal_block("", "x = 4.44")
    assert prose.own_code(document, tmp_path / "plot_a.rst") == "x = 4.44"
    assert prose.numbers("x2 = 4.44 + 1e-3 * 2. - v1.5") >= {4.44, 1e-3, 2.0}
