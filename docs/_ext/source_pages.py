"""The pages of the package's source are made from its files, without importing it.

To find a module's file, ``sphinx.ext.viewcode`` would import it, and with it torch: two seconds of every
build, also of one in which nothing changed.
"""

from carried_source import PACKAGE
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer


def find_source(app: Sphinx, module: str) -> tuple[str, dict[str, tuple[str, int, int]]]:
    """The source of one of the package's modules, and the lines of what it defines."""
    path = PACKAGE.parent / f"{module.replace('.', '/')}.py"
    analyzer = ModuleAnalyzer.for_file(path, module)
    return analyzer.code, analyzer.find_tags()


def setup(app: Sphinx) -> dict[str, bool]:
    """Answer for viewcode."""
    app.connect("viewcode-find-source", find_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
