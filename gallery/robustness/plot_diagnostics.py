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
# Standardised residuals
# ----------------------
#
# If the model is right, :math:`z = (y - \hat\mu)/\hat\sigma` is standard normal at every
# :math:`x`: a level band. The fitted values are nearly the line itself here, so residuals against
# them would be the same picture. Every fifth row is drawn.

z = {name: ((test_y - mean) / sigma)[:, 0].numpy() for name, (mean, sigma) in models.items()}
titles = "One σ̂: the residuals fan out", "σ̂(x): a level band"
fig, axes = plt.subplots(2, 1, figsize=(6.4, 5.6), layout="constrained", sharex=True)
for ax, values, title in zip(axes, z.values(), titles, strict=True):
    ax.plot(test_x[::5, 0], values[::5], ".", ms=3)
    for height in (-1.96, 1.96):
        ax.axhline(height, color="C1", ls="--")
    ax.set(ylabel="standardised residual", title=title, yticks=(-2, 0, 2))
axes[1].set_xlabel("x")
plt.show()

# %%
# Quantiles, probability integral transform, calibration curve, coverage by bin
# -----------------------------------------------------------------------------
#
# Ordered residuals lie on the diagonal of a Q–Q plot if they are standard normal. Their transform
# :math:`u = \Phi(z)` is then uniform: its histogram is flat within the binomial error of a count,
# and its distribution function is the diagonal within Kolmogorov's :math:`1.36/\sqrt{n}`, which
# nineteen of twenty whole curves do not leave.
#
# Coverage overall can hide two wrongs: the single :math:`\hat\sigma` covers about as much as
# promised by covering too much on the left and too little on the right. A coverage is a binomial
# share, so it carries the error :math:`\sqrt{0.95 \cdot 0.05 / n}`.

n, levels = len(test_y), np.linspace(0.01, 0.99, 50)
error = np.sqrt(0.95 * 0.05 / (n / 5))
counts, curves, shares = {}, {}, {}
for name, (mean, sigma) in models.items():
    u = stats.norm.cdf(z[name])
    counts[name], _ = np.histogram(u, bins=10, range=(0, 1))
    curves[name] = (u[:, None] <= levels).mean(0) - levels
    ends = test_y, mean - 1.96 * sigma, mean + 1.96 * sigma
    fifths = zip(*(end.chunk(5) for end in ends), strict=True)
    shares[name] = np.array([float(coverage(*fifth)) for fifth in fifths])

    p_value = stats.chisquare(counts[name]).pvalue
    distance = stats.kstest(z[name], "norm").statistic * np.sqrt(n)
    print(
        f"{name:7s}histogram: chi-square p = {p_value:.1e}   curve: distance × √n = {distance:.2f}"
    )
    print(f"       coverage {float(coverage(*ends)):.3f}   by fifths of x {shares[name]}")
    furthest = np.abs(shares[name] - 0.95).max() / error
    assert (p_value > 0.001) == (distance < 1.36) == (furthest < 3.3) == (name == "σ̂(x)")

# %%
# The four as pictures, with the range that chance leaves to a right model in grey.

fig, ((qq, pit), (curve, bins)) = plt.subplots(2, 2, figsize=(6.4, 6.4), layout="constrained")
for name, style in zip(models, ("C0--", "C1-"), strict=True):
    qq.plot(stats.norm.ppf(levels), np.quantile(z[name], levels), style, label=name)
    pit.stairs(counts[name], np.linspace(0, 1, 11), color=style[:2], ls=style[2:], lw=2)
    curve.plot(levels, curves[name], style)
    bins.plot(range(1, 6), shares[name], style, marker="o")
qq.axline((0, 0), slope=1, color="0.5", lw=1)
qq.legend()
half = 1.96 * np.sqrt(n * 0.1 * 0.9)
for ax, centre, width in [
    (pit, n / 10, half),
    (curve, 0, 1.36 / n**0.5),
    (bins, 0.95, 1.96 * error),
]:
    ax.axhspan(centre - width, centre + width, color="0.5", alpha=0.3, lw=0)
qq.set(xlabel="standard normal quantile", ylabel="quantile of residuals")
qq.set_title("Q–Q: one σ̂ has\nlong tails")
pit.set(xlabel="PIT value u", ylabel="rows", title="PIT: one σ̂ has\na hump")
curve.set(xlabel="level", ylabel="share below it − level", title="One σ̂ leaves\nthe diagonal")
bins.set(xlabel="fifth of x", ylabel="share inside ± 1.96 σ̂")
bins.set_title("One σ̂ covers too\nmuch, then too little")
for ax in (qq, pit, curve, bins):
    ax.locator_params(nbins=4)
plt.show()

# %%
# What to take away
# -----------------
#
# Check on rows not used in the fit, give every share its error, and always cut coverage by
# something: overall it may be right by accident. A :math:`\hat\sigma` that is off by one factor
# everywhere can be rescaled, :ref:`sphx_glr_auto_gallery_training_plot_calibration.py`; one of the
# wrong shape, as here, needs another model, :ref:`unequal-variance`.
