"""Every page in headless Chromium: from disk and over HTTP, light and dark, wide and narrow."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import axe_core_python
import pytest
from conftest import SITE, built_pages
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    sync_playwright,
)

pytestmark = pytest.mark.browser
PAGES = built_pages()
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
WIDE, NARROW = 1280, 390
SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Playwright, started once a worker."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium")
    assert path, "install Debian's package chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    started = playwright.chromium.launch(executable_path=path, args=quiet)
    yield started
    started.close()


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
        """Open a page from nothing, and wait until nothing more comes."""
        self.page.goto("about:blank")
        self.origin, self.weight = urlsplit(address).netloc, 0
        self.problems.clear()
        self.page.emulate_media(color_scheme=scheme)
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")

    def least_shift(self, address: str, scheme: Literal["light", "dark"]) -> float:
        """How much moves while a page loads: the least of three visits, for a busy machine delays any one."""
        shifts = [self.page.evaluate("shift")]
        while shifts[-1] >= 0.01 and len(shifts) < 3:
            self.open(address, scheme)
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


def violations(page: Page) -> list[str]:
    """What axe-core finds, with every folded part open."""
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.parametrize("address", PAGES)
def test_page_from_disk(readers: dict[int, Reader], address: str) -> None:
    """From disk: nothing fails, nothing overflows, axe-core finds nothing, at both widths and schemes."""
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        reader = readers[width]
        reader.open((SITE / address).as_uri(), scheme)
        where = f"{width} px, {scheme}"
        assert not reader.problems, where
        assert not overflow(reader.page), where
        assert not violations(reader.page), where
        assert not overflow(reader.page), f"{where}, unfolded"


@pytest.mark.parametrize("address", PAGES)
def test_page_over_http(readers: dict[int, Reader], server: str, address: str) -> None:
    """Over HTTP: nothing fails, at most 350 KB on a first visit, and nothing moves while it loads."""
    for width, scheme in ((WIDE, "dark"), (NARROW, "light")):
        reader = readers[width]
        reader.open(f"{server}/{address}", scheme)
        where = f"{width} px, {scheme}"
        assert not reader.problems, where
        assert not overflow(reader.page), where
        most = 450 if address == "derivation/explore.html" else 350
        if not address.startswith(("_modules", "search")):
            assert reader.weight < most * 1024, where
        assert reader.least_shift(f"{server}/{address}", scheme) < 0.01, where
        assert not violations(reader.page), where


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("sigma", "reference/notation.html"),
        ("σ̂²", "reference/notation.html"),
        ("ℓ", "reference/notation.html"),
        ("negative_log_likelihood", "reference/api/gaussian.html"),
        ("Using a target size that is different to the input size", "practice/questions/"),
        ("heteroscedasticity", "assumptions/unequal_variance.html"),
    ],
)
@pytest.mark.parametrize("place", ["disk", "http"])
def test_search(browser: Browser, server: str, asked: str, expected: str, place: str) -> None:
    """The search finds symbols, functions and error messages, from disk too."""
    base = SITE.as_uri() if place == "disk" else server
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/index.html")
    page.locator(".sidebar-search").first.fill(asked)
    page.locator(".sidebar-search").first.press("Enter")
    page.wait_for_url("**/search.html?*")
    page.locator("#search-results ul.search li a").first.wait_for(timeout=20_000)
    page.wait_for_timeout(1500)
    hits = page.locator("#search-results ul.search li a").evaluate_all(
        "all => all.map(a => a.href)"
    )
    assert [hit for hit in hits if expected in hit], hits[:10]
    context.close()


def test_keyboard_opens_the_drawers(browser: Browser) -> None:
    """On a phone's width the contents open, take the focus's path and close by keyboard alone."""
    context = browser.new_context(viewport={"width": NARROW, "height": 900})
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    button = page.locator(".nav-overlay-icon[data-opens]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    page.wait_for_function(
        "getComputedStyle(document.querySelector('.sidebar-drawer')).visibility == 'visible'"
    )
    page.keyboard.press("Escape")
    assert button.get_attribute("aria-expanded") == "false"
    context.close()


def test_focus_is_visible(browser: Browser) -> None:
    """Each stop of the Tab key on a page shows where it is."""
    context = browser.new_context(viewport={"width": WIDE, "height": 900})
    page = context.new_page()
    page.goto((SITE / "index.html").as_uri())
    for _ in range(25):
        page.keyboard.press("Tab")
        style = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e);
            return [e.outerHTML.slice(0, 80), s.outlineStyle, s.outlineWidth, s.boxShadow]; }"""
        )
        assert style[1] != "none" or style[3] != "none", style[0]
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


def test_print_opens_the_checks(browser: Browser) -> None:
    """Printed, a page is its text alone: no navigation, checks opened, addresses written out."""
    context = browser.new_context(viewport={"width": 800, "height": 1000})
    page = context.new_page()
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".sidebar-drawer").is_hidden()
    assert page.locator(".related-pages").is_hidden()
    checks = page.locator("details.hide div.cell_output")
    assert checks.count() > 3
    assert all(checks.nth(i).is_visible() for i in range(checks.count()))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.hide[open]").count() == 0
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
