"""The robust likelihoods against scipy, quadrature, mpmath and PyTorch's own losses."""

import math
import re

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import torch

from mse_nll import (
    huber_negative_log_likelihood,
    laplace_negative_log_likelihood,
    student_t_negative_log_likelihood,
)

LOSSES = [
    laplace_negative_log_likelihood,
    student_t_negative_log_likelihood,
    huber_negative_log_likelihood,
]
Y_TRUE = torch.tensor([0.0, 1.0, -3.0, 25.0], dtype=torch.float64)
Y_PRED = torch.tensor([0.3, -1.5, -3.0, 2.0], dtype=torch.float64)
SCALES = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)


def reduced(terms: torch.Tensor, reduction: str) -> torch.Tensor:
    """Return the terms, their mean or their sum."""
    return {"none": terms, "mean": terms.mean(), "sum": terms.sum()}[reduction]


def close(actual: torch.Tensor, expected: torch.Tensor, rtol: float = 1e-13) -> None:
    """Assert equality to a stated relative tolerance, dtype and shape included."""
    torch.testing.assert_close(actual, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("scale", [1.0, 0.4, torch.tensor(2.5).double(), SCALES])
def test_laplace_is_scipys(scale: float | torch.Tensor, reduction: str) -> None:
    """Minus scipy.stats.laplace's log density, for each kind of scale and each reduction."""
    expected = -torch.from_numpy(
        scipy.stats.laplace.logpdf(Y_TRUE.numpy(), Y_PRED.numpy(), np.asarray(scale))
    )
    close(
        laplace_negative_log_likelihood(Y_TRUE, Y_PRED, scale, reduction),
        reduced(expected, reduction),
    )


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("nu", [0.5, 1, 4.0, 30.0, 127.9, 128.1, 1e5, torch.tensor(3.0).double()])
@pytest.mark.parametrize("scale", [1.0, torch.tensor(2.5).double(), SCALES])
def test_student_t_is_scipys(
    scale: float | torch.Tensor, nu: float | torch.Tensor, reduction: str
) -> None:
    """Minus scipy.stats.t's log density, on both sides of the switch to the series."""
    expected = -torch.from_numpy(
        scipy.stats.t.logpdf(Y_TRUE.numpy(), float(nu), Y_PRED.numpy(), np.asarray(scale))
    )
    actual = student_t_negative_log_likelihood(Y_TRUE, Y_PRED, scale, nu, reduction)
    close(actual, reduced(expected, reduction), rtol=1e-11)


@pytest.mark.parametrize("nu", [1e-3, 2.0, 100.0, 127.999, 128.0, 1e4, 1e8, 1e14])
def test_student_t_normaliser_to_fifty_digits(nu: float) -> None:
    """At a zero residual the loss is log(sqrt(nu pi) Γ(nu/2)/Γ((nu+1)/2)), without cancellation."""
    with mpmath.workdps(50):
        half = mpmath.mpf(nu) / 2
        exact = mpmath.log(2 * half * mpmath.pi) / 2 + mpmath.loggamma(half)
        exact -= mpmath.loggamma(half + mpmath.mpf("0.5"))
    zero = torch.zeros(1, dtype=torch.float64)
    close(
        student_t_negative_log_likelihood(zero, zero, degrees_of_freedom=nu),
        torch.tensor(float(exact), dtype=torch.float64),
        rtol=2e-14,
    )
    single = student_t_negative_log_likelihood(zero.float(), zero.float(), degrees_of_freedom=nu)
    torch.testing.assert_close(single, torch.tensor(float(exact)), rtol=2e-7, atol=0.0)


def test_student_t_becomes_gaussian() -> None:
    """With 1e12 degrees of freedom it is scipy.stats.norm to eleven digits."""
    near = slice(0, 3)
    expected = -torch.from_numpy(scipy.stats.norm.logpdf(Y_TRUE[near], Y_PRED[near], 2.0))
    actual = student_t_negative_log_likelihood(
        Y_TRUE[near], Y_PRED[near], 2.0, degrees_of_freedom=1e12, reduction="none"
    )
    close(actual, expected, rtol=1e-11)


def test_student_t_default_is_four_degrees() -> None:
    """The defaults are scale 1 and nu 4."""
    expected = -torch.from_numpy(scipy.stats.t.logpdf(Y_TRUE, 4.0, Y_PRED)).sum()
    close(student_t_negative_log_likelihood(Y_TRUE, Y_PRED), expected, rtol=1e-12)


@pytest.mark.parametrize("threshold", [0.05, 1.0, 1.345, 5.0, 40.0])
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_densities_integrate_to_one(threshold: float, scale: float) -> None:
    """exp(-loss) is a density: quadrature over the line gives 1."""

    def density(residual: float) -> float:
        loss = huber_negative_log_likelihood(
            torch.tensor(residual, dtype=torch.float64),
            torch.tensor(0.0, dtype=torch.float64),
            scale,
            threshold,
        )
        return math.exp(-loss.item())

    knee = threshold * scale
    inner, _ = scipy.integrate.quad(density, 0.0, knee, epsabs=1e-12, limit=200)
    outer, _ = scipy.integrate.quad(density, knee, math.inf, epsabs=1e-12, limit=200)
    assert 2 * (inner + outer) == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("scale", [1.0, 0.4, torch.tensor(2.5).double(), SCALES])
def test_huber_is_the_integral_free_formula(scale: float | torch.Tensor, reduction: str) -> None:
    """The value is rho(z) + log s + log Z with Z by quadrature, elementwise in plain Python."""
    k = 1.7
    z_k = 2 * scipy.integrate.quad(lambda z: math.exp(-z * z / 2), 0, k, epsabs=1e-14)[0]
    z_k += 2 * scipy.integrate.quad(lambda z: math.exp(k * k / 2 - k * z), k, math.inf)[0]
    terms = []
    for y, p, s in zip(
        Y_TRUE, Y_PRED, torch.as_tensor(scale, dtype=torch.float64).expand(4), strict=True
    ):
        z = abs(float(y - p)) / float(s)
        rho = z * z / 2 if z <= k else k * z - k * k / 2
        terms.append(rho + math.log(float(s)) + math.log(z_k))
    expected = reduced(torch.tensor(terms, dtype=torch.float64), reduction)
    actual = huber_negative_log_likelihood(Y_TRUE, Y_PRED, scale, k, reduction)
    close(actual, expected, rtol=1e-12)


def test_huber_differs_from_pytorchs_by_a_constant() -> None:
    """F.huber_loss(delta = k s) / s² and the likelihood differ by one number at all residuals."""
    k, s = 1.345, 2.0
    loss = torch.nn.functional.huber_loss(Y_PRED, Y_TRUE, reduction="none", delta=k * s) / s**2
    difference = huber_negative_log_likelihood(Y_TRUE, Y_PRED, s, k, reduction="none") - loss
    close(difference, difference[0].expand(4), rtol=1e-13)


def test_huber_limits_are_gaussian_and_laplace() -> None:
    """A large threshold gives the normal density, a small one Laplace's of scale s/k."""
    gauss = -torch.from_numpy(scipy.stats.norm.logpdf(Y_TRUE, Y_PRED, 2.0))
    close(huber_negative_log_likelihood(Y_TRUE, Y_PRED, 2.0, 40.0, "none"), gauss, rtol=1e-12)
    k = 1e-9
    laplace = -torch.from_numpy(scipy.stats.laplace.logpdf(Y_TRUE, Y_PRED, 2.0))
    actual = huber_negative_log_likelihood(Y_TRUE, Y_PRED, 2.0 * k, k, "none")
    close(actual, laplace, rtol=1e-8)


def test_influence_is_linear_constant_or_redescending() -> None:
    """Pulls at residuals 1 and 100: Laplace 1 and 1, Huber 1 and k, t(4) 1 and 500/10004."""
    pulls = []
    for loss in LOSSES:
        pred = torch.tensor([1.0, 100.0], dtype=torch.float64, requires_grad=True)
        loss(torch.zeros(2, dtype=torch.float64), pred).backward()
        assert pred.grad is not None
        pulls.append(pred.grad)
    expected = [[1.0, 1.0], [1.0, 500 / 10004], [1.0, 1.345]]
    close(torch.stack(pulls), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [torch.tensor(0.7, dtype=torch.float64), SCALES])
def test_gradcheck(loss, scale: torch.Tensor) -> None:
    """Derivatives in targets, predictions and scale agree with finite differences."""
    pred = Y_PRED + torch.tensor([0.0, 0.0, 0.1, 0.0], dtype=torch.float64)  # off the kink
    inputs = [v.clone().requires_grad_() for v in (Y_TRUE, pred, scale)]
    assert torch.autograd.gradcheck(loss, inputs)
    if loss is student_t_negative_log_likelihood:
        for nu in (torch.tensor(3.0).double(), SCALES + 1, torch.tensor(300.0).double()):
            nu_leaf = nu.clone().requires_grad_()
            assert torch.autograd.gradcheck(loss, [*inputs, nu_leaf])
            assert torch.autograd.gradgradcheck(loss, [*inputs, nu_leaf])


@pytest.mark.parametrize(("dtype", "largest"), [(torch.float32, 1e37), (torch.float64, 1e300)])
def test_student_t_forgets_even_a_residual_whose_square_overflows(dtype, largest: float) -> None:
    """Value of mpmath and slope 5 r/(4 + r²) from 1e-3 to where only r itself is finite."""
    for residual in (1e-3, 1.0, 1e8, 1e10, 1e15, 1e20, largest):
        pred = torch.tensor(residual, dtype=dtype, requires_grad=True)
        loss = student_t_negative_log_likelihood(torch.zeros((), dtype=dtype), pred)
        loss.backward()
        with mpmath.workdps(50):
            r = mpmath.mpf(residual)
            value = mpmath.mpf("2.5") * mpmath.log1p(r * r / 4) + mpmath.log(4 * mpmath.pi) / 2
            value += mpmath.loggamma(2) - mpmath.loggamma(mpmath.mpf("2.5"))
            slope = 5 * r / (4 + r * r)
        rtol = 1e-6 if dtype == torch.float32 else 1e-13
        assert loss.item() == pytest.approx(float(value), rel=rtol)
        assert pred.grad is not None
        assert pred.grad.item() == pytest.approx(float(slope), rel=rtol)


def test_gradient_in_degrees_of_freedom_has_no_nan() -> None:
    """Small and huge nu in one tensor: neither branch of the normaliser spoils the other."""
    nu = torch.tensor([1e-150, 1.0, 63.0, 1e150], dtype=torch.float64, requires_grad=True)
    student_t_negative_log_likelihood(Y_TRUE, Y_PRED, 1.0, nu).backward()
    assert nu.grad is not None
    assert bool(nu.grad.isfinite().all())


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_half_precision_is_computed_in_float32(loss, dtype: torch.dtype) -> None:
    """Half and single inputs give float32; float64 gives float64."""
    args = [v.to(dtype) for v in (Y_TRUE, Y_PRED, SCALES)]
    actual = loss(*args)
    assert actual.dtype == torch.float32
    assert torch.equal(actual, loss(*(v.float() for v in args)))
    assert loss(Y_TRUE, Y_PRED).dtype == torch.float64


@pytest.mark.parametrize("loss", LOSSES)
def test_bad_arguments_are_refused_as_by_the_gaussian(loss) -> None:
    """The strictness of negative_log_likelihood holds here too, with the name of this scale."""
    flat, column = torch.zeros(3), torch.zeros(3, 1)
    with pytest.raises(ValueError, match=re.escape("write y_true.unsqueeze(-1) or y_pred.squeeze")):
        loss(flat, column)
    with pytest.raises(TypeError, match=r"^y_pred must be a torch\.Tensor, got list: write "):
        loss(flat, [0.0])
    with pytest.raises(ValueError, match=r"^scale must lie between .* in torch.float32, got 0\.0$"):
        loss(flat, flat, 0.0)
    with pytest.raises(ValueError, match=r"let a parameter hold its logarithm .* log_scale\.exp"):
        loss(flat, flat, torch.tensor([1.0, -1.0, 1.0]))
    with pytest.raises(ValueError, match=r"^scale has shape \(3, 1\) but y_pred has shape \(3,\)"):
        loss(flat, flat, torch.ones(3, 1))
    with pytest.raises(ValueError, match=r'^reduction must be "none", "mean" or "sum", got "?\'x'):
        loss(flat, flat, reduction="x")


RANGE = "must lie between 1.1e-19 and 1.8e+19 in torch.float32"


@pytest.mark.parametrize(
    ("nu", "error", "message"),
    [
        (0, ValueError, f"degrees_of_freedom {RANGE}, got 0"),
        (math.inf, ValueError, f"degrees_of_freedom {RANGE}, got inf"),
        (torch.ones(1), ValueError, "degrees_of_freedom has shape (1,) but y_pred has shape (3,)"),
        ("4", TypeError, "degrees_of_freedom must be a real number, got str: '4'"),
    ],
)
def test_bad_degrees_of_freedom_are_refused(nu, error, message) -> None:
    """Nu follows the rules of a scale."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        student_t_negative_log_likelihood(torch.zeros(3), torch.zeros(3), 1.0, nu)


@pytest.mark.parametrize(
    ("threshold", "error", "message"),
    [
        (0.0, ValueError, f"threshold {RANGE}, got 0.0"),
        (-1.0, ValueError, f"threshold {RANGE}, got -1.0"),
        (math.nan, ValueError, f"threshold {RANGE}, got nan"),
        (math.inf, ValueError, f"threshold {RANGE}, got inf"),
        (torch.ones(3), TypeError, "threshold must be a real number, got Tensor: tensor([1., 1"),
    ],
)
def test_bad_threshold_is_refused(threshold, error, message) -> None:
    """The threshold is a positive number, in units of the scale."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        huber_negative_log_likelihood(torch.zeros(3), torch.zeros(3), 1.0, threshold)
