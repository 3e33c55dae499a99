"""The style and the script of the figure to move; :mod:`page_assets` keeps them off other pages."""

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both."""
    app.add_css_file("explore.css")
    app.add_js_file("explore.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
