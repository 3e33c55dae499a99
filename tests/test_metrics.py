"""The metrics against scikit-learn and the likelihood identities."""

import math
import re

import pytest
import scipy.stats
import sklearn.metrics
import torch

from mse_nll import coverage, mean_squared_error, r_squared, root_mean_squared_error

GENERATOR = torch.Generator().manual_seed(0)
Y_TRUE = torch.randn(50, 1, generator=GENERATOR, dtype=torch.float64) + 3
Y_PRED = Y_TRUE + 0.3 * torch.randn(50, 1, generator=GENERATOR, dtype=torch.float64)


@pytest.mark.parametrize("shape", [(50, 1), (50,)])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (mean_squared_error, sklearn.metrics.mean_squared_error),
        (root_mean_squared_error, sklearn.metrics.root_mean_squared_error),
        (r_squared, sklearn.metrics.r2_score),
    ],
)
def test_metrics_are_scikit_learns(ours, theirs, shape) -> None:
    """Equal to scikit-learn's, as 0-d float64 tensors."""
    y_true, y_pred = Y_TRUE.reshape(shape), Y_PRED.reshape(shape)
    expected = torch.tensor(theirs(y_true.numpy(), y_pred.numpy()), dtype=torch.float64)
    torch.testing.assert_close(ours(y_true, y_pred), expected, rtol=1e-13, atol=0.0)


def test_mse_takes_any_shape() -> None:
    """Squared residuals 1, 4, 9, 16 in a square have the mean 7.5."""
    residuals = torch.tensor([[1.0, -2.0], [3.0, -4.0]])
    assert mean_squared_error(torch.zeros(2, 2), residuals).item() == 7.5
    assert root_mean_squared_error(torch.zeros(2, 2), residuals).item() == pytest.approx(7.5**0.5)


def test_r_squared_is_a_likelihood_ratio() -> None:
    """1 - exp(-2/n (l - l0)), both log-likelihoods from scipy, each at its own best sigma."""

    def maximised(prediction: torch.Tensor) -> float:
        residuals = (Y_TRUE - prediction).numpy()
        sigma = math.sqrt((residuals**2).mean())
        return float(scipy.stats.norm.logpdf(residuals, scale=sigma).sum())

    full, null = maximised(Y_PRED), maximised(Y_TRUE.mean().expand_as(Y_TRUE))
    expected = 1 - math.exp(-2 / 50 * (full - null))
    assert r_squared(Y_TRUE, Y_PRED).item() == pytest.approx(expected, rel=1e-12)


def test_r_squared_landmarks() -> None:
    """1 for a perfect prediction, 0 for the mean, negative beyond it."""
    y = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert r_squared(y, y).item() == 1.0
    assert r_squared(y, torch.full((4,), 2.5)).item() == 0.0
    assert r_squared(y, torch.full((4,), 5.0)).item() == -5.0


@pytest.mark.parametrize("unit", [1e-30, 1.0, 1e30])
def test_r_squared_has_no_unit(unit: float) -> None:
    """In kilograms of planets or of electrons, float32 gives the same share and slope."""
    y = torch.tensor([1.0, 2.0, 3.0, 4.0]) * unit
    pred = (torch.tensor([1.5, 1.5, 3.5, 3.5]) * unit).requires_grad_()
    found = r_squared(y, pred)
    assert found.item() == pytest.approx(0.8, abs=1e-6)
    (slope,) = torch.autograd.grad(found, pred)
    expected = torch.tensor([-0.2, 0.2, -0.2, 0.2])  # 2 e_i / SST, with SST = 5
    torch.testing.assert_close(slope * unit, expected)


def test_r_squared_of_a_large_mean_keeps_its_digits_in_float32() -> None:
    """By hand -1; and for 200,000 rows of mean 4.5e6, scikit-learn's float64 value to five digits."""
    y = torch.tensor([1e7, 1e7 + 1])
    assert r_squared(y, torch.full((2,), 1e7)).item() == -1.0
    noise = torch.randn(2, 200_000, generator=torch.Generator().manual_seed(0))
    true = 4.5e6 + noise[0]
    pred = true + 0.3 * noise[1]
    expected = sklearn.metrics.r2_score(true.double(), pred.double())
    assert r_squared(true, pred).item() == pytest.approx(expected, abs=1e-5)


def test_pooled_rmse_is_not_scikit_learns_average_of_columns() -> None:
    """As the docstring says: the root of one mean 11/4, against the mean of two roots."""
    y_true, y_pred = torch.tensor([[1.0, 2], [3, 4]]), torch.tensor([[2.0, 1], [0, 4]])
    assert root_mean_squared_error(y_true, y_pred).item() == pytest.approx(math.sqrt(11 / 4))
    theirs = sklearn.metrics.root_mean_squared_error(y_true, y_pred)
    assert theirs == pytest.approx((math.sqrt(5) + math.sqrt(0.5)) / 2)


def test_a_nan_counts_as_outside() -> None:
    """In a target or in an end."""
    nan = torch.tensor([math.nan, 0.0])
    assert coverage(nan, -torch.ones(2), torch.ones(2)).item() == 0.5
    assert coverage(torch.zeros(2), nan, torch.ones(2)).item() == 0.5


def test_metrics_have_gradients() -> None:
    """MSE's slope is 2 r / n; the others follow by the chain rule, checked by differences."""
    pred = Y_PRED[:5].clone().requires_grad_()
    mean_squared_error(Y_TRUE[:5], pred).backward()
    assert pred.grad is not None
    expected = 2 / 5 * (Y_PRED - Y_TRUE)[:5]
    torch.testing.assert_close(pred.grad, expected, rtol=1e-13, atol=1e-15)
    for metric in (root_mean_squared_error, r_squared):
        assert torch.autograd.gradcheck(metric, (Y_TRUE[:5], pred))


def test_coverage_of_intervals_without_width() -> None:
    """An interval may be a single point, which covers that point."""
    y = torch.tensor([1.0, 2.0])
    assert coverage(y, torch.ones(2), torch.ones(2)).item() == 0.5


def test_coverage_names_the_targets() -> None:
    """Targets that are no tensor are named."""
    with pytest.raises(TypeError, match=r"^y_true must be a torch\.Tensor, got list"):
        coverage([1.0], torch.zeros(1), torch.ones(1))


def test_coverage_counts_ends_inside_and_nan_outside() -> None:
    """Of -1, 0, 0.5, 1, 2 and NaN, three lie in [0, 1]."""
    y = torch.tensor([-1.0, 0.0, 0.5, 1.0, 2.0, math.nan], dtype=torch.float64)
    share = coverage(y, torch.zeros_like(y), torch.ones_like(y))
    assert share.item() == 0.5
    assert share.dtype == torch.float64
    assert share.ndim == 0


@pytest.mark.parametrize("metric", [mean_squared_error, root_mean_squared_error, r_squared])
def test_shapes_are_strict(metric) -> None:
    """A column against a row is refused with the cure, where PyTorch would make a square."""
    message = "write y_true.unsqueeze(-1) or y_pred.squeeze(-1)"
    with pytest.raises(ValueError, match=re.escape(message)):
        metric(torch.zeros(3), torch.zeros(3, 1))
    with pytest.raises(
        TypeError, match=r"^y_pred must be real and floating point, got torch\.int64"
    ):
        metric(torch.arange(3), torch.arange(3))


def test_r_squared_refuses_what_has_no_answer() -> None:
    """Constant targets have no variance to explain, several columns no single one."""
    message = "r_squared needs targets that vary, got 7 equal values"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        r_squared(torch.full((7, 1), 0.1), torch.zeros(7, 1))  # whose mean is not 0.1
    for shape in ((3, 2), (3, 1, 1)):
        message = f"r_squared takes one quantity, (n,) or (n, 1), got {shape}: call per column"
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            r_squared(torch.rand(shape), torch.rand(shape))


@pytest.mark.parametrize(
    ("lower", "upper", "error", "message"),
    [
        (torch.zeros(3, 1), torch.ones(3), ValueError, "lower has shape (3, 1) but y_true has"),
        (torch.zeros(3), torch.ones(1), ValueError, "upper has shape (1,) but y_true has shape"),
        (torch.zeros(3), torch.ones(3).double(), TypeError, "upper is torch.float64 on cpu but"),
        (0.0, torch.ones(3), TypeError, "lower must be a torch.Tensor, got float: write"),
        (torch.zeros(3), None, TypeError, "upper must be a torch.Tensor, got NoneType"),
        (
            torch.tensor([0.0, 2.0, 1.0]),
            torch.ones(3),
            ValueError,
            "lower exceeds upper in 1 of 3 intervals: swap them",
        ),
    ],
)
def test_coverage_is_strict(lower, upper, error, message) -> None:
    """Both ends are tensors of exactly the targets' shape, the lower one below."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        coverage(torch.zeros(3), lower, upper)
