"""fit_linear against numbers that others certified; NIST's digits are typed here from its files.

Each floor is the one that the evidence page states, less half a digit for other processors.
"""

import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
import torch
from numpy.polynomial import Chebyshev, Polynomial
from page_code import cells
from sklearn.datasets import load_iris
from statsmodels.datasets import ccard, longley

from mse_nll import fit_linear

F64 = torch.float64
X21 = torch.arange(21, dtype=F64)
POWERS = torch.stack([X21**k for k in range(1, 6)], dim=1)
DEVIATIONS = torch.tensor([2048.0, -2048.0], dtype=F64).repeat(11)[:21]
DEVIATIONS[[0, 4, 8, 12, 16, 20]] = torch.tensor([759, 2523, 1838, 1838, 2523, 759], dtype=F64)
WAMPLER1 = 1 + POWERS.sum(1)
WAMPLER_SD = [21523262.4678170, 23635517.3469681, 7793435.24331583]
WAMPLER_SD += [1014755.07550350, 56456.6512170752, 1123.24854679312]


def norris():
    """Norris' ozone monitors, from the NIST file that SciPy carries."""
    path = Path(scipy.stats.__file__).parent / "tests/data/nist_linregress/Norris.dat"
    rows = [[float(v) for v in line.split()] for line in path.read_text().splitlines()[60:96]]
    y, x = torch.tensor(rows, dtype=F64).T
    return x[:, None], y


def longley_data():
    """Longley's employment data, from statsmodels."""
    data = longley.load_pandas()
    return torch.tensor(data.exog.to_numpy("float64")), torch.tensor(data.endog.to_numpy("float64"))


def polynomial_data(name):
    """Pontius' load cells and Filip's polynomial, from the evidence page's own cell."""
    page = Path(__file__).parents[1] / "docs/reference/evidence.md"
    code = next(cell.code for cell in cells(page) if "y_pontius" in cell.code)
    values = {}
    lines = code[code.index("pontius = ") : code.index("noint1 = ")]
    exec(lines, {"torch": torch}, values)
    return values[f"x_{name}"], values[f"y_{name}"]


def pontius():
    """A polynomial of degree two in the load."""
    x, y = polynomial_data("pontius")
    return torch.stack([x, x**2], dim=1), y


def filip():
    """A polynomial of degree ten."""
    x, y = polynomial_data("filip")
    return torch.stack([x**k for k in range(1, 11)], dim=1), y


# name: data, intercept?, coefficients, their standard deviations, residual SD, floor
CERTIFIED = {
    "Norris": (
        norris,
        True,
        [-0.262323073774029, 1.00211681802045],
        [0.232818234301152, 0.429796848199937e-03],
        0.884796396144373,
        12,
    ),
    "Longley": (
        longley_data,
        True,
        [
            *(-3482258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683),
            *(-1.03322686717359, -0.511041056535807e-01, 1829.15146461355),
        ],
        [
            *(890420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699),
            *(0.214274163161675, 0.226073200069370, 455.478499142212),
        ],
        304.854073561965,
        10,
    ),
    "Pontius": (
        pontius,
        True,
        [0.673565789473684e-03, 0.732059160401003e-06, -0.316081871345029e-14],
        [0.107938612033077e-03, 0.157817399981659e-09, 0.486652849992036e-16],
        0.205177424076185e-03,
        12,
    ),
    "Filip": (
        filip,
        True,
        [
            *(-1467.48961422980, -2772.17959193342, -2316.37108160893, -1127.97394098372),
            *(-354.478233703349, -75.1242017393757, -10.8753180355343, -1.06221498588947),
            *(-0.670191154593408e-01, -0.246781078275479e-02, -0.402962525080404e-04),
        ],
        [
            *(298.084530995537, 559.779865474950, 466.477572127796, 227.204274477751),
            *(71.6478660875927, 15.2897178747400, 2.23691159816033, 0.221624321934227),
            *(0.142363763154724e-01, 0.535617408889821e-03, 0.896632837373868e-05),
        ],
        0.334801051324544e-02,
        7,
    ),
    "NoInt1": (
        lambda: (torch.arange(60, 71, dtype=F64)[:, None], torch.arange(130, 141, dtype=F64)),
        False,
        [2.07438016528926],
        [0.165289256198347e-01],
        3.56753034006338,
        14,
    ),
    "NoInt2": (
        lambda: (torch.tensor([[4], [5], [6]], dtype=F64), torch.tensor([3, 4, 4], dtype=F64)),
        False,
        [0.727272727272727],
        [0.420827318078432e-01],
        0.369274472937998,
        14,
    ),
    "Wampler1": (lambda: (POWERS, WAMPLER1), True, [1.0] * 6, [0.0] * 6, 0.0, 8.5),
    "Wampler2": (
        lambda: (POWERS, 1 + sum((X21 / 10) ** k for k in range(1, 6))),
        True,
        [1.0, 0.1, 0.01, 0.001, 0.0001, 0.00001],
        [0.0] * 6,
        0.0,
        12,
    ),
    **{
        name: (
            lambda scale=scale: (POWERS, WAMPLER1 + scale * DEVIATIONS),
            True,
            [1.0] * 6,
            [sd * scale / 10_000 for sd in WAMPLER_SD],
            23601450.2379268 * scale / 10_000,
            floor,
        )
        for name, scale, floor in [
            ("Wampler3", 1, 8.5),
            ("Wampler4", 100, 7),
            ("Wampler5", 10_000, 5),
        ]
    },
}


def digits(ours, certified):
    """Digits of agreement of the value that agrees least; certified digits carry at most 15."""
    counts = []
    for a, b in zip(ours, certified, strict=True):
        error = abs(a - b) / abs(b)
        counts.append(15.0 if error == 0 else min(15.0, -math.log10(error)))
    return min(counts)


@pytest.mark.parametrize("name", CERTIFIED)
def test_certified_fit(name):
    """Coefficients, standard errors and residual standard deviation reach the stated digits."""
    data, with_intercept, beta, errors, residual_sd, floor = CERTIFIED[name]
    fit = fit_linear(*data(), fit_intercept=with_intercept)
    found = ([fit.intercept] if with_intercept else []) + fit.coefficients.tolist()
    assert digits(found, beta) >= floor - 0.5
    if residual_sd == 0.0:  # a certified zero: rounding error only
        assert fit.sigma_unbiased < 1e-8
        assert fit.standard_errors.max() < 1e-8
    else:
        # Noise is easier to find than coefficients, unless the columns themselves are too rough.
        least = 6.5 if name == "Filip" else 11
        assert digits(fit.standard_errors.tolist(), errors) >= least
        assert digits([fit.sigma_unbiased], [residual_sd]) >= least


def test_normal_equations_do_not_reach_the_floor():
    """The floors tell a stable factorisation from the textbook formula."""
    data, _, beta, _, _, floor = CERTIFIED["Longley"]
    X, y = data()
    design = torch.cat([torch.ones(16, 1, dtype=F64), X], dim=1)
    found = torch.linalg.solve(design.T @ design, design.T @ y)
    assert digits(found.tolist(), beta) < floor - 0.5


def test_an_orthogonal_basis_finds_the_digits_that_powers_lose():
    """Filip's data in Chebyshev polynomials: twelve digits and more where raw powers keep seven."""
    _, _, beta, _, residual_sd, _ = CERTIFIED["Filip"]
    x, y = (v.numpy() for v in polynomial_data("filip"))
    assert digits(Chebyshev.fit(x, y, 10).convert(kind=Polynomial).coef, beta) >= 12
    u = (2 * x - x.max() - x.min()) / (x.max() - x.min())
    basis = np.polynomial.chebyshev.chebvander(u, 10)[:, 1:]
    fit = fit_linear(torch.tensor(basis), torch.tensor(y))
    assert digits([fit.sigma_unbiased], [residual_sd]) >= 14
    raw = fit_linear(*filip())
    assert digits([raw.intercept, *raw.coefficients.tolist()], beta) < 9


def test_float32_data_do_not_reach_the_floor():
    """Digits that a conversion to float32 has rounded away do not come back."""
    data, _, beta, _, _, floor = CERTIFIED["Norris"]
    X, y = data()
    fit = fit_linear(X.float(), y.float())
    assert digits([fit.intercept, *fit.coefficients.tolist()], beta) < floor - 0.5


def test_longley_likelihood():
    """Stata's log-likelihood, AIC and BIC of Longley's data, and the AIC that counts sigma."""
    fit = fit_linear(*longley_data())
    assert round(fit.log_likelihood, 4) == -109.6174
    assert round(fit.aic(), 4) == 233.2349
    assert round(fit.bic(), 3) == 238.643
    assert round(fit.aic(count_sigma=True), 4) == 235.2349


def test_iris_criteria():
    """The statsmodels package leaves sigma out, R counts it: statsmodels issue 6577."""
    iris = torch.tensor(load_iris().data)
    fit = fit_linear(iris[:, 1:2], iris[:, 0])
    assert fit.aic() == pytest.approx(369.9916713254629, rel=1e-12)
    assert fit.bic() == pytest.approx(376.0129419136554, rel=1e-12)
    assert fit.aic(count_sigma=True) == pytest.approx(371.9916713254629, rel=1e-12)
    assert fit.bic(count_sigma=True) == pytest.approx(381.02357720775166, rel=1e-12)


def test_credit_card_weights():
    """Stata's weighted fit of Greene's data; its log-likelihood leaves half the log weights out."""
    data = ccard.load_pandas()
    X, y = torch.tensor(data.exog.to_numpy("float64")), torch.tensor(data.endog.to_numpy("float64"))
    weights = 1 / X[:, data.exog_name.index("INCOMESQ")]
    weights = 72 * weights / weights.sum()
    fit = fit_linear(X, y, weights=weights)
    published = [-2.6941851611, 158.426977524, -7.24928987289, 60.4487736936]
    assert digits(fit.coefficients.tolist(), published) >= 9.5
    assert fit.intercept == pytest.approx(-114.10886935, rel=1e-9)
    without = fit.log_likelihood - 0.5 * weights.log().sum().item()
    assert without == pytest.approx(-476.9792946562806, rel=1e-12)
    assert fit.log_likelihood == pytest.approx(-487.628, abs=5e-4)
