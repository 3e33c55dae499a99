"""A script's page shows its figure first; its thumbnail is one panel."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gallery_pages
import gallery_style
import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.core import publish_doctree
from sphinx import addnodes
from sphinx_gallery.directives import imgsgnode

PAGE = """
A claim
=======

The lead.

More.

Drawing
-------

Again
-----
"""


def page_with_figures(docname: str) -> nodes.document:
    """A script's page as Sphinx-Gallery writes it: three figures, code, an offer of downloads."""
    document = publish_doctree(PAGE, settings_overrides={"doctitle_xform": False})
    document.settings.env = SimpleNamespace(docname=docname, config=None)
    drawing, again = document[0][-2:]
    drawing += nodes.literal_block("", "plt.show()", language="Python")
    drawing += imgsgnode(alt="first")
    several = nodes.bullet_list("", classes=["sphx-glr-horizontal"])
    several += [nodes.list_item("", imgsgnode(alt=alt)) for alt in ("second", "third")]
    again += several
    document[0] += addnodes.only("", nodes.paragraph("", "Download"), expr="html")
    gallery_pages.FigureFirst(document).apply()
    return document


def test_the_first_figure_stands_under_the_lead() -> None:
    """Once, with a link from where it is drawn; its title is its alt text as before."""
    document = page_with_figures("auto_gallery/room/plot_a_b")
    _, lead, figure, more, drawing, _ = document[0]
    assert lead.astext() == "The lead."
    assert more.astext() == "More."
    assert isinstance(figure, nodes.figure)
    assert [picture["alt"] for picture in document.findall(imgsgnode)] == [
        "first",
        "second",
        "third",
    ]
    assert figure[0]["alt"] == "first"
    assert [link["refid"] for link in drawing.findall(nodes.reference)] == ["figure-a-b-1"]
    assert gallery_pages.SCRIPT_CODE in drawing[1]["classes"]


def test_each_figure_can_be_pointed_at() -> None:
    """It has an anchor, and a caption that says where it is drawn, so that Sphinx numbers it."""
    document = page_with_figures("auto_gallery/room/plot_a_b")
    figures = list(document.findall(nodes.figure))
    assert [figure["ids"] for figure in figures] == [[f"figure-a-b-{n}"] for n in (1, 2, 3)]
    captions = [figure[1] for figure in figures]
    assert [caption.astext() for caption in captions] == ["Drawing", "Again", "Again"]
    assert [caption[0]["refid"] for caption in captions] == ["drawing", "again", "again"]


def test_sphinx_gallerys_own_downloads_go() -> None:
    """From a script's page; other pages stay as they are."""
    document = page_with_figures("auto_gallery/room/plot_a_b")
    assert not list(document.findall(addnodes.only))
    other = page_with_figures("auto_gallery/room/index")
    assert list(other.findall(addnodes.only))
    assert not list(other.findall(nodes.figure))


def test_a_thumbnail_is_the_first_panel_alone(tmp_path: Path) -> None:
    """Words and other panels are left out of the picture and stay in the figure."""
    drawn = {}
    for words in (True, False):
        figure, (first, second) = plt.subplots(1, 2, figsize=(6.0, 3.0), layout="constrained")
        first.plot([0, 1], label="a line")
        second.plot([0, 1], color="#123456")
        if words:
            first.text(0.5, 0.5, "a word")
            first.legend()
        path = tmp_path / "images" / "a.svg"
        gallery_style.draw_thumbnail(figure, path)
        drawn[words] = path.read_text(encoding="utf-8")
        if words:
            assert first.get_legend().get_visible()
            assert first.texts[0].get_visible()
        assert second.get_visible()
        plt.close(figure)
    assert "<!--" not in drawn[True]  # before each word matplotlib says it in a comment
    assert "#123456" not in drawn[True]
    picture = BeautifulSoup(drawn[True], "xml").svg
    other = BeautifulSoup(drawn[False], "xml").svg
    assert picture["viewBox"] == other["viewBox"]
    assert len(picture.find_all("path")) == len(other.find_all("path"))
    width, height = (float(side) for side in picture["viewBox"].split()[2:])
    assert 144 < width < 216  # half of six inches in points, without the axis' numbers
    assert 144 < height < 216


def test_the_thumbnail_takes_its_place(tmp_path: Path) -> None:
    """Of the copy of the first figure that Sphinx-Gallery put there."""
    images = tmp_path / "auto_gallery" / "room" / "images"
    (images / "thumb").mkdir(parents=True)
    (images / "thumb" / "sphx_glr_plot_a_thumb.svg").write_text("figure")
    (images / f"sphx_glr_plot_a_001{gallery_style.THUMBNAIL}").write_text("panel")
    app: Any = SimpleNamespace(srcdir=tmp_path)
    for _ in range(2):  # an unchanged script draws no panel
        gallery_pages.place_thumbnails(app)
        assert [path.name for path in images.iterdir()] == ["thumb"]
        assert (images / "thumb" / "sphx_glr_plot_a_thumb.svg").read_text() == "panel"


def test_a_figure_needs_a_title_and_curves_that_differ_in_grey() -> None:
    """Both are refused where they are drawn."""
    figure, ax = plt.subplots()
    with pytest.raises(ValueError, match="plot_a has no title"):
        gallery_style.check(figure, "plot_a")
    ax.set_title("A title")
    ax.plot([0, 1], "C0-", label="one")
    ax.plot([1, 0], "C0-", label="the same look")
    gallery_style.check(figure, "plot_a")
    ax.plot([1, 1], "C1-", label="two")
    with pytest.raises(ValueError, match="only their colours tell apart 'one' and 'two'"):
        gallery_style.check(figure, "plot_a")
    plt.close(figure)
