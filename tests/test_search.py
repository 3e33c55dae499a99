"""The search finds what people type: each question by its heading, and everyday words by their section."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, SITE, built_pages
from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser
SEARCH = (SITE / "search.html").as_uri()
RANKED = """async queries => {
  const engine = await search.load();
  return queries.map(query =>
    search.rank(engine, query).slice(0, 10).map(hit => [hit.address, hit.anchor, hit.title]));
}"""
# A query a line: what somebody types = the sections (or pages) that answer it; any of them will do.
EVERYDAY = (ROOT / "tests" / "queries.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window that reads from disk."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab of its own."""
    page = context.new_page()
    yield page
    page.close()


def ranked(page: Page, queries: list[str]) -> list[list[list[str]]]:
    """The first ten hits of each query: address, anchor, title."""
    page.goto(SEARCH)
    return page.evaluate(RANKED, queries)


def test_headings_find_their_sections(page: Page) -> None:
    """Typed word for word, the heading of a question has its section first: at least 98 of 100."""
    asked = []
    for address in built_pages():
        if address.startswith("practice/questions/") and not address.endswith("/index.html"):
            page.goto((SITE / address).as_uri())
            found = page.locator("article > section > section").evaluate_all(
                "all => all.map(s => [s.querySelector('h2').firstChild.parentElement.innerText, s.id])"
            )
            asked += [(heading.rstrip("¶ \n"), address, anchor) for heading, anchor in found]
    assert len(asked) > 150
    first = [
        hits[0][:2] if hits else [] for hits in ranked(page, [heading for heading, *_ in asked])
    ]
    missed = [
        (heading, hit) for (heading, *place), hit in zip(asked, first, strict=True) if hit != place
    ]
    assert len(missed) <= 0.02 * len(asked), missed


def test_everyday_queries(page: Page) -> None:
    """In people's words: nine of ten have their section first or second, 98 of 100 among the first five."""
    lines = [line.partition(" = ") for line in EVERYDAY.splitlines()]
    asked = {query: wanted.split() for query, _, wanted in lines}
    assert len(asked) >= 60
    ranks = {}
    for (query, wanted), hits in zip(asked.items(), ranked(page, list(asked)), strict=True):
        places = [place for place, (address, anchor, _) in enumerate(hits, 1)
                  if {anchor, Path(address).stem} & set(wanted)]  # fmt: skip
        ranks[query] = places[0] if places else 99
    print(json.dumps(ranks, ensure_ascii=False, indent=0))
    late = {query: rank for query, rank in ranks.items() if rank > 5}
    assert len(late) <= 0.02 * len(ranks), late
    assert sum(rank <= 2 for rank in ranks.values()) >= 0.9 * len(ranks), ranks


@pytest.mark.parametrize(
    ("typed", "like"),
    [
        ("heteroskedastic", "heteroscedastic"),
        ("heteroscedasticty", "heteroscedasticity"),
        ("conformel predicton", "conformal prediction"),
        ("weigth decay prior", "weight decay prior"),
        ("mle", "maximum likelihood"),
        ("mdn", "mixture density network"),
        ("logvar", "log variance"),
        ("R²", "r squared"),
        ("quantile loss", "pinball loss"),
        ("cost function", "loss function"),
        ("normalize targets", "normalise target"),
    ],
)
def test_other_spellings(page: Page, typed: str, like: str) -> None:
    """Typing errors, plurals, American spelling and other names share a hit among the first three."""
    one, other = ranked(page, [typed, like])
    shared = {tuple(hit) for hit in one[:3]} & {tuple(hit) for hit in other[:3]}
    assert shared, (one[:3], other[:3])


def test_contract_of_the_page(page: Page) -> None:
    """An address with words lists hits: one item each; title, page and excerpt; within two seconds."""
    page.goto(f"{SEARCH}?q=using+a+target+size+different")
    hits = page.locator("#search-results li")
    hits.first.wait_for(timeout=2000)
    assert hits.count() >= 5
    assert page.locator("#search-results li li").count() == 0
    lines = hits.first.inner_text().split("\n")
    link = hits.first.locator("a")
    assert link.count() == 1
    assert lines[0] == link.inner_text()
    assert "Using a target size" in lines[0]
    assert link.get_attribute("href").endswith("shapes_and_dtypes.html#question-target-size")
    assert lines[1].startswith("Shapes and dtypes")
    assert 60 < len(lines[2]) < 250
    link.click()
    page.wait_for_url("**/shapes_and_dtypes.html*#question-target-size")
    marks = page.locator("#question-target-size mark")
    assert marks.count() > 3
    assert "target" in marks.all_inner_texts()


def test_index_comes_when_it_is_asked_for(page: Page) -> None:
    """Nothing of the index is loaded before somebody types or a query stands in the address."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(SEARCH)
    page.wait_for_load_state("networkidle")
    page.goto((SITE / "index.html").as_uri())
    page.wait_for_load_state("networkidle")
    assert "search-index.js" not in "".join(asked[1:])
    page.keyboard.press("/")
    page.keyboard.type("huber")
    page.locator(".search-panel li").first.wait_for()
    assert "search-index.js" in asked
    assert (SITE / "_static" / "search-index.js").stat().st_size < 1024 * 1024
    assert not list(SITE.glob("searchindex.js"))


@pytest.mark.parametrize("keys", ["/", "Control+k"])
def test_by_keyboard(page: Page, keys: str) -> None:
    """A key opens the search; hits appear while typing; arrows choose; Enter opens; Escape closes."""
    page.goto((SITE / "derivation/four_steps.html").as_uri())
    page.keyboard.press(keys)
    page.keyboard.type("aic negat")
    hits = page.locator(".search-panel li a")
    hits.first.wait_for()
    page.wait_for_function(
        "document.querySelector('.search-panel').innerText.includes('Why is my AIC')"
    )
    assert page.locator(".search-panel [role=status]").inner_text().strip()
    page.keyboard.press("Escape")
    assert not page.locator(".search-panel").is_visible()
    page.keyboard.type("i")
    page.wait_for_function("document.querySelector('.search-panel a mark, .search-panel mark')")
    page.wait_for_timeout(300)
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.search-panel') !== null")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.className") == "sidebar-search"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/information_criteria.html*")


def test_nothing_found(page: Page) -> None:
    """Words that no section has lead to advice, not to an empty page."""
    page.goto(f"{SEARCH}?q=xqzzkwv")
    page.wait_for_function(
        "document.querySelector('main .search-said').innerText.includes('Nothing found')"
    )
    assert page.locator("#search-results li").count() == 0
    page.locator("#search-words").fill("")
    assert page.locator("main .search-said").inner_text() == ""
