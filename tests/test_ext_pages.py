"""What is done to a page's body: formulas, images, names, assets, highlighted code."""

import base64
import io
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import accessibility
import mathml
import page_assets
import plain_code
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from fontTools.ttLib import TTFont
from PIL import Image
from pygments import highlight
from pygments.lexers import PythonLexer

# --- formulas ------------------------------------------------------------------------------------


class Translator:
    """As much of Sphinx's HTML writer as the renderers use."""

    def __init__(self) -> None:
        self.body: list[str] = []
        self.builder = SimpleNamespace(
            name="html",
            config=SimpleNamespace(
                math_numsep=".", math_numfig=True, math_number_all=False, numfig=True
            ),
            fignumbers={"displaymath": {"equation-eq-a": (1, 2)}},
        )
        self.config = self.builder.config

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        """Note the link."""
        self.body.append(f"<a title='{title}'></a>")


def rendered(node: nodes.Element) -> str:
    """What a renderer writes for a node."""
    translator: Any = Translator()
    visit = mathml.visit_math if isinstance(node, nodes.math) else mathml.visit_displaymath
    with pytest.raises(nodes.SkipNode):
        visit(translator, node)
    return "".join(translator.body)


def test_inline_formula() -> None:
    """A formula in a line is MathML, without a script or an image."""
    html = rendered(nodes.math("", r"\hat{y}"))
    assert html.startswith("<math")
    assert "script" not in html
    assert BeautifulSoup(html, "html.parser").math.get_text() in ("y^", "ŷ", "y\u0302", "yˆ")


@pytest.mark.parametrize("number", [None, 1])
def test_displayed_formula(number: int | None) -> None:
    """A numbered formula has its number and a link; one without has neither."""
    block = nodes.math_block("", "a = b", number=number, label="eq-a", ids=["equation-eq-a"])
    block["docname"] = "page"
    html = rendered(block)
    assert ('class="eqno"' in html) == (number is not None)
    assert ("Link to this equation" in html) == (number is not None)


def test_lines_are_aligned() -> None:
    """Several lines without an environment are aligned, as MathJax would."""
    block = nodes.math_block("", r"a &= b \\ &= c", number=None)
    assert rendered(block).count("<mtr") == 2
    block = nodes.math_block("", r"\begin{aligned}a &= b \\ &= c\end{aligned}", number=None)
    assert rendered(block).count("<mtr") == 2


def test_a_formula_that_does_not_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning at its place, and nothing is written for it."""
    said: list[tuple[Any, ...]] = []
    monkeypatch.setattr(mathml.logger, "warning", lambda *a, **k: said.append((*a, k)))
    node = nodes.math("", r"\frac{1")
    assert rendered(node) == ""
    ((message, tex, _, place),) = said
    assert message.startswith("formula does not parse")
    assert (tex, place) == (r"\frac{1", {"location": node})


def test_punctuation_stays_with_its_formula() -> None:
    """A formula and what ends its sentence stand in one line; others may be parted."""
    context = {"body": "<p><math>x</math>. <math>y</math> and (<math>z</math>)</p>"}
    app: Any = None
    mathml.keep_punctuation(app, "page", "page.html", context, None)
    whole = re.findall(r'<span class="whole">(.*?)</span>', context["body"])
    assert whole == ["<math>x</math>.", "<math>z</math>)"]
    assert "</span> <math>y</math> and (" in context["body"]


def test_font_has_the_signs_of_the_pages(tmp_path: Path) -> None:
    """The font holds the characters of the formulas, in italics where browsers draw them so."""
    math = "<math><mi>x</mi><mi>h</mi><mi>N</mi><mi>σ</mi><mi>Σ</mi><mo>&#x2211;</mo></math>"
    (tmp_path / "_static").mkdir()
    (tmp_path / "page.html").write_text(f"<p>é</p>{math}", encoding="utf-8")
    app: Any = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    mathml.write_font(app, None)
    style = (tmp_path / mathml.FONT_STYLE).read_text(encoding="utf-8")
    data = base64.b64decode(re.search(r"base64,([^\"]+)", style)[1])
    characters = TTFont(io.BytesIO(data)).getBestCmap()
    assert {ord(c) for c in "xhNσΣ∑√"} <= characters.keys()
    assert {ord(c) for c in "𝑥ℎ𝑁𝜎𝛴"} <= characters.keys()
    assert ord("é") not in characters
    assert "MATH" in TTFont(io.BytesIO(data))


@pytest.mark.parametrize(("kind", "exception"), [("latex", None), ("html", OSError())])
def test_no_font_where_none_is_used(tmp_path: Path, kind: str, exception: Any) -> None:
    """Other formats and failed builds get no font."""
    app: Any = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format=kind))
    mathml.write_font(app, exception)
    assert not list(tmp_path.iterdir())


# --- bodies --------------------------------------------------------------------------------------

THUMBNAIL = """<div class="sphx-glr-thumbcontainer" tooltip="One sentence."><img src="a.png">
<p><a class="reference" href="x.html"><span class="std std-ref">The title</span></a></p>
<div class="sphx-glr-thumbnail-title">The title</div></div>"""


def mended(html: str, **sources: Path) -> BeautifulSoup:
    """A body after it was mended."""
    return BeautifulSoup(accessibility.mend(html, sources), "html.parser")


def test_a_thumbnail_is_named_by_its_title() -> None:
    """The link says the title, the tooltip becomes text, empty lists of tags go."""
    body = mended(THUMBNAIL + "<div id='sg-tag-list' class='sphx-glr-tag-list'></div>")
    assert body.a.get_text() == "The title"
    assert body.select_one(".sphx-glr-thumbnail-sentence").get_text() == "One sentence."
    assert not body.select("[tooltip], .sphx-glr-thumbnail-title, .sphx-glr-tag-list")


def test_images_keep_their_room(tmp_path: Path) -> None:
    """An image with a known file has its size; every image waits until it comes near."""
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.svg").write_text('<svg width="60pt" height="30.3pt"></svg>', encoding="utf-8")
    html = (
        '<img alt="" src="../_images/a.png" /><img src="b.svg"><img src="other.png">'
        '<img src="a.png" width="9">'
    )
    body = mended(html, **{name: tmp_path / name for name in ("a.png", "b.svg")})
    sizes = [(image.get("width"), image.get("height")) for image in body.select("img")]
    assert sizes == [("30", "20"), ("80", "40"), (None, None), ("9", None)]
    assert all(image["loading"] == "lazy" for image in body.select("img"))


def test_one_identity_each() -> None:
    """The outer of two elements keeps the identity that both carried."""
    body = mended('<div id="a"><p id="a"></p><p id="b"></p></div>')
    assert [element.name for element in body.find_all(id=True)] == ["div", "p"]


def test_mend_body(tmp_path: Path) -> None:
    """All of it is done to a page; a page without a source is left alone."""
    (tmp_path / "auto_gallery/room/images").mkdir(parents=True)
    figure = tmp_path / "auto_gallery/room/images/b.svg"
    figure.write_text('<svg width="6" height="3"></svg>', encoding="utf-8")
    Image.new("L", (3, 2)).save(tmp_path / "a.png")
    app: Any = SimpleNamespace(srcdir=tmp_path, builder=SimpleNamespace(images={"a.png": "a.png"}))
    html = (
        '<section><h1>T</h1><p>What it\n <em>shows</em>.</p></section><img src="a.png"><img src="b.svg">'
        '<div class="citation-list"><div class="citation" role="doc-biblioentry"></div></div>'
        '<summary aria-label="x">Text</summary><summary>'
    )
    context = {"body": html}
    accessibility.mend_body(app, "page", "page.html", context, None)
    assert context["body"] == html
    bare = {"body": "<p>No section.</p>"}
    accessibility.mend_body(app, "page", "page.html", bare, new_document("page"))
    assert "description" not in bare
    accessibility.mend_body(app, "page", "page.html", context, new_document("page"))
    body = BeautifulSoup(context["body"], "html.parser")
    assert [image["width"] for image in body.select("img")] == ["3", "6"]
    assert not body.select("[aria-label]")
    assert body.select_one(".citation")["role"] == "listitem"
    assert context["description"] == "What it shows."


# --- assets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asset", "body", "kept"),
    [
        ("_static/site.css", "", True),
        ("_static/math.css?v=1", "<p>", False),
        ("_static/math.css?v=1", "<math>", True),
        ("_static/mystnb.8ecb98da25f5.css", "<pre", False),
        (SimpleNamespace(filename="_static/copybutton.js"), "<pre>", True),
        (SimpleNamespace(filename=None), "", True),
        ("_static/doctools.js", "", False),
    ],
)  # fmt: skip
def test_assets_of_a_page(asset: Any, body: str, kept: bool) -> None:
    """A page loads what it uses."""
    assert page_assets.is_needed(asset, body) is kept


def test_choose_assets() -> None:
    """Both kinds are chosen by the page's body."""
    styles, scripts = ["math.css", "explore.css"], ["sg-tags.js"]
    context = {"body": "<math>", "css_files": styles, "script_files": scripts}
    app: Any = None
    page_assets.choose_assets(app, "a", "page.html", context, None)
    assert (context["css_files"], context["script_files"]) == (["math.css"], [])


# --- code ----------------------------------------------------------------------------------------


def test_code_is_marked_where_a_colour_shows() -> None:
    """Keywords, strings and numbers are marked; names and punctuation are the text's own."""
    html = highlight("for x in f(1, 'a'): pass", PythonLexer(), plain_code.PlainFormatter())
    assert set(re.findall(r'span class="(\w+)"', html)) == {"k", "ow", "mi", "s1"}


def test_scripts_lose_the_same_marks() -> None:
    """Marks that Sphinx-Gallery sets itself go too; those with a colour, and signatures, stay."""
    document = new_document("page")
    plain = nodes.inline("", "x", classes=["n"])
    coloured = nodes.inline("", "for", classes=["k"])
    document += nodes.paragraph("", "", plain, coloured)
    plain_code.PlainScripts(document).run()
    assert [type(child) for child in document[0].children] == [nodes.Text, nodes.inline]
    assert document.astext() == "xfor"
