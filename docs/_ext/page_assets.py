"""Each page loads the style sheets and scripts that it uses, and no others.

Extensions add their assets to every page; a reader on a phone should not pay for those that do nothing.
"""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# An asset's file name, which may have a hash in it, and what a page that needs it contains.
NEEDED_BY = {
    r"(copybutton|clipboard\.min|documentation_options)\.\w+": "<pre",
    r"math\.css": "<math",
    r"explore\.\w+": 'class="explore"',
    r"exercise\.\w+": 'class="exercise',
    # No page needs these: site.css has what is needed of them, furo and search.js do the rest.
    r"sg[_-].*|mystnb\..*|doctools\.js|sphinx_highlight\.js": None,
}


def is_needed(asset: Any, body: str) -> bool:
    """Whether a page with this body uses ``asset``."""
    name = str(getattr(asset, "filename", asset)).split("?")[0].rsplit("/", 1)[-1]
    marks = [mark for pattern, mark in NEEDED_BY.items() if re.fullmatch(pattern, name)]
    return all(mark is not None and mark in body for mark in marks)


def choose_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Leave out what this page does not use."""
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [asset for asset in context[kind] if is_needed(asset, body)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, after every extension's own."""
    app.connect("html-page-context", choose_assets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
