"""What the tests share: where the project and its built site are."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs" / "_build" / "html"


def built_pages() -> list[str]:
    """The addresses of the built pages, relative to the site."""
    return sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if not {"_static", "_downloads"} & set(path.relative_to(SITE).parts)
    )


def shown(page: str) -> str:
    """What a page says that its code printed."""
    soup = BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "lxml")
    blocks = soup.select(".sphx-glr-script-out pre, .output.stream pre")
    return "\n".join(block.get_text() for block in blocks)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def site() -> Path:
    """The built site's folder."""
    assert (SITE / "index.html").exists(), "build the site first: nox -s docs"
    return SITE


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once a worker."""
    path = shutil.which("chromium")
    assert path, "install Debian's package chromium"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=quiet)
        yield started
        started.close()
