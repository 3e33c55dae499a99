"""The same numbers draw the same SVG, whatever their last digits are."""

import io
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import svg_figures
from matplotlib.backend_bases import register_backend
from matplotlib.backends.backend_svg import FigureCanvasSVG


@pytest.fixture(autouse=True)
def coarse() -> Iterator[None]:
    """SVG as the site draws it, and afterwards as matplotlib does."""
    svg_figures.register()
    yield
    register_backend("svg", FigureCanvasSVG)
    plt.close("all")


def drawn(noise: float) -> str:
    """A band, a line and points, whose heights differ by ``noise`` relative to their size."""
    factor = 1 + noise * np.random.default_rng(0).uniform(-1, 1, 40)
    x = np.linspace(0, 5, 40)
    figure, (above, below) = plt.subplots(2, 1, sharex=True, layout="constrained")
    above.plot(x, 2 * x * factor, "o")
    above.fill_between(x, (x - 1) * factor, (x + 1) * factor, alpha=0.2)
    below.plot(x, np.exp(x) * factor)
    file = io.StringIO()
    figure.savefig(file, format="svg", bbox_inches="tight")
    plt.close(figure)
    return file.getvalue()


@pytest.mark.parametrize("noise", [1e-11, 1e-8])
def test_last_digits_change_nothing(noise: float) -> None:
    """Neither coordinates nor the names of clipping paths, which hash all digits of an axes' place."""
    assert drawn(noise) == drawn(0)


def test_other_numbers_change_the_figure() -> None:
    """A difference that can be seen is drawn."""
    assert drawn(1e-2) != drawn(0)


def test_coordinates_are_hundredths_and_names_are_numbers() -> None:
    """A glyph's scale keeps its digits, a picture its data, a color its own."""
    svg = (
        '<path id="a.1234" d="M 1.23456 -0.5\nL 200.00049 7" transform="scale(0.015625)"/>'
        '<use xlink:href="#a.1234" x="3.999" style="fill: #999999"/><g clip-path="url(#p0f)"/>'
        '<clipPath id="p0f"/><image xlink:href="data:image/png;base64,x=1.2345"/>'
    )
    expected = (
        '<path id="n0" d="M 1.23 -0.5\nL 200 7" transform="scale(0.015625)"/>'
        '<use xlink:href="#n0" x="4" style="fill: #999999"/><g clip-path="url(#n1)"/>'
        '<clipPath id="n1"/><image xlink:href="data:image/png;base64,x=1.2345"/>'
    )
    assert svg_figures.coarsened(svg) == expected


def test_to_a_file_or_an_open_one(tmp_path: Path) -> None:
    """A name, open text and open bytes are written alike, with any of matplotlib's settings."""
    figure, _ = plt.subplots()
    text, encoded, path = io.StringIO(), io.BytesIO(), tmp_path / "a.svg"
    for file in (text, encoded, path):
        figure.savefig(file, format="svg", facecolor="none")
    assert "metadata" not in text.getvalue()  # a date would differ
    assert encoded.getvalue().decode() == path.read_text(encoding="utf-8") == text.getvalue()
