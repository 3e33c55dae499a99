r"""
Unequal variance: weight by 1/σ², or learn σ(x) beside the mean
===============================================================

A straight line is fitted by ordinary least squares, by weighted least squares and with its own
noise model.

The noise of these data grows with ``x``. The mean squared error and its weighted form are first
evaluated for an untrained model, then the line is *fitted* three ways: all observations alike,
weights :math:`1/\sigma_i^2` from a known :math:`\sigma(x)`, and :math:`\sigma(x)` estimated
together with the mean by :func:`~mse_nll.heteroscedastic_negative_log_likelihood`. The argument is
on :ref:`unequal-variance`.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import (
    coverage,
    fit_linear,
    heteroscedastic_data,
    heteroscedastic_negative_log_likelihood,
    negative_log_likelihood,
)

torch.manual_seed(42)
X, y, noise_std = heteroscedastic_data(100)  # noise_std = 0.1 + 0.3 x, y = 2 x + noise

# %%
# Two losses of a model that was never fitted
# -------------------------------------------
# The weights are inverse variances, scaled to sum to the number of rows.

model = nn.Linear(1, 1)
with torch.no_grad():
    y_pred = model(X)
weights = 1.0 / noise_std**2
weights = weights / weights.sum() * len(weights)
standard, weighted = (y - y_pred) ** 2, weights * (y - y_pred) ** 2
print(f"Standard MSE:  {standard.mean().item():.4f}")
print(f"Weighted MSE:  {weighted.mean().item():.4f}")

# %%
# The second number is smaller because the weights moved the average to small ``x``, where this
# model's errors happen to be small. Neither number says which *fit* is better.
#
# Three fits
# ----------
# Ordinary and weighted least squares have closed forms.

X, y, noise_std = X.double(), y.double(), noise_std.double()
ordinary = fit_linear(X, y)
weighted_fit = fit_linear(X, y, weights=1.0 / noise_std**2)

# %%
# The third fit does not know :math:`\sigma(x)`. It assumes a straight line for it, kept positive
# by a softplus, and minimises the negative log-likelihood over all four numbers at once.

theta = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")


def predict(theta):
    """Mean and standard deviation at every x."""
    intercept, slope = nn.functional.softplus(theta[2:])
    return theta[0] + theta[1] * X, intercept + slope * X


def closure():
    """NLL and its gradient."""
    optimizer.zero_grad()
    mean, sigma = predict(theta)
    loss = heteroscedastic_negative_log_likelihood(y, mean, 2 * sigma.log(), reduction="mean")
    loss.backward()
    return loss


optimizer.step(closure)
mean, sigma = (value.detach() for value in predict(theta))
print(f"fitted noise: {sigma[0].item():.3f} + {((sigma[-1] - sigma[0]) / 5).item():.3f} x")

# %%
# At its optimum the mean must be the weighted least-squares line for the weights
# :math:`1/\hat\sigma(x)^2`. That is checked with the closed form.

check = fit_linear(X, y, weights=1.0 / sigma**2)
torch.testing.assert_close(theta[1].detach(), check.coefficients[0], rtol=1e-4, atol=0)

# %%
# Side by side
# ------------
# The ordinary fit's band has one width; its likelihood is evaluated with its maximum-likelihood
# :math:`\hat\sigma`, that of the weighted fit with the true :math:`\sigma(x)`.

rows = {
    "ordinary": (ordinary.predict(X).mean, torch.full_like(X, ordinary.sigma)),
    "weighted": (weighted_fit.predict(X).mean, noise_std),
    "modelled": (mean, sigma),
}
print("          slope      NLL   share inside ±1.96σ, by third of x")
for name, (m, s) in rows.items():
    nll = negative_log_likelihood(y, m, s)
    slope = ((m[-1] - m[0]) / (X[-1] - X[0])).item()
    thirds = (slice(0, 33), slice(33, 66), slice(66, 100))
    parts = [coverage(y[t], (m - 1.96 * s)[t], (m + 1.96 * s)[t]).item() for t in thirds]
    print(f"{name:8} {slope:6.3f} {nll.item():8.3f}   " + "  ".join(f"{p:.2f}" for p in parts))

# %%
# The three slopes are close. What the ordinary fit gets wrong is the noise: its band is too wide
# on the left and too narrow on the right, and its NLL is clearly the largest.

nll = {name: negative_log_likelihood(y, *row).item() for name, row in rows.items()}
assert nll["modelled"] < nll["ordinary"] - 10

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True, sharey=True, layout="constrained")
titles = ("One σ: too wide on the left,\ntoo narrow on the right", "σ(x) learned: right everywhere")
for ax, name, title in zip(axes, ("ordinary", "modelled"), titles, strict=True):
    m, s = (value.flatten() for value in rows[name])
    ax.plot(X, y, "o", color="0.5", markersize=4, label="data")
    ax.plot(X, m, "C0", label="fitted mean")
    ax.fill_between(X.flatten(), m - 1.96 * s, m + 1.96 * s, color="C0", alpha=0.2, label="±1.96 σ")
    ax.set(ylabel="y", title=title)
axes[0].legend(loc="upper left")
axes[1].set_xlabel("x")
plt.show()

# %%
# What weighting buys, over many data sets
# ----------------------------------------
# With the design held fixed, both slopes are linear in ``y``, so their standard deviations are
# known exactly. They are compared with a simulation, and with the standard error an ordinary fit
# reports on average.

A = torch.cat([torch.ones_like(X), X], dim=1)
noise = noise_std * torch.randn(100, 4000, dtype=torch.float64)  # one data set a column
W = 1.0 / noise_std**2
maps = {
    "ordinary": torch.linalg.solve(A.T @ A, A.T),
    "weighted": torch.linalg.solve(A.T @ (W * A), (W * A).T),
}
spread = {}
for name, matrix in maps.items():
    spread[name] = (matrix[1] ** 2 @ noise_std**2).sqrt().item()  # exact
    simulated = (matrix[1] @ noise).std().item()
    print(f"{name}: the slope's standard deviation {spread[name]:.4f}, simulated {simulated:.4f}")
    assert abs(simulated / spread[name] - 1) < 0.05  # four times its standard error
residuals = noise - A @ (maps["ordinary"] @ noise)
inverse = torch.linalg.inv(A.T @ A)
claimed = (residuals.square().sum(0) / 98 * inverse[1, 1]).sqrt().mean().item()
print(f"standard error that the ordinary fit reports: {claimed:.4f}")
assert max(spread["weighted"], claimed) < spread["ordinary"]

# %%
# What to take away
# -----------------
# * Unequal variance does not bias the ordinary slope; it wastes data, misstates the standard error
#   and makes one band of prediction wrong nearly everywhere.
# * Weights are :math:`1/\sigma_i^2`. When :math:`\sigma` is not known it is part of the model, and
#   the NLL fits both.
# * A network replaces the two straight lines with two outputs (:ref:`mean-and-variance`).
