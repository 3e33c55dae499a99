"""The page for addresses that lead nowhere stands alone, at any depth."""

import http.server
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SITE
from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import Browser

BUILT = SITE / "404.html"


def addresses(html: str) -> list[str]:
    """Every address in a page."""
    soup = BeautifulSoup(html, "lxml")
    named = ("href", "src", "action")
    return [str(e[a]) for a in named for e in soup.find_all(attrs={a: True})]


def test_it_needs_no_file() -> None:
    """No address in it depends on where it is shown, and it names no style sheet and no script."""
    html = BUILT.read_text(encoding="utf-8")
    assert addresses(html)
    for address in addresses(html):
        parts = urlsplit(address)
        assert parts.scheme or address.startswith("/"), address
    soup = BeautifulSoup(html, "lxml")
    assert not soup.select("script, img, link[rel=stylesheet]")
    assert soup.select("main h1")


@pytest.mark.parametrize(
    ("root", "expected"),
    [("/", "/"), ("https://example.org/mse/", "https://example.org/mse/index.html")],
)
def test_links_lead_to_the_public_address(root: str, expected: str) -> None:
    """With a public address its links lead there; without one, to the server's root."""
    templates = Environment(loader=FileSystemLoader(ROOT / "docs/_templates"), autoescape=False)
    html = templates.get_template("404.html").render(
        root=root, title="Not here", project="Project", body="<h1>Not here</h1>"
    )
    found = [a for a in addresses(html) if not a.startswith("data:")]
    assert expected in found
    assert all(address.startswith(root) for address in found)
    if root != "/":
        pages = [Path(urlsplit(a).path).relative_to("/mse") for a in found]
        assert all((SITE / page).exists() for page in pages), pages


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_styled_at_any_depth(browser: Browser, scheme: str) -> None:
    """Sent for an address three folders deep, it asks for nothing more and has its own style."""
    asked = []

    class Lost(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Send the page for whatever is asked."""
            asked.append(self.path)
            self.send_response(404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(BUILT.read_bytes())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Lost) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page(color_scheme=scheme, viewport={"width": 390, "height": 844})
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/no/such/page.html")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(19, 20, 22)"}[scheme]
        assert page.locator("h1").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.close()
        server.shutdown()
    assert asked == ["/no/such/page.html"]
