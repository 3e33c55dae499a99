"""The built site: everything ran, every link leads somewhere, nothing comes from elsewhere."""

import base64
import itertools
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SITE, built_pages
from matplotlib import rc_params_from_file
from matplotlib.colors import to_rgb
from page_code import cells
from svg_figures import coarsened

import mse_nll

DOCS = ROOT / "docs"
PAGES = built_pages()
SOURCES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if not {"_build", "_ext", "auto_gallery"} & set(path.relative_to(DOCS).parts)
)
SCRIPTS = sorted((ROOT / "gallery").glob("*/plot_*.py"))


@cache
def soup(page: str) -> BeautifulSoup:
    """A built page."""
    return BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "lxml")


@cache
def identities(page: str) -> frozenset[str]:
    """What a link into a page may name."""
    return frozenset(str(element["id"]) for element in soup(page).find_all(id=True))


def test_site_stands(site: Path) -> None:
    """The site has a page for each source, each script, and nothing else."""
    expected = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES}
    expected |= {f"auto_gallery/{p.parent.name}/{p.stem}.html" for p in SCRIPTS}
    expected |= {f"auto_gallery/{p.parent.name}/index.html" for p in SCRIPTS}
    expected |= {"auto_gallery/index.html", "genindex.html", "search.html", "404.html"}
    code = {page for page in PAGES if page.startswith("_modules/")}
    assert set(PAGES) - code == expected


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_every_cell_ran(source: Path) -> None:
    """Each page shows the cells of its source, and output below each that prints."""
    hidden = {"remove-cell", "download-only", "remove-input"}
    written = [cell.code for cell in cells(source) if not cell.tags & hidden]
    page = soup(source.relative_to(DOCS).with_suffix(".html").as_posix())
    shown = [cell for cell in page.select("div.cell") if cell.select_one("div.cell_input")]
    assert len(shown) == len(written)
    for cell, element in zip(written, shown, strict=True):
        if re.search(r"^print\(", cell, re.MULTILINE):
            assert element.select_one(".cell_output"), f"printed nothing: {cell[:80]}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_script_ran(script: Path) -> None:
    """Each script's page shows what it printed and a figure whose text says what it shows."""
    page = soup(f"auto_gallery/{script.parent.name}/{script.stem}.html")
    text = script.read_text(encoding="utf-8")
    if "print(" in text:
        assert page.select(".sphx-glr-script-out"), "no printed output"
    figures = page.select("article img")
    assert len(figures) >= text.count("plt.show()"), "a figure is missing"
    for figure in figures:
        assert str(figure["src"]).endswith(".svg")
        assert len(str(figure.get("alt", ""))) > 15, f"{figure['src']}: its title says nothing"


def test_figures_are_coarse() -> None:
    """Those of scripts and of pages' cells have no coordinate that only rounding decides."""
    figures = {path.name: path.read_text(encoding="utf-8") for path in SITE.glob("_images/*.svg")}
    assert any(name.startswith("sphx_glr_") for name in figures)
    assert any(not name.startswith("sphx_glr_") for name in figures)
    assert [name for name, svg in figures.items() if coarsened(svg) != svg] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every internal link names a file of the site, and a place in it."""
    broken = []
    for element in soup(page).find_all(href=True):
        address = urlsplit(str(element["href"]))
        if address.scheme or address.netloc:
            continue
        path = unquote(address.path)
        target = (SITE / page).parent.joinpath(path).resolve() if path else SITE / page
        if not target.exists():
            broken.append(str(element["href"]))
        elif address.fragment and target.suffix == ".html":
            relative = target.relative_to(SITE.resolve()).as_posix() if path else page
            if unquote(address.fragment) not in identities(relative):
                broken.append(str(element["href"]))
    assert not broken


@pytest.mark.parametrize("page", PAGES)
def test_nothing_from_elsewhere(page: str) -> None:
    """No page asks another host for a style, a script, a font or an image."""
    asked = [
        str(element.get(attribute))
        for element in soup(page).find_all(["link", "script", "img", "iframe", "source", "use"])
        for attribute in ("src", "href", "srcset")
        if element.get(attribute)
        and not (element.name == "link" and "canonical" in element.get("rel", []))
    ]
    assert not [address for address in asked if urlsplit(address).netloc]


def test_styles_from_here(site: Path) -> None:
    """No style sheet names another host."""
    for sheet in site.rglob("*.css"):
        addresses = re.findall(r"url\([\"']?([^\"')]+)", sheet.read_text(encoding="utf-8"))
        foreign = [a for a in addresses if re.match(r"(https?:)?//", a)]
        assert not foreign, f"{sheet.name}: {foreign}"


@pytest.mark.parametrize("page", PAGES)
def test_no_markup_left(page: str) -> None:
    """Readers see formulas and links, not TeX, roles or unresolved names."""
    article = BeautifulSoup(str(soup(page).find("article")), "lxml")
    for element in article.select("pre, code, math, script, style, .sphx-glr-script-out"):
        element.decompose()
    text = article.get_text(" ")
    found = re.findall(
        r"\$[^$\n]+\$|\\(?:frac|sigma|hat|mathbf|text|log)\b|\{[a-z:]+\}`|:[a-z:]+:`|``|\[\?\]|<glue",
        text,
    )
    assert not found


@pytest.mark.parametrize("page", PAGES)
def test_one_title_and_named_images(page: str) -> None:
    """One first-level heading, headings in order, and a text for every image that shows something."""
    levels = [
        int(heading.name[1]) for heading in soup(page).select("main h1, main h2, main h3, main h4")
    ]
    assert levels.count(1) == 1, levels
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    for image in soup(page).select("article img:not(.sphx-glr-thumbcontainer img)"):
        assert image.get("alt"), image.get("src")
        assert image.get("width"), f"{image.get('src')}: no room is kept for it"


def test_formulas_are_mathml(site: Path) -> None:
    """Every formula of the source text is a numbered equation, set in MathML with its own font."""
    labels = re.findall(
        r"\$\$ \((eq-[\w-]+)\)", (DOCS / "derivation/four_steps.md").read_text("utf-8")
    )
    assert {"eq-gaussian-density", "eq-likelihood", "eq-log-likelihood", "eq-nll", "eq-mse"} <= set(
        labels
    )
    page = soup("derivation/four_steps.html")
    for label in labels:
        equation = page.find(id=f"equation-{label}")
        assert equation is not None, label
        assert equation.find("math") is not None, label
        assert re.fullmatch(r"\(\d+\.\d+\.\d+\).*", equation.select_one(".eqno").get_text()), label
    style = (site / "_static" / "math-font.css").read_text(encoding="utf-8")
    font = base64.b64decode(re.search(r"base64,([^\"]+)", style)[1])
    assert font[:4] == b"wOF2"
    assert len(font) < 80_000


@pytest.mark.parametrize("page", [page for page in PAGES if soup(page).select(".eqno")])
def test_equations_count_by_their_page(page: str) -> None:
    """The number of an equation begins with that of its page, which the page's title shows."""
    shown = soup(page).select_one("h1").get_text()
    for number in soup(page).select(".eqno"):
        assert shown.startswith(number.get_text().strip("(").rsplit(".", 1)[0] + ". "), shown


def luminance(color: np.ndarray) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    linear = np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """The contrast of two colours (WCAG 2.2)."""
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def turned(color: np.ndarray) -> np.ndarray:
    """A colour in the dark: what site.css's filter makes of it (CSS Filter Effects, 12.1)."""
    shares = np.array([0.213, 0.715, 0.072])
    return np.clip((2 * shares - np.eye(3)) @ (0.92 - 0.84 * color), 0, 1)


def test_figures_colours_stand_out(site: Path) -> None:
    """Each colour of the figures has the 3:1 that WCAG 1.4.11 asks of graphics, in both schemes."""
    assert "filter: invert(0.92) hue-rotate(180deg)" in (site / "_static/site.css").read_text(
        "utf-8"
    )
    cycle = rc_params_from_file(DOCS / "figures.mplstyle", use_default_template=False)[
        "axes.prop_cycle"
    ]
    for name in [*cycle.by_key()["color"], "0.5", "k"]:
        color = np.array(to_rgb(name))
        assert contrast(color, np.array(to_rgb("#ffffff"))) >= 3, name
        assert contrast(turned(color), np.array(to_rgb("#131416"))) >= 3, name


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_light(page: str) -> None:
    """A page's HTML, which each next page of a visit costs, stays within 80 KB."""
    if not page.startswith(("_modules/", "genindex")):  # listings, not pages of the argument
        assert (SITE / page).stat().st_size <= 80 * 1024


@pytest.mark.parametrize("name", mse_nll.__all__)
def test_public_names_are_documented(name: str) -> None:
    """Each public function has a docstring with an example, and its place in the API page."""
    documented = getattr(mse_nll, name)
    assert documented.__doc__
    if callable(documented) and not isinstance(documented, type):
        assert ">>>" in documented.__doc__
    found = [
        page
        for page in PAGES
        if page.startswith("reference/api/") and f"mse_nll.{name}" in identities(page)
    ]
    assert len(found) == 1
    assert f"#mse_nll.{name}" in (SITE / "reference/api.html").read_text(encoding="utf-8")


def test_search_index_holds_each_page(site: Path) -> None:
    """The index holds a section of every page, and each function of the package under its name."""
    text = (site / "_static" / "search-index.js").read_text(encoding="utf-8")
    index = json.loads(text.removeprefix("window.searchIndex=").removesuffix(";\n"))
    sources = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in SOURCES}
    assert {address for address, _ in index["pages"]} >= sources - {"404.html"}
    titles = {title for _, _, title, *_ in index["sections"]}
    assert titles >= set(mse_nll.__all__)
    assert all(title for _, _, title, *_ in index["sections"])
    for page, anchor, *_ in index["sections"]:
        assert anchor in identities(index["pages"][page][0])


IDLE = {"more", "here", "this page", "link", "read more", "details"}


@pytest.mark.parametrize("page", PAGES)
def test_links_say_where_they_lead(page: str) -> None:
    """A link's text, or its label, is not "more" or "here"; a table's header cell is not empty."""
    for link in soup(page).select("main a[href]"):
        name = str(link.get("aria-label") or link.get_text()).strip().casefold()
        assert name not in IDLE, str(link)[:120]
    for cell in soup(page).select("main th"):
        assert cell.get_text(strip=True), f"an empty header cell: {cell.find_parent('table')}"[:300]
