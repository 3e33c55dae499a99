"""The landing page says what the site is, and to whom, before anybody scrolls."""

import pytest
from conftest import SITE
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_one_screen(browser: Browser) -> None:
    """The equation, the picture, four ways in and how to install stand in a window of 1280 × 800."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((SITE / "index.html").as_uri())
    ways = page.locator("article dt")
    assert ways.all_inner_texts() == ["Student", "With a problem", "Teacher", "Developer"]
    assert "pip install" in page.locator("article dd").last.inner_text()
    for part in ("math >> nth=0", ".tag_landing-picture img", "dd:last-of-type"):
        place = page.locator(f"article {part}").bounding_box()
        assert 0 < place["x"] < place["x"] + place["width"] <= 1280
        assert 0 < place["y"] < place["y"] + place["height"] <= 800, part
    page.close()
