"""Figures of the gallery: the site's style before each script, SVG after each block.

Scripts stay plain matplotlib, so that they run unchanged where they are pasted. A warning in a script
is an error, and so are a figure that no title explains, curves that only their colours tell apart, and
a script that does not come to its end.
"""

import re
import signal
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.collections import PathCollection
from PIL import Image
from sphinx.application import Sphinx
from sphinx_gallery.scrapers import matplotlib_scraper

STYLE = Path(__file__).parent.parent / "figures.mplstyle"
MOST_VECTOR_MARKERS = 150
WIDEST = 7.6
LONGEST = 120  # seconds that a script may take on a busy machine


COORDINATES = re.compile(r'\b(?:d|x|y)="[^"]*"')
FINE = re.compile(r"-?\d+\.\d{3,}")

outside = ExitStack()  # what the build had set, put back after each script


def reset_style(gallery_conf: dict[str, Any], file_name: str, when: str) -> None:
    """Before each script: the site's style, warnings as errors, a time limit."""
    signal.alarm(0)
    outside.close()
    if when == "after":
        return
    mpl.use("agg")
    plt.close("all")  # of a script that failed, or the next would be blamed for them
    plt.rcdefaults()
    plt.style.use(STYLE)
    outside.enter_context(warnings.catch_warnings())
    warnings.resetwarnings()
    warnings.simplefilter("error")

    def stop(*_: Any) -> None:
        raise TimeoutError(f"{file_name} ran for more than {LONGEST} seconds")

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST)


def svg_scraper(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """After each block: every open figure as SVG, many markers as one small picture inside it."""
    paths = block_vars["image_path_iterator"]
    for number in plt.get_fignums():
        figure = plt.figure(number)
        places = ("left", "center", "right")
        titles = [ax.get_title(place) for ax in figure.axes for place in places]
        if not any([figure.get_suptitle(), *titles]):
            raise ValueError(f"{block_vars['src_file']}: figure {number} has no title")
        width, height = figure.get_size_inches()
        if width > WIDEST:  # drawn at the page's width, text keeps its size on the page
            figure.set_size_inches(WIDEST, height)
        for ax in figure.axes:
            for pair in alike(ax):
                raise ValueError(
                    f"{block_vars['src_file']}: figure {number}: only their colours tell apart {pair}; "
                    "give one another line style or marker"
                )
            rasterise(ax)
    if plt.get_fignums() and not len(paths):
        # Sphinx-Gallery scales a PNG to a thumbnail; an SVG it would copy whole.
        first = Path(paths.image_path.format(1))
        first.parent.mkdir(parents=True, exist_ok=True)
        plt.figure(plt.get_fignums()[0]).savefig(first, dpi=80, metadata={"Software": None})
    known = len(paths)
    shown = matplotlib_scraper(
        block, block_vars, gallery_conf, format="svg", metadata={"Date": None}, dpi=150
    )
    for number in range(known + 1, len(paths) + 1):
        drawn = Path(paths.image_path.format(number)).with_suffix(".svg")
        drawn.write_text(coarsened(drawn.read_text(encoding="utf-8")), encoding="utf-8")
    return shown


def coarsened(svg: str) -> str:
    """Coordinates to a hundredth of a point: finer digits are rounding, which differs between runs."""
    return COORDINATES.sub(lambda found: FINE.sub(hundredths, found[0]), svg)


def hundredths(number: re.Match[str]) -> str:
    """A number with two decimals at most."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def alike(ax: plt.Axes) -> list[str]:
    """The curves of a legend that are one in grey: of the same line and marker, in other colours."""
    bars = [(bar.get_label(), bar.lines[0]) for bar in ax.containers if hasattr(bar, "lines")]
    seen: dict[tuple[object, ...], tuple[str, object]] = {}
    pairs = []
    for label, line in [*((line.get_label(), line) for line in ax.lines), *bars]:
        if line is None or label.startswith("_"):  # not in the legend
            continue
        look = (line.get_linestyle(), line.get_marker(), line.get_linewidth())
        other, color = seen.setdefault(look, (label, line.get_color()))
        if color != line.get_color():
            pairs.append(f"{other!r} and {label!r}")
    return pairs


def rasterise(ax: plt.Axes) -> None:
    """Draw more markers than ``MOST_VECTOR_MARKERS`` as pixels: smaller, and no less sharp to see."""
    for line in ax.lines:
        if (
            line.get_marker() not in ("None", "", " ", None)
            and len(line.get_xdata()) > MOST_VECTOR_MARKERS
        ):
            line.set_rasterized(True)
    for collection in ax.collections:
        if (
            isinstance(collection, PathCollection)
            and len(collection.get_offsets()) > MOST_VECTOR_MARKERS
        ):
            collection.set_rasterized(True)


def lighten_thumbnails(app: Sphinx) -> None:
    """After the gallery: thumbnails in 32 colours, a fifth of their weight."""
    for path in sorted(Path(app.srcdir).glob("auto_gallery/*/images/thumb/*.png")):
        with Image.open(path) as picture:
            if picture.mode != "P":
                few = picture.convert("RGBA").quantize(32, method=Image.Quantize.FASTOCTREE)
                few.save(path, optimize=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, after Sphinx-Gallery's own."""
    app.connect("builder-inited", lighten_thumbnails, priority=700)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
