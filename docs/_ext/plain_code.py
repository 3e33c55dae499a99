"""Highlighted code without marks that change nothing: a page's code at half the weight.

Names, operators and punctuation have, or may have, the text's own colour in both of the site's styles,
yet Pygments wraps each in an element; on a page of questions that is forty kilobytes. Sphinx-Gallery
marks the tokens of its scripts itself, so that names can be links: there the same marks go.
"""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Any, TextIO

import a11y_pygments  # noqa: F401 - the site's two styles; see setup
from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import STANDARD_TYPES, Name, Operator, Punctuation, String, Text
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge
from sphinx.transforms.post_transforms import SphinxPostTransform

PLAIN = (Name, Operator, Punctuation, String.Affix, String.Interpol, Text)
COLOURED = (Name.Builtin, Name.Function, Name.Class, Name.Exception, Name.Decorator, Operator.Word)


@cache
def is_plain(ttype: Any) -> bool:
    """Whether a token of this type has the text's own colour."""
    return any(ttype in kind for kind in PLAIN) and not any(ttype in kind for kind in COLOURED)


PLAIN_CLASSES = [[short] for ttype, short in STANDARD_TYPES.items() if short and is_plain(ttype)]


class PlainFormatter(HtmlFormatter):
    """Marks keywords, strings, numbers, comments and named definitions, and nothing else."""

    def format(self, tokensource: Iterable[tuple[Any, str]], outfile: TextIO) -> None:
        """Write tokens, the plain ones as text."""
        told = ((Text if is_plain(ttype) else ttype, text) for ttype, text in tokensource)
        super().format(told, outfile)


class PlainScripts(SphinxPostTransform):
    """Takes the same marks out of the scripts' blocks, after Sphinx-Gallery's transform has set them."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        """Put a plain token's text in its place."""
        for token in list(self.document.findall(nodes.inline)):
            # Signatures have classes of nodes, and colours, of their own.
            if type(token) is nodes.inline and token["classes"] in PLAIN_CLASSES:
                token.parent.replace(token, list(token.children))


def setup(app: Sphinx) -> dict[str, bool]:
    """Use the formatter for every block of code, and the transform for the scripts'."""
    # On import that package has every library log its progress; the root logger's own level is WARNING.
    logging.getLogger().setLevel(logging.WARNING)
    PygmentsBridge.html_formatter = PlainFormatter
    app.add_post_transform(PlainScripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
