r"""
Checks on new rows tell a right noise model from a wrong one
============================================================

Two fits share nearly one line; six checks on rows not used in the fit show which noise is right.

The noise grows with :math:`x`. The wrong model has one :math:`\hat\sigma`, the right one a
:math:`\hat\sigma(x)`. Every check is made once on each: residuals, Q–Q plot, probability
integral transform, coverage overall and by bin, calibration curve, NLL beside RMSE. How to read
each, and what else a pattern may mean: :ref:`diagnostics`.
"""

# %%
# One right model, one wrong
# --------------------------

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy import stats

from mse_nll import (
    coverage,
    fit_linear,
    heteroscedastic_data,
    negative_log_likelihood,
    root_mean_squared_error,
)

torch.manual_seed(42)
x, y, _ = (part.double() for part in heteroscedastic_data(400))
test_x, test_y, _ = (part.double() for part in heteroscedastic_data(1000))

line = fit_linear(x, y)
parameters = torch.zeros(4, dtype=torch.float64, requires_grad=True)


def right_model(x):
    """Line and standard deviation that grows linearly, both parts of it positive."""
    intercept, slope, log_floor, log_growth = parameters
    return intercept + slope * x, log_floor.exp() + log_growth.exp() * x


optimizer = torch.optim.LBFGS([parameters], max_iter=200, line_search_fn="strong_wolfe")


def closure():
    """One evaluation of the NLL and its gradient, as LBFGS asks for."""
    optimizer.zero_grad()
    loss = negative_log_likelihood(y, *right_model(x), reduction="mean")
    loss.backward()
    return loss


optimizer.step(closure)
with torch.no_grad():
    right = right_model(test_x)
constant = torch.full_like(test_y, line.sigma)
models = {"one σ̂": (line.predict(test_x).mean.reshape(-1, 1), constant), "σ̂(x)": right}

# %%
# NLL and RMSE, side by side
# --------------------------
#
# RMSE judges the means and hardly tells the two apart; the NLL judges mean and noise together.

for name, (mean, sigma) in models.items():
    nll = negative_log_likelihood(test_y, mean, sigma, reduction="mean")
    torch.testing.assert_close(
        nll, -torch.distributions.Normal(mean, sigma).log_prob(test_y).mean()
    )
    print(f"{name:7s}RMSE {root_mean_squared_error(test_y, mean):.4f}   NLL a row {nll:.4f}")

# %%
# Standardised residuals and their quantiles
# ------------------------------------------
#
# If the model is right, :math:`z = (y - \hat\mu)/\hat\sigma` is standard normal at every
# :math:`x`: a level band, a straight Q–Q line. The fitted values are the line itself here, so
# residuals against them would be the same picture.

z = {name: ((test_y - mean) / sigma)[:, 0].numpy() for name, (mean, sigma) in models.items()}
fig, axes = plt.subplots(2, 2, figsize=(7.6, 6.4), layout="constrained", sharey=True)
for values, (against_x, against_normal) in zip(z.values(), axes.T, strict=True):
    against_x.plot(test_x[:, 0], values, ".", ms=2)
    for height in (-1.96, 1.96):
        against_x.axhline(height, color="C1", ls="--")
    against_x.set(xlabel="x", ylabel="standardised residual")
    theory, ordered = stats.probplot(values, fit=False)
    against_normal.plot(theory, ordered, ".", ms=3)
    against_normal.axline((0, 0), slope=1, color="C1", ls="--")
    against_normal.set(xlabel="standard normal quantile", ylabel="ordered residual")
axes[0, 0].set_title("One σ̂: the residuals fan out")
axes[0, 1].set_title("σ̂(x): a level band")
axes[1, 0].set_title("One σ̂: tails too long, centre too flat")
axes[1, 1].set_title("σ̂(x): on the line")
plt.show()

# %%
# Probability integral transform and calibration curve
# ----------------------------------------------------
#
# :math:`u = \Phi(z)` is uniform if the predicted distribution is right: its histogram is flat
# within the binomial error of a count, and its distribution function is the diagonal within
# Kolmogorov's :math:`1.36/\sqrt{n}`, which nineteen of twenty whole curves do not leave.

fig, axes = plt.subplots(2, 2, figsize=(7.6, 6.0), layout="constrained", sharey="row")
levels, n = np.linspace(0, 1, 101), len(test_y)
error = 1.96 * np.sqrt(n * 0.1 * 0.9)
for (name, values), (histogram, curve) in zip(z.items(), axes.T, strict=True):
    u = stats.norm.cdf(values)
    counts, *_ = histogram.hist(u, bins=np.linspace(0, 1, 11), edgecolor="k")
    histogram.axhspan(n / 10 - error, n / 10 + error, color="C1", alpha=0.4, lw=0)
    histogram.set(xlabel="PIT value u", ylabel="rows")
    share = np.array([(u <= level).mean() for level in levels])
    curve.axhspan(-1.36 / np.sqrt(n), 1.36 / np.sqrt(n), color="C1", alpha=0.4, lw=0)
    curve.plot(levels, share - levels)
    curve.set(xlabel="level", ylabel="share below it − level")
    p_value = stats.chisquare(counts).pvalue
    distance = stats.kstest(u, "uniform").statistic * np.sqrt(n)
    print(
        f"{name:7s}histogram: chi-square p = {p_value:.1e}   curve: distance × √n = {distance:.2f}"
    )
    assert (p_value > 0.001) == (distance < 1.36) == (name == "σ̂(x)")
axes[0, 0].set_title("One σ̂: too many in the middle")
axes[0, 1].set_title("σ̂(x): flat within error")
axes[1, 0].set_title("One σ̂: off the diagonal")
axes[1, 1].set_title("σ̂(x): on it, within error")
plt.show()

# %%
# Coverage, overall and by bin
# ----------------------------
#
# One number can hide two wrongs: the single :math:`\hat\sigma` covers about as much as promised
# overall, by covering too much on the left and too little on the right. A coverage is a binomial
# share, so it carries the error :math:`\sqrt{0.95 \cdot 0.05 / n}`.

fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for (name, (mean, sigma)), style in zip(models.items(), ("o--", "s-"), strict=True):
    ends = test_y, mean - 1.96 * sigma, mean + 1.96 * sigma
    shares = [float(coverage(*part)) for part in zip(*(end.chunk(5) for end in ends), strict=True)]
    ax.plot(range(1, 6), shares, style, label=name)
    print(f"{name:7s}all {float(coverage(*ends)):.3f}   by bin", *(f"{s:.3f}" for s in shares))
    furthest = max(abs(share - 0.95) for share in shares) / np.sqrt(0.95 * 0.05 / 200)
    assert (furthest < 3.3) == (name == "σ̂(x)"), furthest
half = 1.96 * np.sqrt(0.95 * 0.05 / 200)
ax.axhspan(0.95 - half, 0.95 + half, color="C7", alpha=0.3, lw=0, label="0.95 ± binomial error")
ax.set(xlabel="fifth of x, 200 rows each", ylabel="share inside mean ± 1.96 σ̂", xticks=range(1, 6))
ax.set_title("One σ̂ covers too much at first, too little at the end")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Check on rows not used in the fit, give every share its binomial error, and always cut coverage by
# something: overall it may be right by accident. A :math:`\hat\sigma` that is off by one factor
# everywhere can be rescaled, :ref:`sphx_glr_auto_gallery_training_plot_calibration.py`; one of the
# wrong shape, as here, needs another model, :ref:`unequal-variance`.
