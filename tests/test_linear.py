"""The closed-form fit against NIST's certified values, statsmodels, scipy and mpmath."""

import dataclasses
import math
import re
from pathlib import Path

import mpmath
import numpy as np
import pytest
import scipy
import scipy.stats
import statsmodels.api as sm
import torch

from mse_nll import LinearFit, fit_linear


def tensor(values: object) -> torch.Tensor:
    """Return a float64 tensor."""
    return torch.from_numpy(np.array(values, dtype=np.float64))


def estimates(fit: LinearFit) -> np.ndarray:
    """Return intercept (if any) and coefficients in one array."""
    if fit.n_parameters == fit.coefficients.numel():
        return fit.coefficients.numpy()
    return np.concatenate([[fit.intercept], fit.coefficients.numpy()])


def digits(actual: object, certified: object) -> float:
    """Return the smallest number of digits in which two sequences agree, at most 15."""
    pairs = zip(np.atleast_1d(actual), np.atleast_1d(certified), strict=True)
    errors = [abs(a - c) / abs(c) if c else abs(a) for a, c in pairs]
    return min(15.0, *(-math.log10(e) if e else 15.0 for e in errors))


# ---- NIST StRD: data, certified coefficients, standard deviations, residual SD ----

X_WAMPLER = np.stack([np.arange(21.0) ** k for k in range(1, 6)], axis=1)
Y_WAMPLER = 1 + X_WAMPLER.sum(axis=1)
DEVIATIONS = [759, -2048, 2048, -2048, 2523, -2048, 2048, -2048, 1838, -2048]
DEVIATIONS = np.array([*DEVIATIONS, 2048, *DEVIATIONS[::-1]], dtype=np.float64)
SD_WAMPLER5 = np.array(
    [
        21523262.4678170,
        23635517.3469681,
        7793435.24331583,
        1014755.07550350,
        56456.6512170752,
        1123.24854679312,
    ]
)


def norris() -> tuple[np.ndarray, np.ndarray]:
    """Return the data of NIST's Norris file, as SciPy ships it."""
    path = Path(scipy.__file__).parent / "stats/tests/data/nist_linregress/Norris.dat"
    rows = path.read_text().split("Data:")[-1].splitlines()[1:]
    data = np.array([[float(v) for v in row.split()] for row in rows if row.strip()])
    return data[:, 1:], data[:, 0]


def longley() -> tuple[np.ndarray, np.ndarray]:
    """Return Longley's data, as statsmodels ships them."""
    data = sm.datasets.longley.load_pandas()
    return data.exog.to_numpy(), data.endog.to_numpy()


NIST = {
    "Norris": (
        *norris(),
        True,
        [-0.262323073774029, 1.00211681802045],
        [0.232818234301152, 0.429796848199937e-03],
        0.884796396144373,
        12,
    ),
    "Longley": (
        *longley(),
        True,
        [
            -3482258.63459582,
            15.0618722713733,
            -0.358191792925910e-01,
            -2.02022980381683,
            -1.03322686717359,
            -0.511041056535807e-01,
            1829.15146461355,
        ],
        [
            890420.383607373,
            84.9149257747669,
            0.334910077722432e-01,
            0.488399681651699,
            0.214274163161675,
            0.226073200069370,
            455.478499142212,
        ],
        304.854073561965,
        10,
    ),
    "NoInt1": (
        np.arange(60.0, 71.0)[:, None],
        np.arange(130.0, 141.0),
        False,
        [2.07438016528926],
        [0.165289256198347e-01],
        3.56753034006338,
        14,
    ),
    "NoInt2": (
        np.array([[4.0], [5.0], [6.0]]),
        np.array([3.0, 4.0, 4.0]),
        False,
        [0.727272727272727],
        [0.420827318078432e-01],
        0.369274472937998,
        14,
    ),
    "Wampler1": (X_WAMPLER, Y_WAMPLER, True, [1.0] * 6, [0.0] * 6, 0.0, 8.5),
    "Wampler2": (
        X_WAMPLER,
        sum((np.arange(21.0) / 10) ** k for k in range(6)),
        True,
        [10.0**-k for k in range(6)],
        [0.0] * 6,
        0.0,
        12,
    ),
    **{
        f"Wampler{k}": (
            X_WAMPLER,
            Y_WAMPLER + factor * DEVIATIONS,
            True,
            [1.0] * 6,
            SD_WAMPLER5 * factor / 1e4,
            23601450.2379268 * factor / 1e4,
            wanted,
        )
        for k, factor, wanted in ((3, 1.0, 8.5), (4, 100.0, 7), (5, 1e4, 5))
    },
}


@pytest.mark.parametrize(
    ("X", "y", "fit_intercept", "certified", "deviations", "residual_sd", "wanted"),
    NIST.values(),
    ids=NIST.keys(),
)
def test_nist_certified_values(
    X, y, fit_intercept, certified, deviations, residual_sd, wanted
) -> None:
    """Each reaches the digits that float64 holds of its raw columns: deviations and SD 11.5."""
    fit = fit_linear(tensor(X), tensor(y), fit_intercept=fit_intercept)
    assert digits(estimates(fit), certified) >= wanted
    assert digits(fit.standard_errors.numpy(), deviations) >= 11.5
    assert digits(fit.sigma_unbiased, residual_sd) >= 11.5


def test_longley_likelihood_is_statas() -> None:
    """Log-likelihood -109.6174, AIC 233.2349 and BIC 238.643 without sigma; 2 more with it."""
    fit = fit_linear(*map(tensor, longley()))
    assert fit.log_likelihood == pytest.approx(-109.6174, abs=5e-5)
    assert fit.aic() == pytest.approx(233.2349, abs=5e-5)
    assert fit.bic() == pytest.approx(238.643, abs=5e-4)
    assert fit.aic(count_sigma=True) == pytest.approx(235.2349, abs=5e-5)
    assert fit.bic(count_sigma=True) - fit.bic() == pytest.approx(math.log(16), rel=1e-12)


def problem(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, bool]:
    """Return a random regression problem: sizes, scales, weights and intercept all vary."""
    rng = np.random.default_rng(seed)
    while True:
        n, d = int(rng.integers(4, 60)), int(rng.integers(1, 7))
        fit_intercept = bool(rng.integers(2))
        if n <= d + 1:
            continue
        X = rng.normal(size=(n, d)) * 10.0 ** rng.uniform(-4, 4, size=d) + rng.normal(size=d)
        weights = rng.uniform(0.1, 10, size=n) if seed % 2 else None
        design = sm.add_constant(X, has_constant="add") if fit_intercept else X
        design = design if weights is None else design * np.sqrt(weights)[:, None]
        if np.linalg.cond(design / np.linalg.norm(design, axis=0)) < 1e4:
            break
    y = X @ rng.normal(size=d) + rng.normal() + 10.0 ** rng.uniform(-2, 2) * rng.normal(size=n)
    return X, y, weights, fit_intercept


@pytest.mark.parametrize("block", range(10))
def test_statsmodels_agrees_on_every_statistic(block: int) -> None:
    """20 random problems a block, half weighted, to 1e-7 relative on every statistic."""
    for seed in range(20 * block, 20 * block + 20):
        X, y, weights, fit_intercept = problem(seed)
        design = sm.add_constant(X, has_constant="add") if fit_intercept else X
        theirs = sm.WLS(y, design, weights=1.0 if weights is None else weights).fit()
        ours = fit_linear(
            tensor(X),
            tensor(y),
            weights=None if weights is None else tensor(weights),
            fit_intercept=fit_intercept,
        )
        new = np.random.default_rng(seed + 1000).normal(size=(3, X.shape[1])) * X.std(axis=0)
        frame = theirs.get_prediction(
            sm.add_constant(new, has_constant="add") if fit_intercept else new
        )
        prediction = ours.predict(tensor(new), level=0.9, weights=torch.ones(3).double())
        scale = np.sqrt(np.outer(theirs.bse, theirs.bse))
        exact = {
            "standard errors": (ours.standard_errors.numpy(), theirs.bse),
            "unbiased": (ours.sigma_unbiased**2, theirs.scale),
            "sigma": (ours.sigma**2, theirs.wresid @ theirs.wresid / len(y)),
            "log-likelihood": (ours.log_likelihood, theirs.llf),
            "aic": (ours.aic(), theirs.aic),
            "bic": (ours.bic(), theirs.bic),
        }
        for name, (actual, expected) in exact.items():
            np.testing.assert_allclose(actual, expected, 1e-7, 0.0, err_msg=f"{name}, {seed}")
        # What may be near zero is measured in standard errors.
        confidence = torch.stack(prediction.confidence_interval, dim=1).numpy()
        interval = torch.stack(prediction.prediction_interval, dim=1).numpy()
        se = frame.se_obs
        signed = {
            "estimates": (estimates(ours), theirs.params, theirs.bse),
            "covariance": (ours.covariance.numpy(), theirs.cov_params(), scale),
            "mean": (prediction.mean.numpy(), frame.predicted_mean, se),
            "confidence": (confidence, frame.conf_int(alpha=0.1), se[:, None]),
            "prediction": (interval, frame.conf_int(alpha=0.1, obs=True), se[:, None]),
        }
        for name, (actual, expected, unit) in signed.items():
            np.testing.assert_allclose(
                actual / unit, expected / unit, 1e-7, 1e-7, err_msg=f"{name}, {seed}"
            )
        assert (ours.n, ours.n_parameters) == (len(y), design.shape[1])
        if not fit_intercept:
            assert ours.intercept == 0.0


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-8])
def test_ill_conditioned_fits_lose_only_their_condition(gap: float, weighted: bool) -> None:
    """Columns that differ by a gap (condition up to 1e9): mpmath agrees to 2e-14 / gap."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=30)
    X = np.stack([x, x + gap * rng.normal(size=30), 100 + rng.normal(size=30)], axis=1)
    y = X @ np.array([1.0, -1.0, 0.5]) + rng.normal(size=30)
    weights = rng.uniform(0.1, 10.0, size=30) if weighted else np.ones(30)
    with mpmath.workdps(50):
        A = mpmath.matrix(np.column_stack([np.ones(30), X]).tolist())
        W = mpmath.diag(weights.tolist())
        b = mpmath.matrix(y.tolist())
        inverse = mpmath.inverse(A.T * W * A)
        beta = inverse * (A.T * W * b)
        residual = b - A * beta
        rss = (residual.T * W * residual)[0]
        unbiased = rss / 26
        errors = [mpmath.sqrt(unbiased * inverse[i, i]) for i in range(4)]
        expected_ll = (
            -15 * (mpmath.log(2 * mpmath.pi * rss / 30) + 1)
            + sum(mpmath.log(w) for w in weights.tolist()) / 2
        )
        beta, errors = [float(v) for v in beta], [float(v) for v in errors]
        unbiased, expected_ll = float(unbiased), float(expected_ll)
    fit = fit_linear(tensor(X), tensor(y), weights=tensor(weights) if weighted else None)
    np.testing.assert_allclose(estimates(fit), beta, rtol=2e-14 / gap)
    np.testing.assert_allclose(fit.standard_errors, errors, rtol=2e-14 / gap)
    assert fit.sigma_unbiased**2 == pytest.approx(unbiased, rel=1e-6)
    assert fit.log_likelihood == pytest.approx(expected_ll, rel=1e-6)


@pytest.mark.parametrize("first", [True, False])
def test_a_column_of_light_rows_is_not_redundant(first: bool) -> None:
    """A group of weight 1e-16 has its own mean, to 7 digits: the rank is judged by unit columns."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=20), rng.normal(size=20)
    light = np.arange(20) < 3 if first else np.arange(20) >= 17
    weights = np.where(light, 1e-16, 1.0)
    fit = fit_linear(tensor(np.column_stack([x, light])), tensor(y), weights=tensor(weights))
    slope, intercept = np.polyfit(x[~light], y[~light], 1)
    shift = (y - intercept - slope * x)[light].mean()
    np.testing.assert_allclose(estimates(fit), [intercept, slope, shift], rtol=1e-7)


def test_weights_scale_changes_sigma_only() -> None:
    """Weights times 4: sigma doubles, everything else stays, log-likelihood included."""
    X, y, _, _ = problem(3)
    weights = tensor(np.random.default_rng(0).uniform(0.5, 2, size=len(y)))
    one, four = (fit_linear(tensor(X), tensor(y), weights=c * weights) for c in (1.0, 4.0))
    assert four.sigma == pytest.approx(2 * one.sigma, rel=1e-13)
    assert four.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-13)
    np.testing.assert_allclose(estimates(four), estimates(one), rtol=1e-13)
    np.testing.assert_allclose(four.standard_errors, one.standard_errors, rtol=1e-13)


def test_column_targets_give_column_predictions() -> None:
    """Targets (n, 1) are fitted as (n,) are; predictions keep the targets' form."""
    X, y, _, _ = problem(0)
    flat = fit_linear(tensor(X), tensor(y))
    column = fit_linear(tensor(X), tensor(y)[:, None], weights=torch.ones(len(y), 1).double())
    assert torch.equal(flat.coefficients, column.coefficients)
    first = flat.predict(tensor(X))
    second = column.predict(tensor(X), weights=torch.ones(len(X), 1).double())
    assert first.mean.shape == (len(y),)
    assert second.mean.shape == (len(y), 1)
    for a, b in (
        (first.mean, second.mean),
        (first.prediction_interval[0], second.prediction_interval[0]),
    ):
        assert torch.equal(a, b.squeeze(-1))


def test_float32_data_are_fitted_in_float64() -> None:
    """Float32 inputs give the float64 fit of the same numbers, float64 throughout."""
    X, y, _, _ = problem(0)
    single = fit_linear(tensor(X).float(), tensor(y).float())
    double = fit_linear(tensor(X).float().double(), tensor(y).float().double())
    assert torch.equal(single.coefficients, double.coefficients)
    for value in (single.coefficients, single.covariance, single.standard_errors):
        assert value.dtype == torch.float64
    assert single.predict(tensor(X).float()).mean.dtype == torch.float64


@pytest.mark.parametrize(("x_scale", "y_scale"), [(1e100, 1e100), (1e-100, 1e-100), (1e-30, 1e30)])
def test_units_do_not_matter(x_scale: float, y_scale: float) -> None:
    """In other units, even very large or small ones, the same fit comes out."""
    X, y, _, _ = problem(0)
    base = fit_linear(tensor(X), tensor(y))
    fit = fit_linear(tensor(X * x_scale), tensor(y * y_scale))
    expected = base.coefficients.numpy() * (y_scale / x_scale)
    np.testing.assert_allclose(fit.coefficients, expected, rtol=1e-11)
    assert fit.sigma == pytest.approx(base.sigma * y_scale, rel=1e-11)
    np.testing.assert_allclose(
        fit.standard_errors[1:], base.standard_errors[1:].numpy() * (y_scale / x_scale), rtol=1e-11
    )


def test_exact_fit_has_no_noise() -> None:
    """Residuals of rounding size count as none: sigma 0, likelihood infinite, intervals points."""
    rng = np.random.default_rng(0)
    X = tensor(rng.normal(size=(20, 3)))
    y = X @ tensor([0.1, 0.2, 0.3]) + 0.7
    fit = fit_linear(X, y)
    assert fit.sigma == fit.sigma_unbiased == 0.0
    assert fit.log_likelihood == math.inf
    assert fit.aic() == fit.bic() == -math.inf
    assert not fit.standard_errors.any()
    assert not fit.covariance.any()
    prediction = fit.predict(X)
    assert torch.equal(prediction.prediction_interval[0], prediction.mean)
    constant = fit_linear(X, torch.zeros(20))
    assert constant.sigma == constant.intercept == 0.0


def test_small_noise_is_not_an_exact_fit() -> None:
    """Noise of 1e-12 of the targets is found, to three digits of its size."""
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(1000, 1)), rng.normal(size=1000)
    fit = fit_linear(tensor(X), tensor(X[:, 0] + 1e-12 * noise))
    reference = sm.OLS(noise, sm.add_constant(X)).fit()
    assert fit.sigma_unbiased == pytest.approx(1e-12 * math.sqrt(reference.scale), rel=1e-3)


def test_result_is_frozen_and_detached() -> None:
    """The fit cannot be changed, and gradients do not run through it."""
    X = torch.randn(9, 1, generator=torch.Generator().manual_seed(0)).requires_grad_()
    fit = fit_linear(X, X[:, 0].detach() ** 2)
    assert not fit.coefficients.requires_grad
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.sigma = 1.0
    assert "_covariance_root" not in repr(fit)


def test_near_collinear_columns_are_not_an_exact_fit() -> None:
    """Noise of 1e-5 on 1e10 (x2 - x1), columns 1e-10 apart: a sigma of its size, not 0 (mpmath)."""
    rng = np.random.default_rng(0)
    x1 = rng.normal(size=30)
    x2 = x1 + 1e-10 * rng.normal(size=30)
    y = 1e10 * (x2 - x1) + 1e-5 * rng.normal(size=30)
    with mpmath.workdps(60):
        A = mpmath.matrix(np.column_stack([np.ones(30), x1, x2]).tolist())
        b = mpmath.matrix(y.tolist())
        residual = b - A * mpmath.lu_solve(A.T * A, A.T * b)
        expected = float(mpmath.sqrt((residual.T * residual)[0] / 30))
    fit = fit_linear(tensor(np.column_stack([x1, x2])), tensor(y))
    assert fit.sigma == pytest.approx(expected, rel=0.5)


@pytest.mark.parametrize("n", [10_000, 86_400])
def test_a_quadratic_in_unix_seconds_is_fitted_at_every_length(n: int) -> None:
    """One day of seconds since 1970: the centred fit's second derivative, whatever the row count."""
    t = 1.7e9 + np.linspace(0, 86_400, n)
    centred = (t - t.mean()) / 86_400
    y = 1 + centred + 3 * centred**2 + 0.01 * np.random.default_rng(0).normal(size=n)
    fit = fit_linear(tensor(np.stack([t, t**2], axis=1)), tensor(y))
    expected = np.polynomial.Polynomial.fit(centred, y, 2).convert().coef[2]
    assert fit.coefficients[1].item() * 86_400**2 == pytest.approx(expected, rel=0.01)


# ---- weights ----

X4, Y4 = np.arange(4.0), np.array([1.0, 3.5, 4.5, 7.0])
W4 = np.array([100.0, 100.0, 1.0, 1.0])


@pytest.mark.parametrize(("weight", "half_width"), [(1.0, 5.986), (100.0, 0.730)])
def test_a_weighted_fits_prediction_interval_is_statsmodels(weight, half_width) -> None:
    """At 0.5, for a new row of weight 1 and of weight 100; the published half-widths to 3 digits."""
    theirs = sm.WLS(Y4, sm.add_constant(X4), weights=W4).fit()
    frame = theirs.get_prediction([[1.0, 0.5]], weights=weight)
    fit = fit_linear(tensor(X4)[:, None], tensor(Y4), weights=tensor(W4))
    low, high = fit.predict(tensor([[0.5]]), weights=tensor([weight])).prediction_interval
    np.testing.assert_allclose(
        [low.item(), high.item()], frame.conf_int(alpha=0.05, obs=True)[0], rtol=1e-10
    )
    assert 0.5 * (high - low).item() == pytest.approx(half_width, abs=5e-4)


def test_a_weighted_fit_gives_no_prediction_interval_without_weights() -> None:
    """Mean and confidence interval stay; the interval of a new row is refused in words."""
    fit = fit_linear(tensor(X4)[:, None], tensor(Y4), weights=tensor(W4))
    prediction = fit.predict(tensor([[0.5]]))
    assert prediction.confidence_interval[0] < prediction.mean < prediction.confidence_interval[1]
    message = "the fit was weighted: give predict the new rows' weights too"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        _ = prediction.prediction_interval


def test_a_row_of_weight_zero_is_left_out_of_everything() -> None:
    """Every number is that of the fit to the other rows, n included."""
    X, y, _, _ = problem(3)
    weights = np.random.default_rng(0).integers(0, 3, size=len(y)).astype(float)
    kept = weights > 0
    assert 0 < kept.sum() < len(y)
    fit = fit_linear(tensor(X), tensor(y), weights=tensor(weights))
    other = fit_linear(tensor(X[kept]), tensor(y[kept]), weights=tensor(weights[kept]))
    assert fit.n == other.n == kept.sum()
    assert fit.log_likelihood == other.log_likelihood
    assert torch.equal(fit.coefficients, other.coefficients)
    assert torch.equal(fit.covariance, other.covariance)


def test_weights_of_new_rows_follow_an_unweighted_fit() -> None:
    """Weight 4 halves the noise of a new row; 1 is what None means."""
    fit = fit_linear(tensor(X4)[:, None], tensor(Y4)[:, None])
    new = tensor([[0.5], [1.5]])
    plain = fit.predict(new)
    ones = fit.predict(new, weights=torch.ones(2, 1).double())
    assert torch.equal(plain.prediction_interval[0], ones.prediction_interval[0])
    four = fit.predict(new, weights=torch.full((2, 1), 4.0).double())
    inner = (plain.mean - plain.confidence_interval[0]) / scipy.stats.t.ppf(0.975, 2)
    half = scipy.stats.t.ppf(0.975, 2) * (inner.square() + fit.sigma_unbiased**2 / 4).sqrt()
    torch.testing.assert_close(four.prediction_interval[1], four.mean + half, rtol=1e-12, atol=0)


@pytest.mark.parametrize("level", [1e-12, 0.01, 0.5, 0.95, 0.999999999])
@pytest.mark.parametrize("n", [3, 30, 100_000])
def test_intervals_use_students_quantile(level: float, n: int) -> None:
    """The confidence interval is scipy.stats.t's quantile times the standard error."""
    x = np.random.default_rng(0).normal(size=n)
    fit = fit_linear(tensor(x)[:, None], tensor(x + np.random.default_rng(1).normal(size=n)))
    prediction = fit.predict(torch.zeros(1, 1), level)
    half = scipy.stats.t.isf((1 - level) / 2, n - 2) * fit.standard_errors[0]
    ends = prediction.mean - half, prediction.mean + half
    for actual, expected in zip(prediction.confidence_interval, ends, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-9, atol=1e-12)


# ---- refusals ----

X5, Y5 = torch.arange(5.0)[:, None], torch.tensor([1.0, 3.0, 2.0, 5.0, 4.0])
NAN5 = torch.tensor([1.0, 3.0, math.nan, 5.0, math.inf])
NOISE40 = torch.randn(40, generator=torch.Generator().manual_seed(0))
DEPENDENT = (
    "column {} of X is, to the precision of {}, a combination of the columns before it and the "
    "intercept's ones: drop it; if it is a power or a product, centre and scale its input first in "
    "float64, or use orthogonal polynomials"
)
NO_TENSOR = "{0} must be a torch.Tensor, got {1}: write torch.as_tensor({0}, dtype=torch.float64)"
REFUSED = {
    "list X": (
        {"X": [[1.0]]},
        TypeError,
        "X must be a torch.Tensor, got list: write torch.as_tensor(X, dtype=torch.float64)",
    ),
    "integer X": (
        {"X": torch.arange(5)[:, None]},
        TypeError,
        "X must be real and floating point, got torch.int64: write X.to(torch.float32)",
    ),
    "flat X": (
        {"X": X5[:, 0]},
        ValueError,
        "X must have shape (n, d), got (5,): write X[:, None] for a single input",
    ),
    "deep X": ({"X": X5[:, None]}, ValueError, "X must have shape (n, d), got (5, 1, 1)"),
    "no columns": (
        {"X": torch.zeros(5, 0)},
        ValueError,
        "X is empty: its shape is (5, 0)",
    ),
    "NaN in X": (
        {"X": NAN5[:, None]},
        ValueError,
        "X holds 2 values that are NaN, infinite or beyond 1e+150, the first in row 2: drop or replace them",
    ),
    "NaN in y": (
        {"y": NAN5},
        ValueError,
        "y holds 2 values that are NaN, infinite or beyond 1e+150, the first in row 2: drop or replace them",
    ),
    "two targets": (
        {"y": torch.zeros(5, 2)},
        ValueError,
        "y must have shape (5,) or (5, 1), got (5, 2): fit each column by itself",
    ),
    "deep y": (
        {"y": torch.zeros(5, 1, 1)},
        ValueError,
        "y must have shape (5,) or (5, 1), got (5, 1, 1): one number for each row of X",
    ),
    "0-d y": (
        {"y": torch.tensor(1.0)},
        ValueError,
        "y must have shape (5,) or (5, 1), got (): one number for each row of X",
    ),
    "lengths": (
        {"y": Y5[:4]},
        ValueError,
        "y must have shape (5,) or (5, 1), got (4,): one number for each row of X",
    ),
    "device": (
        {"y": Y5.to("meta")},
        TypeError,
        "y is torch.float64 on meta but X is torch.float64 on cpu: write y.to(X)",
    ),
    "short weights": (
        {"weights": torch.ones(4)},
        ValueError,
        "weights has shape (4,) but y has shape (5,); shapes must be equal, nothing is broadcast",
    ),
    "column weights": (
        {"weights": torch.ones(5, 1)},
        ValueError,
        "weights has shape (5, 1) but y has shape (5,); shapes must be equal, "
        "nothing is broadcast: write weights.squeeze(-1) or y.unsqueeze(-1)",
    ),
    "targets in a list": ({"y": [1.0]}, TypeError, NO_TENSOR.format("y", "list")),
    "one weight": ({"weights": 2.0}, TypeError, NO_TENSOR.format("weights", "float")),
    "negative weight": (
        {"weights": torch.tensor([1.0, -0.5, 1.0, 1.0, 1.0])},
        ValueError,
        "weights must not be negative, got -0.5",
    ),
    "light beyond its digits": (
        {"weights": torch.tensor([1.0, 1.0, 1.0, 1.0, 1e-20])},
        ValueError,
        "weights span more than a factor of 1e16: give light rows weight 0",
    ),
    "too few rows with a weight": (
        {"weights": torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0])},
        ValueError,
        "2 rows cannot determine 2 coefficients and the noise: add rows",
    ),
    "NaN weight": (
        {"weights": NAN5},
        ValueError,
        "weights holds 2 values that are NaN, infinite or beyond 1e+150, the first in row 2: "
        "drop or replace them",
    ),
    "too few rows": (
        {"X": X5[:2], "y": Y5[:2]},
        ValueError,
        "2 rows cannot determine 2 coefficients and the noise: add rows",
    ),
    "constant column": (
        {"X": torch.cat([X5, torch.full((5, 1), 3.0)], dim=1)},
        ValueError,
        DEPENDENT.format(1, "torch.float32"),
    ),
    "zero column": (
        {"X": torch.cat([X5, torch.zeros(5, 1)], dim=1), "fit_intercept": False},
        ValueError,
        DEPENDENT.format(1, "torch.float32"),
    ),
    "scaled copy": (
        {"X": torch.cat([X5, 1e-6 * X5.double()], dim=1), "fit_intercept": False},
        ValueError,
        DEPENDENT.format(1, "torch.float64"),
    ),
    "powers rounded to float32": (
        {"X": torch.stack([torch.linspace(1, 2, 40) ** k for k in range(1, 11)], 1), "y": NOISE40},
        ValueError,
        DEPENDENT.format(9, "torch.float32"),
    ),
}


@pytest.mark.parametrize(("kwargs", "error", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_data_are_refused(kwargs, error, message) -> None:
    """What cannot be fitted is refused, saying what was found."""
    kwargs = {"X": X5, "y": Y5, **kwargs}
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        fit_linear(kwargs.pop("X"), kwargs.pop("y"), **kwargs)


def test_dependent_columns_are_found_and_badly_scaled_ones_kept() -> None:
    """A sum of columns is refused in 40 random designs; columns of sizes 1e-12 and 1e12, kept."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        n = int(rng.integers(6, 50))
        X = rng.normal(size=(n, 2)) * 10.0 ** rng.uniform(-6, 6, size=2)
        dependent = np.column_stack([X, X @ rng.normal(size=2)])
        y = tensor(rng.normal(size=n))
        with pytest.raises(
            ValueError, match=r"^column 2 of X is, to the precision of torch.float64, a comb"
        ):
            fit_linear(tensor(dependent), y)
        fit_linear(tensor(X * [1e-12, 1e12]), y)


@pytest.mark.parametrize(
    ("X", "level", "error", "message"),
    [
        (X5[:, 0], 0.95, ValueError, "X must have shape (n, d), got (5,): write X[:, None] for"),
        (torch.zeros(5, 2), 0.95, ValueError, "X has 2 columns but the model was fitted to 1"),
        (NAN5[:, None], 0.95, ValueError, "X holds 2 values that are NaN, infinite or beyond"),
        (X5, 95, ValueError, "level must lie between 0 and 1, got 95: write 0.95 for 95 %"),
        (X5, 0.0, ValueError, "level must lie between 0 and 1, got 0.0: write 0.95 for 95 %"),
        (X5, 1.0, ValueError, "level must lie between 0 and 1, got 1.0: write 0.95 for 95 %"),
        (X5, "0.95", TypeError, "level must be a real number, got str: '0.95'"),
    ],
)
def test_bad_predictions_are_refused(X, level, error, message) -> None:
    """New inputs have the fit's columns; a level is a probability."""
    with pytest.raises(error, match=f"^{re.escape(message)}"):
        fit_linear(X5, Y5).predict(X, level)
