"""Every page in headless Chromium: from disk and over HTTP, light and dark, wide and narrow."""

import functools
import http.server
import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_core_python
import pytest
from conftest import ROOT, SITE, built_pages
from matplotlib import image as mpimg
from page_code import pasted
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
)

pytestmark = pytest.mark.browser
PAGES = built_pages()
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDE, NARROW = 1280, 390
OF_EACH_KIND = [
    "404.html", "index.html", "genindex.html", "search.html", "_modules/mse_nll/gaussian.html",
    "assumptions/losses.html", "auto_gallery/index.html", "derivation/explore.html",
    "auto_gallery/equivalence/plot_equivalence.html", "derivation/four_steps.html",
    "practice/questions/weights.html", "reference/api/gaussian.html", "reference/bibliography.html",
    "reference/glossary.html",
]  # fmt: skip
SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The built site over HTTP."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    handler = functools.partial(Quiet, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@dataclass
class Reader:
    """One window that opens page after page, each as a reader with an empty cache meets it."""

    page: Page
    origin: str = ""
    problems: list[str] = field(default_factory=list)
    weight: int = 0

    def __post_init__(self) -> None:
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("Network.enable")
        devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        devtools.on("Network.loadingFinished", self.note_arrival)
        self.page.add_init_script(SHIFTS)
        self.page.on("console", self.note_message)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("requestfailed", lambda asked: self.problems.append(f"failed: {asked.url}"))
        self.page.on("request", self.note_request)
        self.page.on("response", self.note_response)

    def note_arrival(self, event: dict[str, Any]) -> None:
        """Count what came, as it was sent."""
        self.weight += int(event["encodedDataLength"])

    def note_message(self, message: ConsoleMessage) -> None:
        """Errors and warnings of the console are problems."""
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def note_request(self, request: Request) -> None:
        """A request to any other place is a problem."""
        if (
            not request.url.startswith(("data:", "blob:"))
            and urlsplit(request.url).netloc != self.origin
        ):
            self.problems.append(f"foreign: {request.url}")

    def note_response(self, response: Response) -> None:
        """What is not there is a problem."""
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.url}")

    def open(self, address: str, scheme: Literal["light", "dark"]) -> None:
        """Open a page from nothing."""
        self.page.goto("about:blank")
        self.origin, self.weight = urlsplit(address).netloc, 0
        self.problems.clear()
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(address)

    def wait(self) -> None:
        """Wait until nothing more comes."""
        self.page.wait_for_load_state("networkidle")

    def least_shift(self, address: str, scheme: Literal["light", "dark"]) -> float:
        """How much moves while a page loads: the least of three visits, for a busy machine delays any one."""
        shifts = [self.page.evaluate("shift")]
        while shifts[-1] >= 0.01 and len(shifts) < 3:
            self.open(address, scheme)
            self.wait()
            shifts.append(self.page.evaluate("shift"))
        return min(shifts)


@pytest.fixture(scope="module")
def readers(browser: Browser) -> Iterator[dict[int, Reader]]:
    """The windows of this worker: a wide one and a narrow one."""
    sizes = {width: {"width": width, "height": 900} for width in (WIDE, NARROW)}
    contexts = {width: browser.new_context(viewport=size) for width, size in sizes.items()}
    yield {width: Reader(context.new_page()) for width, context in contexts.items()}
    for context in contexts.values():
        context.close()


def overflow(page: Page) -> list[str]:
    """What is wider than the window, outside a box that scrolls by itself."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("body *")]
          .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
          .slice(0, 5).map(e => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"""
    )


def unfold(page: Page) -> None:
    """Open every folded part."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def violations(page: Page, colours: bool) -> list[str]:
    """What axe-core finds outside formulas, of which it would read the signs; of colours if wanted."""
    page.evaluate(AXE)
    found = page.evaluate(
        """colours => axe.run({exclude: [["math"]]}, {
          resultTypes: ["violations"], rules: {"color-contrast": {enabled: colours}}})""",
        colours,
    )["violations"]
    return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.parametrize("address", PAGES)
def test_page(readers: dict[int, Reader], server: str, address: str) -> None:
    """Nothing fails, moves in loading or overflows, wide or narrow; 350 KB at most; axe finds no fault."""
    reader = readers[WIDE]
    reader.open(f"{server}/{address}", "light")
    reader.wait()
    assert not reader.problems
    if not address.startswith(("_modules", "search")):
        assert reader.weight < 350 * 1024
    assert reader.least_shift(f"{server}/{address}", "light") < 0.01
    unfold(reader.page)
    assert not violations(reader.page, colours=False)
    for width in (NARROW, WIDE):
        reader.page.set_viewport_size({"width": width, "height": 900})
        assert not overflow(reader.page), width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", OF_EACH_KIND)
def test_page_on_a_phone(
    readers: dict[int, Reader], server: str, address: str, scheme: Literal["light", "dark"]
) -> None:
    """Nothing fails or moves, light over HTTP or dark from disk, and words stand out: each kind of page."""
    reader = readers[NARROW]
    at = f"{server}/{address}" if scheme == "light" else (SITE / address).as_uri()
    reader.open(at, scheme)
    reader.wait()
    assert not reader.problems
    assert reader.least_shift(at, scheme) < 0.01
    unfold(reader.page)
    assert not violations(reader.page, colours=True)


@pytest.mark.parametrize(
    ("width", "opener", "drawer"),
    [
        (NARROW, ".nav-overlay-icon", ".sidebar-drawer"),
        (NARROW, ".toc-header-icon", ".toc-drawer"),
        (1100, ".toc-content-icon", ".toc-drawer"),
    ],
)
def test_keyboard_opens_the_drawers(browser: Browser, width: int, opener: str, drawer: str) -> None:
    """A drawer opens by key, takes the focus, and gives it back when Escape closes it."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    button = page.locator(f"{opener}[data-opens]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.evaluate(f"document.activeElement.closest('{drawer}') !== null")
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    assert page.evaluate(f"document.activeElement.matches('{opener}')")
    context.close()


def test_contents_close_after_a_choice(browser: Browser) -> None:
    """On a phone, an entry chosen in the page's contents is shown, and the focus is there."""
    context = browser.new_context(viewport={"width": NARROW, "height": 844}, has_touch=True)
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    page.locator(".toc-header-icon[data-opens]").tap()
    page.locator(".toc-drawer a[href='#step-log']").tap()
    page.wait_for_function("location.hash === '#step-log'")
    assert not page.evaluate("document.getElementById('__toc').checked")
    assert page.evaluate("document.activeElement.id") == "step-log"
    context.close()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_place_is_marked(browser: Browser, width: int) -> None:
    """The page's own entry is marked and in sight; its parents are named above it."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto((SITE / "practice/questions/weights.html").as_uri())
    entry = page.locator(".sidebar-tree [aria-current=page]")
    assert entry.count() == 1
    assert entry.text_content() == page.locator("h1").inner_text().rstrip("¶ ")
    if width == WIDE:
        top = entry.bounding_box()["y"]
        assert 0 < top < 780
        assert page.locator(".toc-drawer").is_visible()
        assert page.locator(".toc-drawer a").nth(1).bounding_box()["x"] < WIDE - 100
    crumbs = page.locator(".breadcrumbs a").all_inner_texts()
    assert crumbs[0] == "Start"
    assert len(crumbs) == 3
    context.close()


@pytest.mark.parametrize("address", ["index.html", "practice/questions/weights.html"])
def test_focus_is_visible(browser: Browser, address: str) -> None:
    """Each stop of the Tab key on a page shows where it is."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    page.goto((SITE / address).as_uri())
    page.locator("main").focus()
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        what, outline, opacity = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e);
            return [e.outerHTML.slice(0, 80), s.outlineStyle, s.opacity]; }"""
        )
        if what.startswith("<body"):
            break
        assert outline != "none", what
        assert float(opacity) == 1, what
        seen.add(what)
    assert len(seen) > 5
    context.close()


def test_tables_keep_their_first_column(browser: Browser) -> None:
    """On a phone a wide table scrolls in its box, shaded at its edge, and its first column stays."""
    context = browser.new_context(viewport={"width": NARROW, "height": 844})
    page = context.new_page()
    page.goto((SITE / "assumptions/losses.html").as_uri())
    box = page.locator(".table-wrapper").first
    cell = box.locator("tbody tr").first.locator("td, th").first
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    assert "gradient" in box.evaluate("box => getComputedStyle(box).backgroundImage")
    before = cell.bounding_box()["x"]
    box.evaluate("box => (box.scrollLeft = 150)")
    assert abs(cell.bounding_box()["x"] - before) < 2
    context.close()


def test_theme_button_turns_figures(browser: Browser) -> None:
    """The theme's own button turns a figure's colours, whatever the system's setting."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900}, color_scheme="light")
    page = context.new_page()
    page.goto((SITE / "auto_gallery/equivalence/plot_equivalence.html").as_uri())
    look = "getComputedStyle(document.querySelector('article img[src$=\".svg\"]')).filter"
    assert page.evaluate(look) == "none"
    page.evaluate("document.body.dataset.theme = 'dark'")
    assert "invert" in page.evaluate(look)
    context.close()


def test_print_leaves_folded_what_is_folded(browser: Browser) -> None:
    """Printed, a page is its text: no navigation, no check or solution but those that were opened."""
    context = browser.new_context(viewport={"width": 800, "height": 1000})
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    page.evaluate("document.querySelector('article details').open = true")
    page.emulate_media(media="print")
    for idle in (".sidebar-drawer", ".related-pages", ".breadcrumbs", ".cite"):
        assert page.locator(idle).is_hidden(), idle
    folded = page.locator("article details")
    assert folded.count() > 3
    assert folded.first.is_visible()
    assert not any(folded.nth(i).is_visible() for i in range(1, folded.count()))
    context.close()


def test_summary_is_one_sheet(browser: Browser) -> None:
    """The subject on one page is one page of A4, in type that can be read."""
    context = browser.new_context()
    page = context.new_page()
    page.goto((SITE / "practice/one_page_summary.html").as_uri())
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1
    page.emulate_media(media="print")
    assert (
        page.evaluate("parseFloat(getComputedStyle(document.querySelector('article li')).fontSize)")
        >= 9
    )
    context.close()


def test_figures_are_printed_for_paper(browser: Browser) -> None:
    """Printed or saved as PDF from a dark screen, a figure has the colours of a light page."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((SITE / "auto_gallery/equivalence/plot_equivalence.html").as_uri())
    look = "getComputedStyle(document.querySelector('article img[src$=\".svg\"]')).filter"
    assert "invert" in page.evaluate(look)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(look) == "none"
    assert page.locator(".sphx-glr-footer").is_hidden()
    assert page.pdf().startswith(b"%PDF")
    context.close()


def test_copy_button_copies_code_alone(browser: Browser) -> None:
    """A copy button copies what a reader would run: no prompt, no output."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((SITE / "reference/api/gaussian.html").as_uri())
    block = (
        page.locator("div.highlight-pycon, div.highlight-default, div.doctest")
        .filter(has_text=">>>")
        .first
    )
    block.hover()
    block.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip()
    assert ">>>" not in copied
    context.close()


@pytest.mark.parametrize(
    "address", ["practice/questions/weights", "practice/questions/shapes_and_dtypes"]
)
def test_copy_with_set_up(browser: Browser, address: str) -> None:
    """The second button copies the page's set-up and the section's cells down to its own, no more."""
    sections = pasted(ROOT / "docs" / f"{address}.md")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((SITE / f"{address}.html").as_uri())
    buttons = page.locator("div.cell .take")
    assert buttons.count() >= len(sections) - 1
    shown = page.evaluate(
        "() => [...document.querySelectorAll('article div.cell .take')]"
        ".map(take => take.closest('div.cell').querySelector('pre').textContent.trim())"
    )
    cells = [
        (cell, whole) for whole in sections.values() for cell in whole if "setup" not in cell.tags
    ]
    for place in (0, buttons.count() // 2, buttons.count() - 1):
        page.evaluate("place => document.querySelectorAll('div.cell .take')[place].click()", place)
        page.wait_for_function("document.querySelector('.take[data-said=Copied]')")
        copied = page.evaluate("navigator.clipboard.readText()")
        cell, whole = next(pair for pair in cells if pair[0].code.strip() == shown[place])
        upto = whole[: whole.index(cell) + 1]
        assert copied == "\n\n".join(one.code.strip("\n") for one in upto) + "\n"
        page.wait_for_function("!document.querySelector('.take[data-said=Copied]')")
    context.close()


def test_formulas_are_copied_as_tex(browser: Browser) -> None:
    """An equation's button and what is selected give TeX; an equation is spoken in words."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    equation = page.locator("#equation-eq-mse")
    equation.hover()
    equation.locator(".take").click()
    page.wait_for_function("document.querySelector('.take[data-said=Copied]')")
    tex = page.evaluate("navigator.clipboard.readText()")
    assert "\\frac" in tex
    assert "\\sum_{i=1}^" in tex
    page.evaluate("getSelection().selectAllChildren(document.querySelector('article p:has(math)'))")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"\$.+?\$", copied), copied
    assert "squared" in equation.locator("math").get_attribute("aria-label")
    context.close()


def test_links_to_equations_and_terms_can_be_looked_at(browser: Browser) -> None:
    """A reference to an equation or a term of another page shows it, pointed at or in focus."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    page.goto((SITE / "derivation/constants.html").as_uri())
    for kind, holds in (("four_steps.html#equation-", "math"), ("glossary.html#term-", "p")):
        link = page.locator(f"article a[href*='{kind}']").first
        link.hover()
        page.locator(f"#look {holds}").first.wait_for()
        page.mouse.move(0, 0)
        page.locator("#look").wait_for(state="hidden")
        link.focus()
        page.locator(f"#look {holds}").first.wait_for()
        assert link.get_attribute("aria-describedby") == "look"
        page.keyboard.press("Escape")
        assert page.locator("#look").is_hidden()
    context.close()


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_underbraces_are_whole(browser: Browser, scale: int) -> None:
    """The brace under a term reaches from its one end to the other, at any density of dots."""
    context = browser.new_context(
        device_scale_factor=scale, viewport={"width": WIDE, "height": 900}
    )
    page = context.new_page()
    page.goto((SITE / "index.html").as_uri())
    braced = page.locator("mrow.under")
    assert braced.count() >= 3
    for place in range(braced.count()):
        box = braced.nth(place).bounding_box()
        strip = {
            "x": box["x"],
            "y": box["y"] + box["height"] - 4,
            "width": box["width"],
            "height": 4,
        }
        picture = mpimg.imread(io.BytesIO(page.screenshot(clip=strip)))[..., :3].mean(axis=2)
        line = picture.min(axis=0) < 0.6
        assert line[2 * scale : -2 * scale].all()
    context.close()
