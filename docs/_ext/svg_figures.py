"""Figures as SVG files that are the same bytes wherever they are drawn.

The last digits of a fit differ between processes (where its numbers lie in memory decides how they are
added), and matplotlib names a clipping path by a hash of all digits of its place. Here coordinates have
hundredths of a point, which nobody sees, and names are numbers. It is matplotlib's own backend
otherwise, for the gallery's scripts and the pages' cells alike.
"""

import codecs
import io
import re
from typing import Any

from matplotlib.backend_bases import register_backend
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.cbook import file_requires_unicode, open_file_cm

COORDINATES = re.compile(r'\b(?:d|x|y|width|height|viewBox)="[^"]*"|translate\([^)]*\)')
FINE = re.compile(r"-?\d+\.\d{3,}")
NAME = re.compile(r'(\bid="|href="#|url\(#)([^")]+)')


def coarsened(svg: str) -> str:
    """``svg`` with coordinates in hundredths of a point, and with names numbered in the order they appear."""
    names: dict[str, str] = {}

    def numbered(name: re.Match[str]) -> str:
        return name[1] + names.setdefault(name[2], f"n{len(names)}")

    def hundredths(number: re.Match[str]) -> str:
        return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")

    svg = COORDINATES.sub(lambda found: FINE.sub(hundredths, found[0]), svg)
    return NAME.sub(numbered, svg)


class CoarseSVG(FigureCanvasSVG):
    """Draws a figure as matplotlib does, and writes it coarsened."""

    def print_svg(self, filename: Any, *, bbox_inches_restore: Any = None, **_: Any) -> None:
        """Write to a file's name, or to an open file of text or bytes.

        It has no date, nor what else matplotlib says about a file. matplotlib also passes colours and
        orientation, which its own backend has no use for.
        """
        drawn = io.StringIO()
        said = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        super().print_svg(drawn, bbox_inches_restore=bbox_inches_restore, metadata=said)
        with open_file_cm(filename, "w", encoding="utf-8") as file:
            encoded = file if file_requires_unicode(file) else codecs.getwriter("utf-8")(file)
            encoded.write(coarsened(drawn.getvalue()))


def register() -> None:
    """Let matplotlib write every SVG of this process so."""
    register_backend("svg", CoarseSVG)
