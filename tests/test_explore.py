"""The figures to move: their numbers are the package's, and every hand can move them."""

import functools
import json
import math
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from conftest import SITE
from playwright.sync_api import Browser, BrowserContext, Page
from scipy import optimize

import mse_nll

pytestmark = pytest.mark.browser
ADDRESS = SITE / "derivation" / "explore.html"
LINE, NOISE = "#explore-line-figure", "#explore-noise-figure"
START = {"slope": 0.2, "intercept": -0.5, "sigma": 1.0}
SETTINGS = [
    {},
    {"slope": 1.0, "intercept": 0.5, "sigma": 0.75},
    {"slope": -1, "intercept": 3, "sigma": 0.2, "outlier": -6},
    {"slope": 2.95, "intercept": -2.3, "sigma": 3.0, "outlier": 6},
    {"slope": 0.85, "sigma": 1.35, "outlier": -2.4},
]


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """The page from disk, on a phone's width with a finger, for a reader who wants less motion."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce"
    )
    yield load(context)
    context.close()


def load(context: BrowserContext) -> Page:
    """The page, its script run."""
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(ADDRESS.as_uri())
    page.wait_for_function("document.querySelector('[data-row=nll] data').value !== ''")
    return page


def points() -> tuple[torch.Tensor, torch.Tensor, int]:
    """What the page's cell computed: x, y and which point can be dragged."""
    text = ADDRESS.read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="explore-data"[^>]*>(.*?)</script>', text, re.DOTALL)[1])
    x, y = (torch.tensor(data[name], dtype=torch.float64) for name in "xy")
    return x, y, data["outlier"]


def settled(page: Page) -> None:
    """Wait until the numbers of the last change are drawn."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def numbers(page: Page, figure: str = "line") -> dict[str, list[float]]:
    """Each row's numbers with every digit: the value now, and where it is smallest."""
    settled(page)
    read = """rows => Object.fromEntries(rows.map(row =>
        [row.dataset.row, [...row.querySelectorAll('data')].map(d => Number(d.value))]))"""
    return page.locator(f"#explore-{figure}-figure [data-row]").evaluate_all(read)


def move(page: Page, **settings: float) -> None:
    """Set sliders."""
    for name, value in settings.items():
        page.locator(f"#explore-{name}").fill(str(value))


def expected(y: torch.Tensor, y_pred: torch.Tensor, sigma: float) -> dict[str, float]:
    """The four losses by the package's functions."""
    nll = mse_nll.negative_log_likelihood(y, y_pred, sigma=sigma)
    laplace = mse_nll.laplace_negative_log_likelihood(y, y_pred, reduction="mean")
    robust = mse_nll.huber_negative_log_likelihood(y, y_pred, threshold=1.0, reduction="mean")
    height = mse_nll.huber_negative_log_likelihood(y, y, threshold=1.0, reduction="mean")
    return {
        "nll": nll.item(),
        "mse": mse_nll.mean_squared_error(y, y_pred).item(),
        "mae": laplace.item() - math.log(2.0),
        "huber": (robust - height).item(),
    }


@pytest.mark.parametrize("settings", SETTINGS)
def test_numbers_are_the_packages(tab: Page, settings: dict[str, float]) -> None:
    """NLL, MSE, MAE and Huber agree with the package's functions on the same data to 1e-9."""
    x, y, outlier = points()
    move(tab, **settings)
    now = START | settings
    y = y.clone()
    y[outlier] = now.get("outlier", y[outlier])
    y_pred = now["slope"] * x + now["intercept"]
    found = numbers(tab)
    for name, value in expected(y, y_pred, now["sigma"]).items():
        assert found[name][0] == pytest.approx(value, rel=0, abs=1e-9), name
    assert found["sigma"][0] == found["nll"][0]
    rmse = mse_nll.root_mean_squared_error(y, y_pred).item()
    assert found["sigma"][1] == pytest.approx(rmse, abs=1e-9)


def minimum(loss: Callable[[torch.Tensor], float], x: torch.Tensor) -> np.ndarray:
    """Slope and intercept at which a loss of the predictions is lowest, from several starts."""
    options = {"xatol": 1e-11, "fatol": 1e-14, "maxiter": 4000, "maxfev": 4000}
    starts = [(1.0, 0.5), (0.6, 0.0), (1.2, 0.2)]
    found = [
        optimize.minimize(
            lambda p: loss(p[0] * x + p[1]), start, method="Nelder-Mead", options=options
        )
        for start in starts
    ]
    return min(found, key=lambda result: result.fun).x


@pytest.mark.parametrize("settings", SETTINGS)
def test_lowest_points(tab: Page, settings: dict[str, float]) -> None:
    """NLL and MSE are lowest at one slope for every σ; each loss is lowest at the solver's slope."""
    x, y, outlier = points()
    move(tab, **settings)
    y[outlier] = settings.get("outlier", y[outlier])
    found = numbers(tab)
    assert found["nll"][1] == found["mse"][1]
    closed_form = np.polyfit(x.numpy(), y.numpy(), 1)[0]
    assert found["mse"][1] == pytest.approx(closed_form, abs=1e-12)
    for name in ("mae", "huber"):
        slope, _ = minimum(lambda y_pred, name=name: expected(y, y_pred, 1.0)[name], x)
        assert found[name][1] == pytest.approx(slope, abs=1e-5), name


def test_dot_falls_into_the_hollow(tab: Page) -> None:
    """At a loss's best line its dot lies on the dashed mark, at the foot of the curve."""
    place = """row => [...row.querySelectorAll('.now, .best, .curve')].map(e => {
        const box = e.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2, box.bottom]; })"""
    for name, loss in (("NLL and MSE", "mse"), ("MAE", "mae"), ("Huber", "huber")):
        row = tab.locator(f"{LINE} [data-row={loss}]")
        settled(tab)
        mark, curve, dot = row.evaluate(place)
        assert abs(dot[0] - mark[0]) > 10
        tab.get_by_role("button", name=name, exact=True).click()
        settled(tab)
        mark, curve, dot = row.evaluate(place)
        assert dot[0] == pytest.approx(mark[0], abs=0.5)
        assert dot[1] == pytest.approx(curve[2], abs=0.3)
        tab.locator(f"{LINE} [data-jump=reset]").click()


@pytest.mark.parametrize("outlier_at", [None, -6.0, 6.0])
def test_jumps_reach_the_minima(tab: Page, outlier_at: float | None) -> None:
    """Each button reaches the smallest value that an independent solver finds, to 1e-9."""
    x, y, outlier = points()
    if outlier_at is not None:
        move(tab, outlier=outlier_at)
        y[outlier] = outlier_at
    design = torch.stack([x, torch.ones_like(x)], dim=1).numpy()

    tab.get_by_role("button", name="NLL and MSE").click()
    rest = np.linalg.lstsq(design, y.numpy(), rcond=None)[1][0]
    found = numbers(tab)
    assert found["mse"][0] == pytest.approx(rest / 20, abs=1e-9)

    tab.get_by_role("button", name="Set σ to √MSE").click()
    lowest = 10 * (math.log(2 * math.pi * rest / 20) + 1)  # the profile likelihood's closed form
    assert numbers(tab)["nll"][0] == pytest.approx(lowest, abs=1e-9)

    tab.get_by_role("button", name="MAE", exact=True).click()
    identity = np.eye(20)
    programme = optimize.linprog(
        np.r_[0, 0, np.full(20, 1 / 20)],
        A_ub=np.block([[design, -identity], [-design, -identity]]),
        b_ub=np.r_[y.numpy(), -y.numpy()],
        bounds=[(None, None)] * 2 + [(0, None)] * 20,
    )
    assert numbers(tab)["mae"][0] == pytest.approx(programme.fun, abs=1e-9)

    tab.get_by_role("button", name="Huber", exact=True).click()
    lowest = optimize.minimize(
        lambda p: torch.nn.functional.huber_loss(y, p[0] * x + p[1]).item(),
        (1.0, 0.5),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 2000},
    )
    assert numbers(tab)["huber"][0] == pytest.approx(lowest.fun, abs=1e-9)

    tab.locator(f"{LINE} [data-jump=reset]").click()
    x, y, _ = points()
    start = expected(y, 0.2 * x - 0.5, 1.0)
    assert numbers(tab)["nll"][0] == pytest.approx(start["nll"], abs=1e-9)


def test_keyboard_path(tab: Page) -> None:
    """Tab reaches each slider and each button in the order of the page; arrows and Enter move."""
    tab.locator("#explore-slope").focus()
    reached = []
    for _ in range(9):
        reached.append(
            tab.evaluate("document.activeElement.id || document.activeElement.innerText")
        )
        before = numbers(tab)["nll"][0]
        slider = reached[-1].startswith("explore-")
        tab.keyboard.press("ArrowRight" if slider else "Enter")
        if slider:
            assert numbers(tab)["nll"][0] != before, reached[-1]
            shown = tab.locator(f"output[for={reached[-1]}]").inner_text()
            assert tab.evaluate("document.activeElement.ariaValueText") == shown
        tab.keyboard.press("Tab")
    assert reached == [
        "explore-slope", "explore-intercept", "explore-sigma", "explore-outlier",
        "NLL and MSE", "MAE", "Huber", "Set σ to √MSE", "Reset",
    ]  # fmt: skip


def centre(page: Page, selector: str) -> tuple[float, float]:
    """Where the middle of an element is in the window."""
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize(
    ("figure", "slider", "best"),
    [("line", "explore", ("mse", 1)), ("noise", "noise", ("slope", 0))],
)
def test_finger_drags_the_outlier(
    tab: Page, figure: str, slider: str, best: tuple[str, int]
) -> None:
    """A finger moves the outlier, not the page; its slider and the best line follow, all in sight."""
    row, column = best
    plot = f"#explore-{figure}-figure .explore-plot"
    tab.locator(plot).evaluate("plot => { plot.scrollIntoView(); scrollBy(0, -60); }")
    settled(tab)
    h, v = centre(tab, f"{plot} .outlier")
    before, scrolled = numbers(tab, figure), tab.evaluate("scrollY")
    session = tab.context.new_cdp_session(tab)
    touch = [{"x": h, "y": v}]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touch})
    for step in range(1, 9):
        touch = [{"x": h, "y": v + 10 * step}]
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": touch})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    after = numbers(tab, figure)
    assert tab.evaluate("scrollY") == scrolled
    assert centre(tab, f"{plot} .outlier")[1] == pytest.approx(v + 80, abs=1)
    assert after[row][column] < before[row][column] - 0.1
    value = float(tab.locator(f"#{slider}-outlier").input_value())
    shown = tab.locator(f"output[for={slider}-outlier]").inner_text().replace("−", "-")
    assert value == pytest.approx(float(shown), abs=0.05)
    for cell in tab.locator(f"#explore-{figure}-figure [data-row] data:first-of-type").all():
        place = cell.bounding_box()
        assert 0 < place["y"] < place["y"] + place["height"] < 844


@pytest.mark.parametrize("grip", [0, 1])
def test_pointer_turns_the_line(tab: Page, grip: int) -> None:
    """An end of the line follows the pointer; the other end stays."""
    tab.locator(f"{LINE} .explore-plot").scroll_into_view_if_needed()
    ends = [f"{LINE} .handle:nth-of-type({n}) .grip" for n in (3, 4)]
    still = centre(tab, ends[1 - grip])
    h, v = centre(tab, ends[grip])
    tab.mouse.move(h, v)
    tab.mouse.down()
    tab.mouse.move(h, v - 20, steps=4)
    tab.mouse.up()
    settled(tab)
    assert centre(tab, ends[grip])[1] == pytest.approx(v - 20, abs=1)
    assert centre(tab, ends[1 - grip])[1] == pytest.approx(still[1], abs=1)


def test_pointer_shifts_the_line(tab: Page) -> None:
    """The line between its ends follows the pointer; the slope stays."""
    move(tab, slope=1)
    tab.locator(f"{LINE} .explore-plot").scroll_into_view_if_needed()
    settled(tab)
    box = tab.locator(f"{LINE} .explore-plot .yours").bounding_box()
    h, v = box["x"] + 0.7 * box["width"], box["y"] + 0.3 * box["height"]
    tab.mouse.move(h, v)
    tab.mouse.down()
    tab.mouse.move(h, v - 40, steps=4)
    tab.mouse.up()
    settled(tab)
    after = tab.locator(f"{LINE} .explore-plot .yours").bounding_box()
    assert after["y"] == pytest.approx(box["y"] - 40, abs=1)
    assert tab.locator("#explore-slope").input_value() == "1"


def test_numbers_are_read_out_at_rest(tab: Page) -> None:
    """A screen reader hears the numbers once the hand rests, not at every step."""
    status = tab.locator(f"{LINE} [role=status]")
    assert status.get_attribute("aria-live") == "polite"
    assert status.inner_text() == ""
    tab.evaluate(
        """() => { window.said = 0;
        new MutationObserver(() => window.said++).observe(
            document.querySelector('#explore-line-figure [role=status]'), {childList: true}); }"""
    )
    tab.locator("#explore-slope").focus()
    for _ in range(6):
        tab.keyboard.press("ArrowRight")
    settled(tab)
    assert tab.evaluate("said") == 0
    tab.wait_for_function("said > 0")
    tab.wait_for_timeout(300)
    assert tab.evaluate("said") == 1
    nll = numbers(tab)["nll"][0]
    assert f"NLL {nll:.2f} nats" in status.text_content()


def test_motion_only_for_those_who_want_it(browser: Browser, tab: Page) -> None:
    """A jump glides; for a reader who asked for less motion it is done at once."""
    watch = """button => new Promise(done => {
        const seen = new Set(), number = document.querySelector('[data-row=nll] data');
        const look = () => seen.add(number.value);
        new MutationObserver(look).observe(number, {childList: true});
        button.click();
        setTimeout(() => done(seen.size), 900);
    })"""
    assert tab.get_by_role("button", name="NLL and MSE").evaluate(watch) == 1
    context = browser.new_context(reduced_motion="no-preference")
    page = load(context)
    assert page.get_by_role("button", name="NLL and MSE").evaluate(watch) > 3
    still = page.locator("[data-row=mse] data").first.evaluate("d => d.value")
    assert still == str(numbers(tab)["mse"][0])
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_drawn_figure_stands_without_scripts(browser: Browser, width: int) -> None:
    """Without scripts the drawn figures stand, with them those to move; never both or none."""
    for scripts in (True, False):
        context = browser.new_context(
            java_script_enabled=scripts, viewport={"width": width, "height": 900}
        )
        page = context.new_page()
        page.goto(ADDRESS.as_uri())
        assert page.locator(".tag_explore-static img").count() == 2
        for drawn, figure in zip(
            page.locator(".tag_explore-static img").all(), (LINE, NOISE), strict=True
        ):
            assert drawn.is_visible() is not scripts
            assert page.locator(figure).is_visible() is scripts
            assert len(drawn.get_attribute("alt")) > 50
        context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_room_is_kept(browser: Browser, width: int) -> None:
    """Each figure has its size before its script runs: nothing below it moves."""
    places = []
    for block in (True, False):
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        if block:
            page.route("**/explore.js*", lambda route: route.abort())
        page.goto(ADDRESS.as_uri())
        page.wait_for_load_state("networkidle")
        settled(page)
        places.append([page.locator(figure).bounding_box() for figure in (LINE, NOISE)])
        context.close()
    assert places[0] == places[1]


def test_theme_turns_the_figure(tab: Page) -> None:
    """The theme's own toggle turns the figure's colours."""
    colour = "getComputedStyle(document.querySelector('.explore-plot .yours')).stroke"
    tab.evaluate("document.body.dataset.theme = 'light'")
    light = tab.evaluate(colour)
    tab.evaluate("document.body.dataset.theme = 'dark'")
    assert tab.evaluate(colour) != light


NOISES = {
    "gaussian": mse_nll.negative_log_likelihood,
    "laplace": mse_nll.laplace_negative_log_likelihood,
    "student": functools.partial(mse_nll.student_t_negative_log_likelihood, degrees_of_freedom=4.0),
    "huber": functools.partial(mse_nll.huber_negative_log_likelihood, threshold=1.345),
}


@pytest.mark.parametrize("name", NOISES)
@pytest.mark.parametrize(("scale", "outlier_at"), [(0.75, None), (0.5, -6.0), (2.0, 6.0)])
def test_noise_is_the_packages(
    tab: Page, name: str, scale: float, outlier_at: float | None
) -> None:
    """The line is the solver's; density, loss and pull there are the package's, by autograd."""
    x, y, outlier = points()
    tab.locator(f"{NOISE} [value={name}]").check()
    tab.locator("#noise-scale").fill(str(scale))
    if outlier_at is not None:
        tab.locator("#noise-outlier").fill(str(outlier_at))
        y[outlier] = outlier_at
    found = numbers(tab, "noise")
    nll = NOISES[name]
    fitted, (least_slope, least_intercept) = (
        [found[part][column] for part in ("slope", "intercept")] for column in (0, 1)
    )
    best = minimum(lambda y_pred: nll(y, y_pred, scale).item(), x)
    lowest, reached = (nll(y, w * x + b, scale).item() for w, b in (best, fitted))
    assert reached == pytest.approx(lowest, abs=1e-9)
    np.testing.assert_allclose(fitted, best, atol=2e-5)
    np.testing.assert_allclose(
        [least_slope, least_intercept], np.polyfit(x.numpy(), y.numpy(), 1), atol=1e-12
    )
    y_pred = (fitted[0] * x + fitted[1])[outlier : outlier + 1].requires_grad_()
    loss = nll(y[outlier : outlier + 1], y_pred, scale)
    (slope,) = torch.autograd.grad(loss, y_pred)  # of the prediction: minus that of the residual
    assert found["loss"][0] == pytest.approx(loss.item(), abs=1e-9)
    assert found["density"][0] == pytest.approx(math.exp(-loss.item()), abs=1e-9)
    assert found["pull"][0] == pytest.approx(-slope.item(), abs=1e-9)


def test_keyboard_chooses_the_noise(tab: Page) -> None:
    """Arrows choose a noise, Tab goes on to the sliders and to the button; the choice is read out."""
    tab.locator(f"{NOISE} [value=gaussian]").focus()
    slopes = [numbers(tab, "noise")["slope"][0]]
    for name in ("laplace", "student", "huber"):
        tab.keyboard.press("ArrowRight")
        assert tab.locator(f"{NOISE} [value={name}]").is_checked()
        slopes.append(numbers(tab, "noise")["slope"][0])
    assert len(set(slopes)) == 4
    for reached in ("noise-outlier", "noise-scale"):
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.id") == reached
        before = numbers(tab, "noise")["loss"][0]
        tab.keyboard.press("ArrowRight")
        assert numbers(tab, "noise")["loss"][0] != before
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    settled(tab)
    assert tab.locator(f"{NOISE} [value=gaussian]").is_checked()
    assert numbers(tab, "noise")["slope"][0] == slopes[0]
    status = tab.locator(f"{NOISE} [role=status]")
    tab.wait_for_function("node => node.textContent !== ''", arg=status.element_handle())
    assert f"fitted slope {slopes[0]:.3f}" in status.text_content()
