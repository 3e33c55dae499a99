"""Each page loads the style sheets and scripts that it uses, and no others.

Extensions add their assets to every page; a reader on a phone should not pay for those that do nothing.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# An asset's file name, and what a page that needs it contains; None: no page needs it.
NEEDED_BY: dict[str, str | None] = {
    "sg_gallery.css": None,  # site.css says what is needed of it
    "sg_gallery-binder.css": None,
    "sg_gallery-dataframe.css": None,
    "sg_gallery-rendered-html.css": None,
    "sg-tags.js": None,
    "mystnb.css": None,  # 43 KB, of which site.css needs ten lines
    "copybutton.css": "<pre",
    "copybutton.js": "<pre",
    "clipboard.min.js": "<pre",
    "math.css": "<math",
    "explore.css": 'class="explore"',
    "explore.js": 'class="explore"',
    "exercise.css": 'class="exercise',
    "exercise.js": 'class="exercise',
    # Sphinx's own scripts serve its search and its key bindings; furo's carries what it needs.
    "doctools.js": None,
    "sphinx_highlight.js": None,
    "documentation_options.js": "<pre",  # copybutton.js asks it where it is
}


def keep(asset: Any, page: str, body: str) -> bool:
    """Whether ``page`` uses ``asset``."""
    name = str(getattr(asset, "filename", asset) or "").split("?")[0].rsplit("/", 1)[-1]
    name = next((wanted for wanted in NEEDED_BY if matches(name, wanted)), name)
    mark = NEEDED_BY.get(name, "")
    return mark is not None and mark in body


def matches(name: str, wanted: str) -> bool:
    """Whether ``name`` is ``wanted``, or ``wanted`` with a hash before its suffix."""
    stem, _, suffix = wanted.rpartition(".")
    return name == wanted or (name.startswith(f"{stem}.") and name.endswith(f".{suffix}"))


def choose_assets(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Leave out what this page does not use."""
    body = context.get("body", "")
    for kind in ("css_files", "script_files"):
        context[kind] = [asset for asset in context[kind] if keep(asset, pagename, body)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, after every extension's own."""
    app.connect("html-page-context", choose_assets, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
