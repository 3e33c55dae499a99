"""Figures of the gallery: the site's style before each script, SVG after each block.

Scripts stay plain matplotlib, so that they run unchanged where they are pasted. A warning in a script
is an error, and so are a figure that no title explains, curves that only their colours tell apart, and
a script that does not come to its end.
"""

import signal
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import svg_figures
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from sphinx_gallery.scrapers import matplotlib_scraper

STYLE = Path(__file__).parent.parent / "figures.mplstyle"
MOST_VECTOR_MARKERS = 150
WIDEST = 7.6  # inches: drawn at the page's width, text keeps its size on the page
FAULTS = ".faults"  # beside a script's page, what is wrong with its figures: see results.py
THUMBNAIL = ".panel.svg"  # beside a script's first figure
SHARP = 150  # dots an inch of what is drawn as pixels
LONGEST = 120  # seconds that a script may take on a busy machine

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
    svg_figures.register()
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
        try:
            check(figure, f"figure {number}")
        except ValueError as fault:
            if block_vars.get("execute_script", True):  # else the script failed, and says so itself
                with Path(block_vars["target_file"]).with_suffix(FAULTS).open("a") as faults:
                    faults.write(f"{fault}\n")
            plt.close(figure)
            continue
        width, height = figure.get_size_inches()
        figure.set_size_inches(min(width, WIDEST), height)
        for ax in figure.axes:
            rasterise(ax)
        if number == plt.get_fignums()[0] and not len(paths):
            draw_thumbnail(figure, Path(paths.image_path.format(1)).with_suffix(THUMBNAIL))
    return matplotlib_scraper(block, block_vars, gallery_conf, format="svg", dpi=SHARP)


def draw_thumbnail(figure: Figure, path: Path) -> None:
    """The first panel without words; :mod:`gallery_pages` puts it where thumbnails are."""
    figure.draw_without_rendering()  # the layout gives the panel its place
    figure.set_layout_engine("none")
    place = figure.axes[0].get_window_extent()
    left_out = [ax for ax in figure.axes if not ax.get_window_extent().overlaps(place)]
    left_out += figure.findobj(lambda artist: isinstance(artist, Text | Legend))
    left_out = [artist for artist in left_out if artist.get_visible()]
    for artist in left_out:
        artist.set_visible(False)
    path.parent.mkdir(parents=True, exist_ok=True)
    inches = place.transformed(figure.dpi_scale_trans.inverted())
    figure.savefig(path, bbox_inches=inches.padded(0.04), dpi=SHARP)
    for artist in left_out:
        artist.set_visible(True)


def check(figure: Figure, place: str) -> None:
    """Refuse a figure without a title, and curves of a legend that are one in grey."""
    titles = [ax.get_title(side) for ax in figure.axes for side in ("left", "center", "right")]
    if not any([figure.get_suptitle(), *titles]):
        raise ValueError(f"{place} has no title")
    for ax in figure.axes:
        bars = [(bar.get_label(), bar.lines[0]) for bar in ax.containers if hasattr(bar, "lines")]
        seen: dict[tuple[object, ...], tuple[str, object]] = {}
        for label, line in [*((line.get_label(), line) for line in ax.lines), *bars]:
            if line is None or label.startswith("_"):  # not in the legend
                continue
            look = (line.get_linestyle(), line.get_marker(), line.get_linewidth())
            other, color = seen.setdefault(look, (label, line.get_color()))
            if color != line.get_color():
                raise ValueError(f"{place}: only their colours tell apart {other!r} and {label!r}")


def rasterise(ax: plt.Axes) -> None:
    """Draw more markers than ``MOST_VECTOR_MARKERS`` as pixels: smaller, and no less sharp to see."""
    marked = [line for line in ax.lines if line.get_marker() not in ("None", "", " ", None)]
    many = [line for line in marked if len(line.get_xdata()) > MOST_VECTOR_MARKERS]
    points = [points for points in ax.collections if isinstance(points, PathCollection)]
    many += [points for points in points if len(points.get_offsets()) > MOST_VECTOR_MARKERS]
    for artist in many:
        artist.set_rasterized(True)
