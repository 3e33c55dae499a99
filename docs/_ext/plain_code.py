"""Highlighted code without marks that change nothing: a page's code at half the weight.

Names, operators and punctuation have, or may have, the text's own colour in both of the site's styles,
yet Pygments wraps each in an element; on a page of questions that is forty kilobytes.
"""

from pygments.formatters import HtmlFormatter
from pygments.token import Name, Operator, Punctuation, String, Text, _TokenType
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

PLAIN = (Name, Operator, Punctuation, String.Affix, String.Interpol, Text)
COLOURED = (Name.Builtin, Name.Function, Name.Class, Name.Exception, Name.Decorator, Operator.Word)


class PlainFormatter(HtmlFormatter):
    """Marks keywords, strings, numbers, comments and named definitions, and nothing else."""

    def _get_css_classes(self, ttype: _TokenType) -> str:
        if any(ttype in kind for kind in PLAIN) and not any(ttype in kind for kind in COLOURED):
            return ""
        return super()._get_css_classes(ttype)


def setup(app: Sphinx) -> dict[str, bool]:
    """Use the formatter for every block of code."""
    PygmentsBridge.html_formatter = PlainFormatter
    return {"parallel_read_safe": True, "parallel_write_safe": True}
