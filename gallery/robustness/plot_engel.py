r"""
Engel's food data: model σ(x), and the bands come true
======================================================

Food spending of 235 households is fitted with one noise level, with weights, and with σ(x).

In Engel's data (:cite:t:`engel1857`, as used by :cite:t:`koenker2005`) richer households differ
more from each other. Three Gaussian fits are compared: ordinary least squares, weights
:math:`1/x^2`, and :math:`\sigma(x) = e^{a}\,x^{c}` estimated with the mean. Then quantile
regression, which needs no :math:`\sigma` at all, is compared with published values. The argument
is on :ref:`unequal-variance`.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.optimize import linprog
from statsmodels.datasets import engel

from mse_nll import (
    coverage,
    fit_linear,
    heteroscedastic_negative_log_likelihood,
    negative_log_likelihood,
)

frame = engel.load_pandas().data.sort_values("income")
x = torch.tensor(frame["income"].to_numpy())
y = torch.tensor(frame["foodexp"].to_numpy())
n, X = len(y), x[:, None]

# %%
# One noise level, and weights
# ----------------------------

ordinary = fit_linear(X, y)
weighted = fit_linear(X, y, weights=1.0 / x**2)
for name, fit in (("ordinary", ordinary), ("weighted", weighted)):
    line = f"{fit.intercept:8.3f} + {fit.coefficients[0]:.4f} x"
    print(f"{name}: {line}, NLL {-fit.log_likelihood:.3f}")

# %%
# Weights :math:`1/x^2` assume that the noise is proportional to income.
#
# A noise level that is fitted
# ----------------------------
# Mean :math:`b_0 + b_1 x`, log-variance :math:`2(a + c \log x)`; all four numbers minimise one
# NLL. Incomes are counted in thousands for the optimiser.

thousands = x / 1000
theta = torch.tensor([0.1, 0.5, 4.5, 1.0], dtype=torch.float64, requires_grad=True)
settings = {"max_iter": 500, "tolerance_grad": 1e-9, "tolerance_change": 1e-13}
optimizer = torch.optim.LBFGS([theta], line_search_fn="strong_wolfe", **settings)


def model(theta):
    """Mean and log-variance of every household."""
    mean = 1000 * (theta[0] + theta[1] * thousands)
    return mean, 2 * (theta[2] + theta[3] * thousands.log())


def closure():
    """NLL and its gradient."""
    optimizer.zero_grad()
    loss = heteroscedastic_negative_log_likelihood(y, *model(theta), reduction="mean")
    loss.backward()
    return loss


optimizer.step(closure)
mean, log_variance = (value.detach() for value in model(theta))
sigma = (0.5 * log_variance).exp()
print(f"modelled: {1000 * theta[0]:8.3f} + {theta[1]:.4f} x, σ(x) as x to the {theta[3]:.3f}")

# %%
# The mean must be the weighted least-squares line for the fitted variances, and the likelihoods
# can be compared: σ counts as a parameter, three numbers against four.

check = fit_linear(X, y, weights=1.0 / sigma**2)
torch.testing.assert_close(theta[1].item(), check.coefficients[0].item(), rtol=1e-5, atol=0)
flat = torch.full_like(y, ordinary.sigma)
nll_flat = negative_log_likelihood(y, ordinary.predict(X).mean, flat).item()
nll_model = negative_log_likelihood(y, mean, sigma).item()
aic_flat, aic_model = ordinary.aic(count_sigma=True), 2 * 4 + 2 * nll_model
print(f"one sigma: NLL {nll_flat:.3f}   AIC {aic_flat:.2f}")
print(f"sigma(x):  NLL {nll_model:.3f}   AIC {aic_model:.2f}")
assert abs(nll_flat + ordinary.log_likelihood) < 1e-6
assert nll_model < -weighted.log_likelihood < nll_flat

# %%
# Where the bands cover
# ---------------------
# Over all households both bands cover alike. By third of income they do not; the last column is
# the binomial standard error of a share that should be 0.95. The case rests on the two lower
# thirds together: the flat band misses nobody there.

bands = {"one sigma": (ordinary.predict(X).mean, flat), "sigma(x)": (mean, sigma)}
groups = (slice(0, n), slice(0, 79), slice(79, 157), slice(157, n))
print("              all   lower  middle   upper   ± about")
shares = {}
for name, (m, s) in bands.items():
    low, high = m - 1.96 * s, m + 1.96 * s
    shares[name] = [coverage(y[g], low[g], high[g]).item() for g in groups]
    values = " ".join(f"{share:7.3f}" for share in shares[name])
    print(f"{name:9} {values} {(0.95 * 0.05 / 78) ** 0.5:8.3f}")
assert shares["one sigma"][1] == shares["one sigma"][2] == 1.0
assert 0.95**157 < 0.001  # 157 households without a miss would be a rare event at 95 %

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True, sharey=True, layout="constrained")
titles = ("One σ: the band misses nobody at low incomes", "σ(x) fitted: it opens with the data")
for ax, (m, s), title in zip(axes, bands.values(), titles, strict=True):
    ax.plot(x, y, ".", color="0.5", rasterized=True)
    ax.plot(x, m, "C0", label="fitted mean")
    ax.fill_between(x, m - 1.96 * s, m + 1.96 * s, color="C0", alpha=0.2, label="±1.96 σ")
    ax.set(ylabel="food expenditure", title=title)
axes[0].legend(loc="upper left")
axes[1].set_xlabel("income")
plt.show()

# %%
# Quantiles, without any σ
# ------------------------
# The pinball loss gives the lines below which a share :math:`\tau` of the households lies. It is a
# linear programme. Stata's median and upper quartile, recorded in statsmodels'
# ``results_quantile_regression.py``, come from data that differ in their last digits, so six
# digits are compared.


def quantile_line(tau):
    """Intercept, slope and twice the pinball loss."""
    costs = np.r_[0.0, 0.0, np.full(n, tau), np.full(n, 1 - tau)]
    equations = np.c_[np.ones(n), thousands.numpy(), np.eye(n), -np.eye(n)]
    bounds = [(None, None)] * 2 + [(0, None)] * (2 * n)
    result = linprog(costs, A_eq=equations, b_eq=y.numpy(), bounds=bounds)
    return result.x[0], result.x[1] / 1000, 2 * result.fun


published = {0.5: (81.48233, 0.5601805, 17559.932203), 0.75: (62.39648, 0.6440143, 13058.500088)}
lines = {tau: quantile_line(tau) for tau in (0.05, 0.5, 0.75, 0.95)}
for tau, stata in published.items():
    for who, (a, b, loss) in (("ours ", lines[tau]), ("Stata", stata)):
        print(f"τ = {tau:4}, {who}: {a:.5f} + {b:.7f} x, twice the loss {loss:.5f}")
    np.testing.assert_allclose(lines[tau], stata, rtol=2e-6)

# %%
fig, ax = plt.subplots(layout="constrained")
ax.plot(x, y, ".", color="0.5", rasterized=True)
for tau, style in zip(lines, (":", "-", "-.", "--"), strict=True):
    ax.plot(x, lines[tau][0] + lines[tau][1] * x, style, label=f"τ = {tau}")
ax.set(xlabel="income", ylabel="food expenditure")
ax.set_title("Fitted quantiles fan out: the noise grows with income")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
# * Coverage over all rows can be right while every group's is wrong: check it by group.
# * Four parameters instead of three lower the NLL by far more than AIC's price for one.
# * Quantile lines give an interval without a density, and no likelihood to compare.
