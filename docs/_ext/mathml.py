"""Formulas as MathML made by the build, with a mathematical font cut to the signs in use.

TeX is turned into MathML Core by ``math-core``; a formula that does not parse is a warning that names
its page, and warnings fail the build. Brackets stretch only with a font that has a MATH table, so
STIX Two Math is written beside the pages, cut to the characters that their formulas contain.
"""

import base64
import io
import re
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from fontTools import subset
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator
from spoken import spoken

logger = logging.getLogger(__name__)
converter = LatexToMathML(fancy_error=False)

# Chromium puts the stretched sign together wrongly at two and three dots a pixel; math.css draws a bracket.
BRACE = re.compile(
    r'<munder accentunder="true">((?:(?!<munder accentunder).)*?)<mo>⏟</mo></munder>', re.DOTALL
)

FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
FORMULA_WITH_SIGN = re.compile(r"<math\b(?:(?!</math>).)*</math>[.,;:!?)]+", re.DOTALL)
# Stretched signs, and the italics that browsers draw for the single letters of a formula.
ALWAYS = "()[]{}|‖√⏞⏟ℎ" + "".join(map(chr, [*range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)]))
# Found without importing the package, which would import what only its own drawings need.
FONT_SOURCE = Path(find_spec("ziamath").origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
# The pages load the font inside this style sheet: it is there when the first formula is drawn, from
# disk too, so that nothing on the page moves when it comes. It is made when the pages stand, so the
# template links to it: Sphinx would add a checksum that only a second build could know.
FONT_STYLE = "_static/math-font.css"
FONT_FACE = """/* STIX Two Math, cut to the signs of this site */
@font-face {{
  font-family: "STIX Two Math";
  src: url("data:font/woff2;base64,{data}") format("woff2");
  font-display: block;
}}
"""


def convert(tex: str, *, display: bool, location: nodes.Node) -> str:
    """The MathML of ``tex``, or a warning that names the place."""
    try:
        made = converter.convert_with_local_state(tex.strip(), displaystyle=display)
    except LatexError as error:
        logger.warning("formula does not parse: %s: %s", tex.strip(), error, location=location)
        return ""
    made = BRACE.sub(r'<mrow class="under">\1</mrow>', made)
    said = f' aria-label="{escape(spoken(made))}"' if display else ""
    return made.replace("<math", f'<math data-tex="{escape(tex.strip())}"{said}', 1)


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write an inline formula."""
    translator.body.append(convert(node.astext(), display=False, location=node))
    raise nodes.SkipNode


def visit_displaymath(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, its number and its link."""
    translator.body.append('<div class="math">')  # furo's wrapper around it carries the identity
    tex = node.astext()
    if "\\\\" in tex and "\\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    translator.body.append(convert(tex, display=True, location=node))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def keep_punctuation(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Let no line begin with what ends a sentence after a formula, where browsers may break."""
    context["body"] = FORMULA_WITH_SIGN.sub(
        r'<span class="whole">\g<0></span>', context.get("body", "")
    )


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Write STIX Two Math, cut to the characters of every formula in the output."""
    if exception or app.builder.format != "html":
        return
    pages = (path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html"))
    formulas = "".join(formula for page in pages for formula in FORMULA.findall(page))
    text = unescape(re.sub(r"<[^>]*>", "", formulas)) + ALWAYS
    data = base64.b64encode(font_with(text)).decode()
    (Path(app.outdir) / FONT_STYLE).write_text(FONT_FACE.format(data=data), encoding="utf-8")


def font_with(text: str) -> bytes:
    """STIX Two Math with the characters of ``text`` alone, as WOFF2."""
    # The MATH table stays; optical variants of script sizes and hints would double the weight.
    options = subset.Options(
        flavor="woff2", layout_features=[], hinting=False, recalc_timestamp=False
    )
    written = io.BytesIO()
    with subset.load_font(FONT_SOURCE, options) as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=text)
        subsetter.subset(font)
        subset.save_font(font, written, options)
    return written.getvalue()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer and the font."""
    app.add_html_math_renderer(
        "mathml",
        inline_renderers=(visit_math, None),
        block_renderers=(visit_displaymath, None),
    )
    app.connect("html-page-context", keep_punctuation)
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
