"""The Gaussian losses against scipy, torch.distributions and closed forms."""

import math
import re

import numpy as np
import pytest
import scipy.stats
import torch

from mse_nll import (
    beta_negative_log_likelihood,
    heteroscedastic_negative_log_likelihood,
    negative_log_likelihood,
)

Y_TRUE = torch.tensor([[1.0, -2.0], [0.5, 3.0], [4.0, 0.0]], dtype=torch.float64)
Y_PRED = torch.tensor([[1.5, -2.5], [0.5, 1.0], [3.0, 0.25]], dtype=torch.float64)
SIGMAS = torch.tensor([[0.5, 1.0], [2.0, 0.25], [3.0, 0.1]], dtype=torch.float64)


def scipy_terms(sigma: float | torch.Tensor) -> torch.Tensor:
    """Return minus scipy's normal log density at every element."""
    return -torch.from_numpy(
        scipy.stats.norm.logpdf(Y_TRUE.numpy(), loc=Y_PRED.numpy(), scale=np.asarray(sigma))
    )


def close(actual: torch.Tensor, expected: torch.Tensor | float, rtol: float = 1e-13) -> None:
    """Assert equality to a stated relative tolerance, dtype and shape included."""
    expected = torch.as_tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(actual, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    "sigma",
    [1.0, 2, np.float64(0.5), torch.tensor(0.3, dtype=torch.float64), SIGMAS],
    ids=["float", "int", "numpy", "0-d", "tensor"],
)
def test_nll_is_scipys_normal_log_density(sigma: float | torch.Tensor, reduction: str) -> None:
    """Each kind of sigma and each reduction agree with scipy.stats.norm."""
    terms = scipy_terms(sigma)
    expected = {"none": terms, "mean": terms.mean(), "sum": terms.sum()}[reduction]
    close(negative_log_likelihood(Y_TRUE, Y_PRED, sigma, reduction), expected)


def test_nll_by_hand() -> None:
    """Residuals 1 and 2 with sigma 2 give (1 + 4)/8 + 2 log(2 sqrt(2 pi)), summed by default."""
    y_true, y_pred = torch.tensor([0.0, 0.0]).double(), torch.tensor([1.0, -2.0]).double()
    expected = 5 / 8 + 2 * math.log(2 * math.sqrt(2 * math.pi))
    close(negative_log_likelihood(y_true, y_pred, 2.0), expected)
    close(negative_log_likelihood(y_true, y_pred), 2.5 + math.log(2 * math.pi))


def test_nll_of_a_single_number() -> None:
    """A 0-d target is one observation."""
    zero = torch.tensor(0.0, dtype=torch.float64)
    close(negative_log_likelihood(zero, zero), 0.5 * math.log(2 * math.pi))


def test_gradients_are_the_closed_forms() -> None:
    """The slope is (prediction - target) / sigma² in the mean, n/sigma - SSE/sigma³ in sigma."""
    y_pred = Y_PRED.clone().requires_grad_()
    sigma = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    negative_log_likelihood(Y_TRUE, y_pred, sigma).backward()
    assert y_pred.grad is not None
    assert sigma.grad is not None
    close(y_pred.grad, (Y_PRED - Y_TRUE) / 0.49)
    sse = 0.25 + 0.25 + 0 + 4 + 1 + 0.0625
    close(sigma.grad, 6 / 0.7 - sse / 0.7**3)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("sigma", [torch.tensor(0.7, dtype=torch.float64), SIGMAS])
def test_gradcheck(sigma: torch.Tensor, reduction: str) -> None:
    """First and second derivatives agree with finite differences, for every input."""
    inputs = [v.clone().requires_grad_() for v in (Y_TRUE, Y_PRED, sigma)]

    def function(*args: torch.Tensor) -> torch.Tensor:
        return negative_log_likelihood(*args, reduction=reduction)

    assert torch.autograd.gradcheck(function, inputs)
    assert torch.autograd.gradgradcheck(function, inputs)


@pytest.mark.parametrize("exponent", [-18, -13, -3, 13, 18])
@pytest.mark.parametrize("residual", [0.0, 2.0])
@pytest.mark.parametrize("shape", [(), (3,)])
def test_slope_in_sigma_of_any_size(exponent: int, residual: float, shape: tuple[int, ...]) -> None:
    """Residuals of r sigmas have the slope (1 - r²)/sigma in sigma, in float32 too."""
    sigma = torch.full(shape, 10.0**exponent, requires_grad=True)
    y_pred = torch.full((3,), residual * 10.0**exponent)
    negative_log_likelihood(torch.zeros(3), y_pred, sigma).backward()
    expected = 3 * (1 - residual**2) / 10.0**exponent
    assert sigma.grad is not None
    assert sigma.grad.sum().item() == pytest.approx(expected, rel=1e-5)


ENDS = {torch.float32: (1.2e-19, 1.8e19), torch.float64: (1.5e-154, 1.3e154)}


@pytest.mark.parametrize("dtype", ENDS)
@pytest.mark.parametrize("end", [0, 1])
@pytest.mark.parametrize("kind", ["number", "0-d", "tensor"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_both_ends_of_sigmas_range(dtype, end: int, kind: str, reduction: str) -> None:
    """Residuals of half a sigma cost 1/8 + log sigma + log(2 pi)/2, with slope 1/(2 sigma)."""
    sigma = ENDS[dtype][end]
    given = {
        "number": sigma,
        "0-d": torch.tensor(sigma, dtype=dtype),
        "tensor": torch.full((3,), sigma, dtype=dtype),
    }[kind]
    y_pred = torch.full((3,), 0.5 * sigma, dtype=dtype, requires_grad=True)
    loss = negative_log_likelihood(torch.zeros(3, dtype=dtype), y_pred, given, reduction)
    loss.sum().backward()
    each = 0.125 + math.log(sigma) + 0.5 * math.log(2 * math.pi)
    expected = {"none": [each] * 3, "mean": each, "sum": 3 * each}[reduction]
    torch.testing.assert_close(loss, torch.tensor(expected, dtype=dtype), rtol=1e-5, atol=0.0)
    slope = 0.5 / sigma / (3 if reduction == "mean" else 1)
    assert y_pred.grad is not None
    torch.testing.assert_close(y_pred.grad, torch.full((3,), slope, dtype=dtype), rtol=1e-4, atol=0)


@pytest.mark.parametrize("sigma", [1e-20, 2e19])
@pytest.mark.parametrize("kind", ["number", "0-d", "tensor"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_a_sigma_whose_square_leaves_float32_is_refused(sigma, kind: str, reduction: str) -> None:
    """Beyond the ends the square is 0 or infinite: every form of sigma is refused alike."""
    given = {"number": sigma, "0-d": torch.tensor(sigma), "tensor": torch.full((3,), sigma)}[kind]
    with pytest.raises(
        ValueError, match=r"^sigma must lie between 1\.1e-19 and 1\.8e\+19 in torch"
    ):
        negative_log_likelihood(torch.zeros(3), torch.zeros(3), given, reduction)


def test_hessian_by_torch_func() -> None:
    """The loss works under torch.func: the observed information at sigma-hat is diag(n, 2n)/s²."""
    y = torch.tensor([1.0, 2.0, 4.0, 5.0], dtype=torch.float64)
    mean, std = y.mean(), y.std(correction=0)

    def loss(theta: torch.Tensor) -> torch.Tensor:
        return negative_log_likelihood(y, theta[0].expand(4), theta[1])

    information = torch.func.jacrev(torch.func.jacrev(loss))(torch.stack([mean, std]))
    close(information, torch.diag(torch.tensor([4.0, 8.0]).double()) / 2.5, rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    """Half tensors give the float32 result of their float32 copies, alone or beside float32."""
    true, pred, sigma = (v.to(dtype) for v in (Y_TRUE, Y_PRED, SIGMAS))
    expected = negative_log_likelihood(true.float(), pred.float(), sigma.float())
    assert expected.dtype == torch.float32
    for targets in (true, true.float()):
        assert torch.equal(negative_log_likelihood(targets, pred, sigma), expected)
    scalar = negative_log_likelihood(true, pred, 0.5)
    assert scalar.dtype == torch.float32
    assert torch.equal(scalar, negative_log_likelihood(true.float(), pred.float(), 0.5))


def test_float64_stays_float64_with_every_sigma() -> None:
    """Nothing is rounded to float32 on the way."""
    for sigma in (1.0, torch.tensor(1.0).double(), SIGMAS):
        assert negative_log_likelihood(Y_TRUE, Y_PRED, sigma).dtype == torch.float64


def test_nan_in_data_is_passed_on() -> None:
    """Predictions and targets are not scanned: a NaN comes out, as the docstring says."""
    y_true = torch.tensor([math.nan, 0.0])
    assert negative_log_likelihood(y_true, torch.zeros(2)).isnan()


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_heteroscedastic_is_torchs_normal(reduction: str) -> None:
    """With log-variance 2 log sigma the loss is minus torch.distributions.Normal's log_prob."""
    terms = -torch.distributions.Normal(Y_PRED, SIGMAS).log_prob(Y_TRUE)
    expected = {"none": terms, "mean": terms.mean(), "sum": terms.sum()}[reduction]
    actual = heteroscedastic_negative_log_likelihood(
        Y_TRUE, Y_PRED, 2 * SIGMAS.log(), reduction=reduction
    )
    close(actual, expected, rtol=1e-12)


def test_heteroscedastic_is_pytorchs_gaussian_nll() -> None:
    """F.gaussian_nll_loss with full=True gives the same sum, its arguments the other way round."""
    expected = torch.nn.functional.gaussian_nll_loss(
        Y_PRED, Y_TRUE, SIGMAS.square(), full=True, reduction="sum"
    )
    close(
        heteroscedastic_negative_log_likelihood(Y_TRUE, Y_PRED, 2 * SIGMAS.log()),
        expected,
        rtol=1e-12,
    )


@pytest.mark.parametrize("log_variance", [-170.0, 170.0])
def test_heteroscedastic_survives_extreme_log_variance(log_variance: float) -> None:
    """A perfect float32 prediction costs (s + log 2 pi)/2 where exp(170) is infinite."""
    y = torch.ones(1)
    loss = heteroscedastic_negative_log_likelihood(y, y, torch.tensor([log_variance]))
    expected = torch.tensor(0.5 * (log_variance + math.log(2 * math.pi)))
    torch.testing.assert_close(loss, expected, rtol=1e-6, atol=0.0)


@pytest.mark.parametrize(
    ("loss", "residual", "log_variance", "finite"),
    [
        (heteroscedastic_negative_log_likelihood, 1.0, -87.5, True),
        (heteroscedastic_negative_log_likelihood, 1.0, -89.0, False),
        (heteroscedastic_negative_log_likelihood, 0.0, -176.0, True),
        (heteroscedastic_negative_log_likelihood, 0.0, -178.0, False),
        (beta_negative_log_likelihood, 1.0, 159.0, True),
        (beta_negative_log_likelihood, 1.0, 179.0, False),
    ],
)
def test_the_stated_range_of_log_variance_is_the_true_one(
    loss, residual: float, log_variance: float, finite: bool
) -> None:
    """In float32 value and gradients are finite inside the docstring's range, and not outside."""
    pred = torch.tensor([residual], requires_grad=True)
    s = torch.tensor([log_variance], requires_grad=True)
    value = loss(torch.zeros(1), pred, s)
    value.backward()
    assert pred.grad is not None
    assert s.grad is not None
    parts = torch.stack([value.detach(), pred.grad.sum(), s.grad.sum()])
    assert bool(parts.isfinite().all()) == finite


def test_heteroscedastic_gradcheck() -> None:
    """Derivatives in targets, means and log-variances agree with finite differences."""
    inputs = [v.clone().requires_grad_() for v in (Y_TRUE, Y_PRED, 2 * SIGMAS.log())]
    assert torch.autograd.gradcheck(heteroscedastic_negative_log_likelihood, inputs)
    assert torch.autograd.gradgradcheck(heteroscedastic_negative_log_likelihood, inputs)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_beta_weights_each_term_by_its_variance(beta: float, reduction: str) -> None:
    """The value is the normal's, each term times sigma to the power 2 beta."""
    terms = SIGMAS ** (2 * beta) * scipy_terms(SIGMAS)
    expected = {"none": terms, "mean": terms.mean(), "sum": terms.sum()}[reduction]
    actual = beta_negative_log_likelihood(Y_TRUE, Y_PRED, 2 * SIGMAS.log(), beta, reduction)
    close(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_beta_gradients_hold_the_weight_fixed(beta: float) -> None:
    """Mean: v^beta (pred - true)/v; log-variance: v^beta (1 - r²/v)/2; no term from the weight."""
    pred, log_variance = Y_PRED.clone().requires_grad_(), (2 * SIGMAS.log()).requires_grad_()
    beta_negative_log_likelihood(Y_TRUE, pred, log_variance, beta).backward()
    assert pred.grad is not None
    assert log_variance.grad is not None
    variance, residual = SIGMAS.square(), Y_PRED - Y_TRUE
    close(pred.grad, variance**beta * residual / variance, rtol=1e-12)
    close(log_variance.grad, variance**beta * 0.5 * (1 - residual**2 / variance), rtol=1e-12)


def test_beta_defaults_to_one_half_and_sum() -> None:
    """The defaults are those of the paper's recommendation."""
    close(
        beta_negative_log_likelihood(Y_TRUE, Y_PRED, 2 * SIGMAS.log()),
        (SIGMAS * scipy_terms(SIGMAS)).sum(),
        rtol=1e-12,
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_log_variance_gives_float32(dtype: torch.dtype) -> None:
    """Both losses with a predicted variance return float32 for half inputs."""
    args = [v.to(dtype) for v in (Y_TRUE, Y_PRED, SIGMAS.log())]
    for loss in (heteroscedastic_negative_log_likelihood, beta_negative_log_likelihood):
        assert loss(*args).dtype == torch.float32
        assert torch.equal(loss(*args), loss(*(v.float() for v in args)))


COLUMN, FLAT = torch.zeros(3, 1), torch.zeros(3)
EQUAL = "shapes must be equal, nothing is broadcast"
BAD_CALLS = {
    "column prediction": (
        (FLAT, COLUMN),
        ValueError,
        f"y_true has shape (3,) but y_pred has shape (3, 1); {EQUAL}: "
        "write y_true.unsqueeze(-1) or y_pred.squeeze(-1)",
    ),
    "column target": (
        (COLUMN, FLAT),
        ValueError,
        f"y_true has shape (3, 1) but y_pred has shape (3,); {EQUAL}: "
        "write y_true.squeeze(-1) or y_pred.unsqueeze(-1)",
    ),
    "0-d target": (
        (torch.tensor(0.0), FLAT),
        ValueError,
        f"y_true has shape () but y_pred has shape (3,); {EQUAL}",
    ),
    "list": (
        ([0.0], FLAT),
        TypeError,
        "y_true must be a torch.Tensor, got list: "
        "write torch.as_tensor(y_true, dtype=torch.float64)",
    ),
    "array": (
        (FLAT, np.zeros(3)),
        TypeError,
        "y_pred must be a torch.Tensor, got ndarray: "
        "write torch.as_tensor(y_pred, dtype=torch.float64)",
    ),
    "none": (
        (FLAT, None),
        TypeError,
        "y_pred must be a torch.Tensor, got NoneType: "
        "write torch.as_tensor(y_pred, dtype=torch.float64)",
    ),
    "integers": (
        (torch.zeros(3, dtype=torch.int64), FLAT),
        TypeError,
        "y_true must be real and floating point, got torch.int64: write y_true.to(torch.float32)",
    ),
    "booleans": (
        (FLAT, torch.zeros(3, dtype=torch.bool)),
        TypeError,
        "y_pred must be real and floating point, got torch.bool: write y_pred.to(torch.float32)",
    ),
    "complex": (
        (FLAT, torch.zeros(3, dtype=torch.complex64)),
        TypeError,
        "y_pred must be real and floating point, got torch.complex64: write y_pred.abs()",
    ),
    "empty": (
        (torch.zeros(0, 1), torch.zeros(0, 1)),
        ValueError,
        "y_pred is empty: its shape is (0, 1)",
    ),
    "mixed precision": (
        (FLAT.double(), FLAT),
        TypeError,
        "y_true is torch.float64 on cpu but y_pred is torch.float32 on cpu: write y_true.to(y_pred)",
    ),
    "half beside double": (
        (FLAT.double(), FLAT.half()),
        TypeError,
        "y_true is torch.float64 on cpu but y_pred is torch.float16 on cpu: write y_true.to(y_pred)",
    ),
    "eight bits": (
        (FLAT, FLAT.to(torch.float8_e4m3fn)),
        TypeError,
        "y_pred must be real and floating point, got torch.float8_e4m3fn: "
        "write y_pred.to(torch.float32)",
    ),
    "devices": (
        (FLAT, FLAT.to("meta")),
        TypeError,
        "y_true is torch.float32 on cpu but y_pred is torch.float32 on meta: write y_true.to(y_pred)",
    ),
}


@pytest.mark.parametrize(("args", "error", "message"), BAD_CALLS.values(), ids=BAD_CALLS.keys())
@pytest.mark.parametrize(
    "loss",
    [
        negative_log_likelihood,
        lambda y_true, y_pred: heteroscedastic_negative_log_likelihood(y_true, y_pred, FLAT),
        lambda y_true, y_pred: beta_negative_log_likelihood(y_true, y_pred, FLAT),
    ],
    ids=["constant", "heteroscedastic", "beta"],
)
def test_bad_pairs_are_refused(loss, args, error, message) -> None:
    """Targets and predictions that do not match say what was given and what to write."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        loss(*args)


RANGE = "sigma must lie between 1.1e-19 and 1.8e+19 in torch.float32"
LEARN = "to learn it, let a parameter hold its logarithm and pass log_sigma.exp()"
BAD_SIGMAS = {
    "zero": (0.0, ValueError, f"{RANGE}, got 0.0"),
    "negative": (-1, ValueError, f"{RANGE}, got -1"),
    "nan": (math.nan, ValueError, f"{RANGE}, got nan"),
    "inf": (math.inf, ValueError, f"{RANGE}, got inf"),
    "underflow": (
        1e-50,
        ValueError,
        f"{RANGE}, got 1e-50",
    ),
    "overflow": (
        1e50,
        ValueError,
        f"{RANGE}, got 1e+50",
    ),
    "an int beyond float64": (10**400, ValueError, f"{RANGE}, got {10**400}"),
    "bool": (True, TypeError, "sigma must be a real number, got bool: True"),
    "none": (None, TypeError, "sigma must be a real number, got NoneType: None"),
    "string": ("1", TypeError, "sigma must be a real number, got str: '1'"),
    "list": ([1.0], TypeError, "sigma must be a real number, got list: [1.0]"),
    "complex": (1j, TypeError, "sigma must be a real number, got complex: 1j"),
    "0-d negative": (
        torch.tensor(-2.0),
        ValueError,
        f"{RANGE}, got -2 to -2; {LEARN}",
    ),
    "one zero": (
        torch.tensor([1.0, 0.0, 1.0]),
        ValueError,
        f"{RANGE}, got 0 to 1; {LEARN}",
    ),
    "one nan": (
        torch.tensor([1.0, math.nan, -1.0]),
        ValueError,
        f"{RANGE}, got nan to nan; {LEARN}",
    ),
    "one inf": (
        torch.tensor([1.0, 1.0, math.inf]),
        ValueError,
        f"{RANGE}, got 1 to inf; {LEARN}",
    ),
    "column": (
        torch.ones(3, 1),
        ValueError,
        f"sigma has shape (3, 1) but y_pred has shape (3,); {EQUAL}: "
        "write sigma.squeeze(-1) or y_pred.unsqueeze(-1)",
    ),
    "one element": (
        torch.ones(1),
        ValueError,
        f"sigma has shape (1,) but y_pred has shape (3,); {EQUAL}",
    ),
    "bool tensor": (
        torch.ones(3, dtype=torch.bool),
        TypeError,
        "sigma must be real and floating point, got torch.bool: write sigma.to(torch.float32)",
    ),
    "float64 tensor": (
        torch.ones(3, dtype=torch.float64),
        TypeError,
        "sigma is torch.float64 on cpu but y_pred is torch.float32 on cpu: write sigma.to(y_pred)",
    ),
    "float64 0-d": (
        torch.tensor(1.0, dtype=torch.float64),
        TypeError,
        "sigma is torch.float64 on cpu but y_pred is torch.float32 on cpu: write sigma.to(y_pred)",
    ),
    "device": (
        torch.tensor(1.0, device="meta"),
        TypeError,
        "sigma is torch.float32 on meta but y_pred is torch.float32 on cpu: write sigma.to(y_pred)",
    ),
}


@pytest.mark.parametrize(("sigma", "error", "message"), BAD_SIGMAS.values(), ids=BAD_SIGMAS.keys())
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_bad_sigma_is_refused(sigma, error, message, reduction) -> None:
    """A sigma that is not a standard deviation is refused before anything is computed."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        negative_log_likelihood(FLAT, FLAT, sigma, reduction)


def test_one_sigma_per_column_is_told_how() -> None:
    """The usual mistake with several outputs is answered with what to write."""
    message = (
        f"sigma has shape (2,) but y_pred has shape (3, 2); {EQUAL}: "
        "for one value per column write sigma.expand_as(y_pred)"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        negative_log_likelihood(Y_TRUE, Y_PRED, torch.ones(2).double())
    close(
        negative_log_likelihood(Y_TRUE, Y_PRED, torch.ones(2).double().expand_as(Y_PRED)),
        scipy_terms(1.0).sum(),
    )


@pytest.mark.parametrize(
    "loss", [heteroscedastic_negative_log_likelihood, beta_negative_log_likelihood]
)
@pytest.mark.parametrize(
    ("log_variance", "error", "message"),
    [
        (0.0, TypeError, "log_variance must be a torch.Tensor, got float: "),
        (torch.tensor(0.0), ValueError, "log_variance has shape () but y_pred has shape (3,); "),
        (COLUMN, ValueError, "log_variance has shape (3, 1) but y_pred has shape (3,); "),
        (FLAT.double(), TypeError, "log_variance is torch.float64 on cpu but y_pred is "),
    ],
)
def test_bad_log_variance_is_refused(loss, log_variance, error, message) -> None:
    """The log-variance is a tensor of exactly the predictions' shape and dtype."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        loss(FLAT, FLAT, log_variance)


@pytest.mark.parametrize(
    ("beta", "error", "message"),
    [
        (-0.1, ValueError, "beta must lie between 0 and 1, got -0.1"),
        (1.5, ValueError, "beta must lie between 0 and 1, got 1.5"),
        (math.nan, ValueError, "beta must lie between 0 and 1, got nan"),
        (True, TypeError, "beta must be a real number, got bool: True"),
        (torch.tensor(0.5), TypeError, "beta must be a real number, got Tensor: tensor(0.5000)"),
    ],
)
def test_bad_beta_is_refused(beta, error, message) -> None:
    """Beta is a number from 0 to 1."""
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        beta_negative_log_likelihood(FLAT, FLAT, FLAT, beta)


@pytest.mark.parametrize("reduction", ["average", "SUM", None, True, ["sum"]])
def test_unknown_reduction_is_refused(reduction) -> None:
    """PyTorch's three words are the only ones."""
    message = f'reduction must be "none", "mean" or "sum", got {reduction!r}'
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        negative_log_likelihood(FLAT, FLAT, reduction=reduction)
    for loss in (heteroscedastic_negative_log_likelihood, beta_negative_log_likelihood):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            loss(FLAT, FLAT, FLAT, reduction=reduction)
