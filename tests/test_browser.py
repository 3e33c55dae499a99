"""Every page in headless Chromium: from disk and over HTTP, light and dark, wide and narrow."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import axe_core_python
import pytest
from conftest import SITE, built_pages
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

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
class Visit:
    """A page as a reader with an empty cache meets it."""

    page: Page
    problems: list[str] = field(default_factory=list)
    weight: int = 0


def visit(browser: Browser, address: str, width: int, scheme: str) -> Visit:
    """Open a page and note what went wrong and what it weighed."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    seen = Visit(page)
    origin = address.split("/", 3)[2]

    def response(answer) -> None:
        if answer.status >= 400:
            seen.problems.append(f"{answer.status} {answer.url}")
        elif answer.url.startswith("http"):
            seen.weight += len(answer.body())

    page.on(
        "console",
        lambda m: seen.problems.append(m.text) if m.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: seen.problems.append(str(error)))
    page.on("requestfailed", lambda request: seen.problems.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("data:", "blob:")) or request.url.split("/", 3)[2] == origin
            else seen.problems.append(f"foreign: {request.url}")
        ),
    )
    page.on("response", response)
    page.add_init_script(SHIFTS)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return seen


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
def test_page_from_disk(browser: Browser, address: str) -> None:
    """From disk: nothing fails, nothing overflows, axe-core finds nothing, at both widths and schemes."""
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        seen = visit(browser, (SITE / address).as_uri(), width, scheme)
        where = f"{width} px, {scheme}"
        assert not seen.problems, where
        assert not overflow(seen.page), where
        assert not violations(seen.page), where
        assert not overflow(seen.page), f"{where}, unfolded"
        seen.page.context.close()


@pytest.mark.parametrize("address", PAGES)
def test_page_over_http(browser: Browser, server: str, address: str) -> None:
    """Over HTTP: nothing fails, at most 350 KB on a first visit, and nothing moves while it loads."""
    for width, scheme in ((WIDE, "dark"), (NARROW, "light")):
        seen = visit(browser, f"{server}/{address}", width, scheme)
        where = f"{width} px, {scheme}"
        assert not seen.problems, where
        assert not overflow(seen.page), where
        assert not violations(seen.page), where
        most = 450 if address == "derivation/explore.html" else 350
        if not address.startswith(("_modules", "search")):
            assert seen.weight < most * 1024, where
        assert seen.page.evaluate("shift") < 0.01, where
        seen.page.context.close()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("sigma", "reference/notation.html"),
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
