"""Exercises on the pages: a typed number is compared with the computed one, a solution unfolds."""

import json
import re

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT, SITE, built_pages
from playwright.sync_api import Browser, Page

PAGES = [
    page for page in built_pages() if 'class="exercise-form"' in (SITE / page).read_text("utf-8")
]
TRIED = PAGES[:1] + PAGES[-1:]  # one form and one script serve all pages
NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


MAIN = {
    "derivation": "four_steps constants cross_entropy prior properties uncertainty "
    "model_selection metrics",
    "assumptions": "losses heavy_tails unequal_variance dependence mean_and_variance diagnostics",
    "practice": "pytorch_losses deep_networks which_loss",
}


def opened(browser: Browser, page: str, *, scripts: bool = True) -> Page:
    """A built page from disk, with scripts or without."""
    context = browser.new_context(
        java_script_enabled=scripts, viewport={"width": 390, "height": 900}
    )
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.goto((SITE / page).as_uri())
    return tab


def says(tab: Page, name: str, typed: str) -> str:
    """What an exercise answers to what is typed, by keyboard alone."""
    field = tab.locator(f"#{name}-answer")
    field.focus()
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    tab.keyboard.type(typed)
    tab.keyboard.press("Enter")
    tab.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return tab.locator(f"#{name} [role=status]").inner_text()


def test_every_exercise_is_listed_and_linked() -> None:
    """Each has a link of its own, and stands in the site's list if there is one."""
    for page in PAGES:
        soup = BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "lxml")
        for box in soup.select(".exercise"):
            assert box.select_one(f'a.headerlink[href="#{box["id"]}"]')
    lists = [p for p in built_pages() if 'class="exercise-list' in (SITE / p).read_text("utf-8")]
    for page in lists:
        soup = BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "lxml")
        links = [str(link["href"]) for link in soup.select(".exercise-list a")]
        listed = {(SITE / page).parent.joinpath(link.split("#")[0]).resolve() for link in links}
        assert listed == {(SITE / page).resolve() for page in PAGES}


def test_each_main_page_asks() -> None:
    """Each main page ends with a question."""
    expected = {f"{part}/{page}.html" for part, pages in MAIN.items() for page in pages.split()}
    assert expected <= set(PAGES)


@pytest.mark.browser
@pytest.mark.parametrize("page", TRIED)
def test_verdicts(browser: Browser, page: str) -> None:
    """The computed answer is right, with point or comma; a little more is too high, less too low."""
    tab = opened(browser, page)
    for box in tab.locator(".exercise").all():
        name, form = box.get_attribute("id"), box.locator("form")
        answer = float(form.get_attribute("data-answer"))
        tolerance = float(form.get_attribute("data-tolerance"))
        assert "Right" in says(tab, name, repr(answer))
        assert "Right" in says(tab, name, f" {answer + tolerance:.15f}".replace(".", ","))
        assert "Right" in says(tab, name, f"{answer - 0.99 * tolerance:.15f}".replace("-", "−"))
        assert "Too high" in says(tab, name, f"{answer + 1.01 * tolerance:.15f}")
        assert "Too low" in says(tab, name, f"{answer - 1.01 * tolerance:.15f}")
        for nonsense in ("", "1/4", "two", "1.2.3"):
            assert "Type a number" in says(tab, name, nonsense)
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("page", TRIED)
def test_solutions_unfold_without_scripts(browser: Browser, page: str) -> None:
    """Without scripts no empty form stands on the page, and the executed solution still unfolds."""
    tab = opened(browser, page, scripts=False)
    assert tab.locator(".exercise").count() > 0
    for box in tab.locator(".exercise").all():
        assert box.is_visible()
        assert box.locator("form").is_hidden()
    for cell in tab.locator(".tag_exercise-solution").all():
        assert cell.locator(".cell_output").is_hidden()
        cell.locator("summary").click()
        assert "Hide the solution" in cell.locator("summary").inner_text()
        assert cell.locator(".cell_input").is_visible()
        assert cell.locator(".cell_output").is_visible()
    tab.context.close()


@pytest.mark.parametrize("page", PAGES)
def test_solution_prints_the_answer(page: str) -> None:
    """Each exercise has a label, and is followed by a solution whose output holds the form's answer."""
    soup = BeautifulSoup((SITE / page).read_text(encoding="utf-8"), "lxml")
    for form in soup.select(".exercise-form"):
        assert form.find("label")["for"] == form.find("input")["id"]
        solution = form.find_next(class_="tag_exercise-solution")
        assert solution is not None
        printed = " ".join(out.get_text() for out in solution.select(".cell_output"))
        numbers = [float(n.replace(",", "").replace("−", "-")) for n in NUMBER.findall(printed)]
        answer, tolerance = float(str(form["data-answer"])), float(str(form["data-tolerance"]))
        assert tolerance > 0
        assert any(abs(number - answer) <= tolerance for number in numbers), printed


@pytest.mark.parametrize("page", PAGES)
def test_downloads_ask_and_check(page: str) -> None:
    """A download asks, checks without raising, and one of the two leaves the solution out."""
    stem = SITE / "_downloads" / page.removesuffix(".html")
    source = (ROOT / "docs" / page).with_suffix(".md").read_text(encoding="utf-8")
    solution = re.search(r"^:tags:.*exercise-solution.*\n+(.*\n)", source, re.MULTILINE)[1].strip()
    for suffix in (".py", ".ipynb"):
        whole = stem.with_name(stem.name + suffix).read_text(encoding="utf-8")
        bare = stem.with_name(f"{stem.name}_without_solutions{suffix}").read_text(encoding="utf-8")
        for text in (whole, bare):
            assert "answer = ..." in text
        if suffix == ".ipynb":
            whole = "\n".join("".join(cell["source"]) for cell in json.loads(whole)["cells"])
            bare = "\n".join("".join(cell["source"]) for cell in json.loads(bare)["cells"])
        assert solution in whole
        assert solution not in bare
        check = re.search(r"answer = \.\.\..*?Too low\.\"\)", bare, re.DOTALL)[0]
        expected = float.fromhex(re.search(r'fromhex\("(.*?)"\)', check)[1])
        for typed, verdict in (
            ("...", "write your number"), (repr(expected), "Right."),
            (repr(expected + 9e9), "Too high."), (repr(expected - 9e9), "Too low."),
        ):  # fmt: skip
            said: list[str] = []
            exec(check.replace("...", typed, 1), {"print": said.append})
            assert verdict in said[0]
