"""The page for addresses that lead nowhere, written by a template that needs no other file."""

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def stand_alone(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> str | None:
    """Choose the template; take out the links to headings, which only a style hides."""
    if pagename != "404" or doctree is None:
        return None
    context["root"] = app.config.html_baseurl or "/"
    context["body"] = re.sub(r'<a class="headerlink".*?</a>', "", context["body"])
    return "404.html"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, after those that mend a body."""
    app.connect("html-page-context", stand_alone, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
