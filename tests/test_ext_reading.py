"""What the search reads of a page, what is folded and looked at, and what a formula says."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import reading_aids
import search
from docutils import nodes
from docutils.utils import new_document
from math_core import LatexToMathML
from spoken import spoken

PAGE = """<nav><p>aside</p></nav><article><section id="top"><span id="index-0"></span>
<h1>1. Title<a class="headerlink" href="#top">¶</a></h1><p>The <em>first</em>&amp;only.</p>
<section id="part"><h2>Part <math data-tex="x"><mi>x</mi></math></h2><p>Words<script>no</script></p>
<div class="math"><math><mi>z</mi></math></div><pre>mse_loss(a_b)</pre></section>
<dl><dt class="sig" id="mse_nll.f">f(x)</dt><dd>Doc</dd></dl></section></article>"""


def test_sections_of_a_page() -> None:
    """Each section: its identities, anchor, title, text without formulas, and the names in its code."""
    (top, first), (part, second), (_, third) = search.sections(PAGE)
    assert first == ["top", "1. Title", "The first&only.", ""]
    assert top == {"top", "index-0"}
    assert second == ["part", "Part x", "Words", "a_b mse_loss"]
    assert part == {"part"}
    assert third == ["mse_nll.f", "f", "Doc", ""]


def site_of(tmp_path: Path, **pages: str) -> Any:
    """As much of an application as the writers use."""
    (tmp_path / "_static").mkdir()
    for name, text in pages.items():
        (tmp_path / f"{name}.html").write_text(text, encoding="utf-8")
    entries = {"a": [("single", "mean; loss", "index-0", "", None)]}
    env = SimpleNamespace(
        found_docs=set(pages), domains={"index": SimpleNamespace(entries=entries)}
    )
    builder = SimpleNamespace(format="html", get_target_uri=lambda name: f"{name}.html")
    return SimpleNamespace(outdir=tmp_path, env=env, builder=builder)


def test_index_has_the_entries_of_a_section(tmp_path: Path) -> None:
    """An index entry is with the section it stands in."""
    app = site_of(tmp_path, a=PAGE)
    search.write_index(app, None)
    assert search.index_of(app)["pages"] == [["a.html", "1. Title"]]
    assert [section[-1] for section in search.index_of(app)["sections"]] == [["mean  loss"], [], []]
    assert [path.name for path in (tmp_path / "_static").iterdir()] == ["search-index.js"]


def test_previews_of_what_is_linked(tmp_path: Path) -> None:
    """Equations and terms that some page links to are kept, without links in them, and no others."""
    target = (
        '<div class="math-wrapper" id="equation-e"><div><math display="block">E</math></div></div>'
        '<dt id="term-t">t<a class="headerlink" href="#term-t">¶</a></dt><dd><a href="x">T</a></dd>'
        '<dt id="term-u">u</dt><dd>U</dd>'
    )
    links = '<a href="b.html#equation-e">(1)</a><a href="b.html#term-t">t</a>'
    reading_aids.write_previews(site_of(tmp_path, a=links, b=target), None)
    written = (tmp_path / "_static" / "previews.js").read_text(encoding="utf-8")
    assert '"equation-e": "<math display=\\"block\\">E</math>"' in written
    assert '"term-t": "T"' in written
    assert "term-u" not in written


@pytest.mark.parametrize("write", [search.write_index, reading_aids.write_previews])
def test_nothing_after_a_failure(tmp_path: Path, write: Any) -> None:
    """A build that failed writes neither."""
    write(site_of(tmp_path, a=PAGE), OSError())
    assert not list((tmp_path / "_static").iterdir())


def test_set_up_and_solutions_are_folded() -> None:
    """Such a cell is folded under its own name; others are left."""
    document = new_document("page")
    for tag in ("tag_setup", "tag_exercise-solution", "tag_other"):
        document += nodes.container(classes=["cell", tag])
    app: Any = None
    reading_aids.fold(app, document)
    assert [cell.get("hide_mode") for cell in document] == ["all", "all", None]
    shown = [cell.get("prompt_show") for cell in document]
    assert shown == ["Show the set-up", "Show the solution", None]


@pytest.mark.parametrize(
    ("tex", "said"),
    [
        (r"\hat\sigma^2 = \frac{1}{n}", "σ hat squared equals 1 over n"),
        (r"\sum_{i=1}^{n} e_i^2", "sum from i equals 1 to n of e sub i squared"),
        (r"\sqrt{x} \le y^{k+1}", "root of x, at most y to the power k plus 1"),
        (r"\mathbf w^\top \mathbf x", "w transpose x"),
        (r"\operatorname*{arg\,min}_w \ell", "arg min over w, l"),
        (r"p(y \mid x)", "p open y given x close"),
    ],
)
def test_formulas_are_spoken(tex: str, said: str) -> None:
    """A formula's words follow its structure."""
    made = LatexToMathML().convert_with_local_state(tex, displaystyle=True)
    assert spoken(made) == said


def test_a_brace_is_spoken_as_a_name() -> None:
    """What stands under a brace is what the term is called."""
    brace = '<munder><mrow class="under"><mi>a</mi></mrow><mtext>term</mtext></munder>'
    assert spoken(f"<math>{brace}<mo>+</mo><mi>b</mi></math>") == "a, called term, plus b"
