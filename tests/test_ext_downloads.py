"""A page as it is taken home: prose as Markdown, formulas as text, code with what it needs."""

import ast
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import downloads
import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from markdown_prose import Markdown
from plain_formula import plain

SITE = "https://example.org/site/"
TEXT = """
Title
=====

*Some* **marked** ``code``, :math:`x^2`,
on `another page <../b.html#c>`_ and `outside <https://pytorch.org>`_.

.. math:: y = \\frac{1}{n}

- one
- two

  more

1. first

.. note:: Beware.

.. admonition:: Its title

   Text.

.. comment

.. image:: a.png

==  ==
a   b
==  ==
1   2
==  ==

::

    literal

Second
------

Third
~~~~~

Last.
"""
MARKDOWN = """Title
=====

*Some* **marked** `code`, $x^2$, on [another page](https://example.org/site/b.html#c) and \
[outside](https://pytorch.org).

$$
y = \\frac{1}{n}
$$

- one
- two

  more

1. first

> **Note**
>
> Beware.

> ### Its title
>
> Text.

| a | b |
| --- | --- |
| 1 | 2 |

```
literal
```

Second
------

### Third

Last."""


def page_of(text: str) -> nodes.document:
    """A page of docutils, its title a section's as Sphinx has it."""
    return publish_doctree(text, settings_overrides={"doctitle_xform": False, "report_level": 5})


def prose_of(document: nodes.document, writer: Markdown) -> str:
    """All of a page's prose."""
    return "\n\n".join(cell.prose for cell in downloads.cells_of(document, writer))


def test_prose_is_markdown() -> None:
    """Each mark and block of a page is Markdown; links lead to the public address."""
    writer = Markdown(f"{SITE}part/a.html", downloads.in_notebook)
    assert prose_of(page_of(TEXT), writer) == MARKDOWN


def test_links_without_an_address_are_words() -> None:
    """A link into the site is plain text where the site has no address; one to elsewhere stays."""
    text = prose_of(page_of(TEXT), Markdown("", downloads.in_script))
    assert "on another page and [outside](https://pytorch.org)" in text
    assert "x², on" in text
    assert "    y = (1/n)\n" in text


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\hat\sigma^2", "σ̂²"),
        (r"\tfrac{n}{2}\log(2\pi\sigma^2)", "(n/2) log(2πσ²)"),
        (r"\hat w = \sum_i x_i (y_i - b) \big/ \sum_i x_i^2", "ŵ = ∑_i x_i(y_i − b)/∑_i x_i²"),
        (r"e^{-\sqrt3|s|}", "e^(−√3|s|)"),
        (r"\sigma^2 (X^\top X)^{-1}", "σ²(Xᵀ X)⁻¹"),
        (r"-\log q + \bar y \,\overline{xy}", "−log q + ȳ x̅y̅"),
        (r"\frac{a + b}{2\sigma^2}", "(a+b)/(2σ²)"),
        (r"\varepsilon_{t-1}", "ε_(t−1)"),
        (r"\beta_{ij} \le \mathcal N(0, 1)", "β_ij ≤ 𝒩(0, 1)"),
        (r"\begin{aligned} a &= \log b \\ &= -c \end{aligned}", "a = log b\n= −c"),
    ],
)
def test_formulas_are_plain(tex: str, text: str) -> None:
    """A formula means on one line what it means on the page."""
    assert plain(tex) == text


def test_formulas_that_need_two_dimensions_stay_tex() -> None:
    """Matrices and braces are not flattened."""
    tex = r"\begin{pmatrix} 1 & 2 \end{pmatrix}"
    assert downloads.in_script(tex, True) == f"$$\n{tex}\n$$"
    assert downloads.in_script(r"a \\ b", True).split() == ["a", "b"]


def cell(code: str, *tags: str) -> nodes.container:
    """A cell as myst-nb leaves it: its code, what it printed, its tags as classes."""
    made = nodes.container(classes=["cell", *(f"tag_{tag}" for tag in tags)])
    made += nodes.container("", nodes.literal_block(code, code), classes=["cell_input"])
    made += nodes.container("", nodes.literal_block("", "printed"), classes=["cell_output"])
    return made


@pytest.fixture
def app(tmp_path: Path) -> Any:
    """What the hooks ask of Sphinx."""
    titles = {"part/page": nodes.title("", "A page")}
    return SimpleNamespace(
        env=SimpleNamespace(titles=titles),
        config=SimpleNamespace(html_baseurl="", release="1.0", project="The site"),
        builder=SimpleNamespace(format="html", get_target_uri=lambda page: f"{page}.html"),
        outdir=tmp_path,
    )


@pytest.fixture
def page() -> nodes.document:
    """A page that asks, and whose code uses the package."""
    document = page_of("A page\n======\n\nIts lead.\n\nMore \\\\.\n")
    box = nodes.container("", nodes.paragraph("", "Guess", classes=["exercise-title"]))
    box["classes"], box["answer"], box["tolerance"], box["unit"] = ["exercise"], 0.25, 0.1, "m"
    document[0].extend(
        [
            cell("from mse_nll import coverage\n\n"),
            cell("import torch\nfrom mse_nll import coverage\n\nprint(coverage.__doc__)"),
            box,
            cell("print('solved')", "exercise-solution"),
            cell("print('taken')", "download-only"),
            cell("print('unseen')", downloads.INPUT),
        ]
    )
    return document


def test_a_download_reads_like_its_page(app: Any, page: nodes.document) -> None:
    """Lead, requirements and functions come first; then the story, which stands nowhere interrupted."""
    downloads.offer(app, page, "part/page")
    script = (app.outdir / "_downloads/part/page.py").read_text("utf-8")
    order = [
        'r"""\nA page\n======\n\nIts lead.\n\nMore \\.\n\nFrom “A page” in “The site”.\n',
        "It runs by itself: uv run page.py\n",
        '#   "torch",\n',
        "# %% Functions from mse_nll 1.0 (BSD-3-Clause)\n"
        "# With mse_nll installed, write instead: from mse_nll import coverage\n",
        "def coverage(",
        "# %% End of the functions from mse_nll\n\nimport torch\n\nprint(coverage.__doc__)\n",
        "# %%\n# **Exercise: Guess**\n\nanswer = ...  # your number in m",
        "print('solved')\n\nprint('taken')\n\nprint('unseen')\n",
    ]
    places = [script.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)
    printed = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True)
    assert printed.returncode == 0, printed.stderr
    assert "Exercise: write your number" in printed.stdout


def test_a_notebook_is_its_script(app: Any, page: nodes.document) -> None:
    """It is valid, says where it comes from, and folds the functions in a cell of their own."""
    app.config.html_baseurl = SITE
    downloads.offer(app, page, "part/page")
    book = nbformat.read(app.outdir / "_downloads/part/page.ipynb", as_version=4)
    nbformat.validate(book)
    assert f"in “The site”: {SITE}part/page.html" in book.cells[0].source
    assert book.cells[2].metadata["jupyter"]["source_hidden"]
    script = (app.outdir / "_downloads/part/page.py").read_text("utf-8")
    assert f"{SITE}part/page.html" in script
    for made in book.cells:
        if made.cell_type == "code":
            ast.parse(made.source)
            assert made.source in script


def test_solutions_can_be_left_out(app: Any, page: nodes.document) -> None:
    """A page that asks is offered without its solutions too."""
    downloads.offer(app, page, "part/page")
    for suffix in (".py", ".ipynb"):
        file = app.outdir / f"_downloads/part/page{downloads.WITHOUT}{suffix}"
        text = file.read_text("utf-8")
        assert "answer = ..." in text
        assert "solved" not in text


def test_pages_offer_their_downloads(app: Any, page: nodes.document) -> None:
    """Under the lead and at the end stand the same links; what only downloads show is gone."""
    downloads.offer(app, page, "part/page")
    top, foot = page[0][2], page[0][-1]
    links = [link["refuri"] for link in top.findall(nodes.reference) or ()] or [
        node["refuri"] for node in top if "refuri" in getattr(node, "attributes", {})
    ]
    assert links[0] == "../_downloads/part/page.py"
    assert len(links) == 4
    assert all((app.outdir / link.removeprefix("../")).exists() for link in links)
    assert "uv run page.py" in top.astext()
    assert top.astext() == foot.astext()
    shown = page.astext()
    assert "print('solved')" in shown
    assert "print('taken')" not in shown
    assert "print('unseen')" not in shown


def test_a_page_without_code_offers_nothing(app: Any) -> None:
    """Nor does another format than HTML."""
    document = page_of("A page\n======\n\nIts lead.\n")
    downloads.offer(app, document, "part/page")
    assert document.astext() == "A page\n\nIts lead."
    app.builder.format = "latex"
    document[0] += cell("1")
    downloads.offer(app, document, "part/page")
    assert list(app.outdir.iterdir()) == []


def test_input_is_kept_until_then() -> None:
    """Code that the page does not show is read all the same, in either form of tags."""
    source = ["```{code-cell}\n:tags: [remove-input]\n```\n---\ntags: [a, remove-input]\n---\n"]
    no_app: Any = None
    downloads.keep_input(no_app, "page", source)
    assert source[0].count(downloads.INPUT) == 2
    assert "remove-input" not in source[0]
