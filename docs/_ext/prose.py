"""A decimal typed in prose is a constant, a set-up or cited; what a page computes is glued.

A number that was typed stays when the code beside it changes. So a decimal in prose must be one of
``prose_constants`` in ``conf.py``, stand in the page's own code (a set-up: a learning rate, a true
slope), or have a citation or a link in its paragraph or table row. Anything else is a warning.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from results import CELL
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
DECIMAL = re.compile(r"(?<![\w.,])\d+\.\d+(?![\w]|\.\d)")
VERSION = re.compile(r"\b(?:Python|PyTorch|NumPy|SciPy|version)\s+\d[\d.]*")
# What is not prose: code, displayed formulas, what cells print, docstrings.
NOT_PROSE = (nodes.literal, nodes.literal_block, nodes.math_block, nodes.raw, addnodes.desc)
OUTPUTS = {"cell_output", "sphx-glr-script-out"}
WHOLE = (nodes.paragraph, nodes.row, nodes.title, nodes.caption, nodes.term)


def ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    """What a node stands in, from the inside out."""
    while node.parent is not None:
        node = node.parent
        yield node


def is_prose(text: nodes.Text) -> bool:
    """Whether a text is written by the page's author for its reader."""
    return not any(
        isinstance(node, NOT_PROSE) or OUTPUTS & set(node.get("classes", ()))
        for node in ancestors(text)
    )


def has_source(text: nodes.Text) -> bool:
    """Whether the paragraph or table row that a text stands in cites or links to where it is from."""
    wholes = [node for node in ancestors(text) if isinstance(node, WHOLE)]
    return any(
        (isinstance(node, addnodes.pending_xref) and node.get("refdomain") == "cite")
        or (isinstance(node, nodes.reference) and "://" in node.get("refuri", ""))
        for whole in wholes
        for node in whole.findall(nodes.Element)
    )


def own_code(document: nodes.document, source: Path) -> str:
    """The code of a page or script, without what it prints."""
    blocks = [
        block.astext()
        for block in document.findall(nodes.literal_block)
        if not any(OUTPUTS & set(node.get("classes", ())) for node in ancestors(block))
    ]
    cells = CELL.findall(source.read_text(encoding="utf-8")) if source.suffix == ".md" else []
    return "\n".join([*blocks, *(body for _, body in cells)])


def numbers(code: str) -> set[float]:
    """The numbers in a page's code."""
    return {float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d*)?(?:e-?\d+)?", code)}


def check(app: Sphinx, document: nodes.document) -> None:
    """Warn of each decimal in prose that nothing holds."""
    page = app.env.docname
    source = Path(app.env.doc2path(page))
    allowed = set(map(float, app.config.prose_constants)) | numbers(own_code(document, source))
    # A number that the page glued stands in the document and not in the source.
    typed = set(DECIMAL.findall(CELL.sub("", source.read_text(encoding="utf-8"))))
    for text in document.findall(nodes.Text):
        decimals = [d for d in DECIMAL.findall(VERSION.sub("", text)) if d in typed]
        found = [decimal for decimal in decimals if float(decimal) not in allowed]
        if found and is_prose(text) and not has_source(text):
            line = next((node.line for node in ancestors(text) if node.line), None)
            logger.warning(
                "typed decimal %s: glue what the page computes; constants are in conf.py",
                ", ".join(found),
                location=(page, line),
            )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the setting and the check."""
    app.add_config_value("prose_constants", [], "env", list)
    app.connect("doctree-read", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
