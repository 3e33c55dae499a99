r"""
Heteroscedastic regression: least squares, weights, and a learned σ(x)
======================================================================

A line is fitted to data whose noise grows, with one σ, with known weights and with a learned σ(x).

The mean squared error (MSE) and its weighted form are first evaluated for an untrained model. Then
the line is *fitted*: by ordinary least squares, with weights :math:`1/\sigma_i^2` from a known
:math:`\sigma(x)`, and together with :math:`\sigma(x)`. Theory: :ref:`unequal-variance`.
"""

# %%
# Two losses of an untrained model
# --------------------------------
#
# The weights are inverse variances, scaled to sum to the number of rows.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(42)
n = 100
X = torch.linspace(0, 5, n).reshape(-1, 1)
noise_std = 0.1 + 0.3 * X.squeeze()
y = 2 * X.squeeze() + noise_std * torch.randn(n)

model = nn.Linear(1, 1)
with torch.no_grad():
    y_pred = model(X).squeeze()
weights = 1.0 / noise_std**2
weights = weights / weights.sum() * len(weights)
print(f"Standard MSE:  {torch.mean((y - y_pred) ** 2).item():.4f}")
print(f"Weighted MSE:  {torch.mean(weights * (y - y_pred) ** 2).item():.4f}")

# %%
# The weighted form counts the rows at small ``x`` for more. Neither number says which *fit* is better.
#
# Ordinary and weighted least squares
# -----------------------------------
#
# Weighted least squares multiplies each row by the root of its weight.

x = X.squeeze().double()
y = y.double()
noise_std = noise_std.double()
design = torch.stack([torch.ones_like(x), x], dim=1)


def least_squares(weights):
    """Intercept and slope that minimise the weighted sum of squares."""
    root = weights.sqrt()
    return torch.linalg.lstsq(root[:, None] * design, root[:, None] * y[:, None]).solution[:, 0]


ordinary = least_squares(torch.ones(n, dtype=torch.float64))
weighted = least_squares(1.0 / noise_std**2)

# %%
# A learned σ(x)
# --------------
#
# In the third fit :math:`\sigma(x)` is an unknown straight line, kept positive by a softplus. The
# negative log-likelihood (NLL) is minimised over all four numbers.

theta = torch.tensor([0.0, 0.0, 1.0, 1.0], dtype=torch.float64, requires_grad=True)


def predict():
    """Mean and standard deviation at each x."""
    level, growth = nn.functional.softplus(theta[2:])
    return design @ theta[:2], level + growth * x


def closure():
    """NLL and its gradient, as LBFGS asks for."""
    optimizer.zero_grad()
    mean, sigma = predict()
    loss = nn.functional.gaussian_nll_loss(mean, y, sigma**2)
    loss.backward()
    return loss


optimizer = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")
optimizer.step(closure)
with torch.no_grad():
    mean, sigma = predict()
growth = (sigma[-1] - sigma[0]) / 5
print(f"learned σ(x) = {sigma[0].item():.3f} + {growth.item():.3f} x, used 0.1 + 0.3 x")

# %%
# The line is the weighted least-squares line for the learned :math:`\sigma(x)`.

torch.testing.assert_close(theta.detach()[:2], least_squares(1.0 / sigma**2), rtol=0, atol=1e-3)

# %%
# Side by side
# ------------
#
# The ordinary fit has one :math:`\hat\sigma`, the root of its MSE. The table shows each fit's slope,
# its NLL, and the share of rows within two :math:`\sigma` of the line by third of ``x``.

one_sigma = (y - design @ ordinary).square().mean().sqrt().expand(n)
fits = {
    "ordinary": (design @ ordinary, one_sigma),
    "weighted": (design @ weighted, noise_std),
    "learned": (mean, sigma),
}
nll = {}
print("          slope      NLL   share within 2 σ, by third of x")
for name, (m, s) in fits.items():
    slope = (m[-1] - m[0]) / 5
    nll[name] = -torch.distributions.Normal(m, s).log_prob(y).sum()
    inside = ((y - m).abs() <= 2 * s).double()
    shares = "  ".join(f"{third.mean().item():.2f}" for third in inside.tensor_split(3))
    print(f"{name:8} {slope.item():6.3f} {nll[name].item():8.3f}   {shares}")

# %%
# The slopes are close. The band of the ordinary fit is too wide on the left and too narrow on the
# right, and its NLL is the largest.

assert nll["learned"] < nll["weighted"] < nll["ordinary"] - 10
assert one_sigma[0] > 2 * noise_std[0]
assert one_sigma[-1] < noise_std[-1]

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.0), sharex=True, sharey=True, layout="constrained")
titles = (
    "One σ: too wide on the left,\ntoo narrow on the right",
    "Learned σ(x): the band widens with the data",
)
for ax, name, title in zip(axes, ("ordinary", "learned"), titles, strict=True):
    m, s = fits[name]
    ax.plot(x, y, "o", color="0.5", ms=4, label="data")
    ax.plot(x, m, "C0", label="fitted line")
    ax.fill_between(x, m - 2 * s, m + 2 * s, color="C0", alpha=0.2, label="± 2 σ")
    ax.set(ylabel="y", title=title)
axes[0].legend(loc="upper left")
axes[1].set_xlabel("x")
plt.show()

# %%
# What to take away
# -----------------
#
# With unequal variance the slope of least squares can be close and its one :math:`\hat\sigma` wrong.
# A known :math:`\sigma(x)` gives weights
# (:ref:`sphx_glr_auto_gallery_robustness_plot_weighted_least_squares.py`).
# An unknown one is fitted together with the line, by the NLL.
