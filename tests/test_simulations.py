"""The gallery's simulations hold at another seed, and notice a worse estimator."""

import contextlib
import io
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

ROOM = Path(__file__).parents[1] / "gallery" / "training"
SCRIPTS = ["consistency", "efficiency", "intervals", "model_selection"]

# (script, the line as it stands, a worse or wrong one in its place)
WORSE = [
    # every other point thrown away
    ("consistency", "fit_slopes(x, gaussian_y)", "fit_slopes(x[:, ::2], gaussian_y[:, ::2])"),
    # another variance of the Laplace noise than the Gaussian's
    ("consistency", "Laplace(0.0, sigma / math.sqrt(2))", "Laplace(0.0, sigma)"),
    # another noise in the inputs than the theory's
    ("consistency", "measured = x + 0.5 *", "measured = x + 0.45 *"),
    ("efficiency", "return y.mean(dim=1)", "return y[:, ::2].mean(dim=1)"),
    ("efficiency", "return y.median(dim=1).values", "return y.mean(dim=1)"),
    # another threshold than 1.345
    ("efficiency", "threshold=1.345", "threshold=0.3"),
    # less noise than the theory's
    (
        "efficiency",
        "y = noise.sample((repetitions, n))",
        "y = 0.9 * noise.sample((repetitions, n))",
    ),
    # divided by n where Student's t asks for n - p
    ("intervals", "/ math.sqrt(n - p),", "/ math.sqrt(n),"),
    # the new observation's own noise forgotten
    ("intervals", "(residual_sum * (1 + leverage))", "(residual_sum * leverage)"),
    ("model_selection", "(rss / n).log() + 2 * parameters", "(rss / n).log() + 3 * parameters"),
    (
        "model_selection",
        "(rss / n).log() + math.log(n) * parameters",
        "(rss / n).log() + 0.7 * math.log(n) * parameters",
    ),
]


def run(source):
    """Run a script's source; return what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(source, "script", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def source_of(name):
    """Return a script's source with another seed than the one shown."""
    source, count = re.subn(
        r"torch\.manual_seed\(0\)",
        "torch.manual_seed(20260)",
        (ROOM / f"plot_{name}.py").read_text("utf-8"),
    )
    assert count == 1
    return source


@pytest.fixture(autouse=True)
def _no_window(monkeypatch):
    """Draw, but open nothing."""
    plt.switch_backend("agg")
    monkeypatch.setattr(plt, "show", lambda: plt.close("all"))
    yield
    plt.close("all")


@pytest.mark.parametrize("name", SCRIPTS)
def test_simulation_agrees_with_theory_at_another_seed(name):
    """What a simulation asserts does not depend on its seed."""
    assert run(source_of(name))


@pytest.mark.parametrize(("name", "line", "worse"), WORSE)
def test_simulation_notices_a_worse_estimator(name, line, worse):
    """A simulation that cannot fail would be no evidence."""
    source = source_of(name)
    assert source.count(line) == 1
    with pytest.raises(AssertionError):
        run(source.replace(line, worse))
