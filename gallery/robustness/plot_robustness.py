r"""
Outliers pull the MSE line and hardly move MAE or Huber
=======================================================

The same line is fitted under three losses, with and without four outliers.

The squared error, the absolute error and Huber's loss are first compared at fixed predictions, as
a loss table would show them. Then each of them *fits* a line to clean and to contaminated data,
which is the comparison that matters: a loss value says how large the errors are, a fit says what
they do to the model. The densities behind the three losses are on :ref:`losses`; when to leave MSE
is on :ref:`heavy-tails`.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import fit_linear, mean_squared_error

# %%
# Three losses at fixed predictions
# ---------------------------------
# Four small errors and one of 15. PyTorch's losses take ``(input, target)``, that is, the
# prediction first.

torch.manual_seed(42)
y_true = torch.tensor([1.0, 2.0, 3.0, 4.0, 20.0])  # 20.0 is an outlier
y_pred = torch.tensor([1.1, 2.1, 3.1, 4.1, 5.0])

losses = {"MSE": nn.MSELoss(), "MAE": nn.L1Loss(), "Huber": nn.HuberLoss(delta=1.0)}
for name, loss in losses.items():
    print(f"{name + ':':6} {loss(y_pred, y_true).item():.4f}")

# %%
# By hand, Huber's loss is half the square up to ``delta`` and a straight line beyond it. The three
# values have different units, so their sizes are not comparable; what can be compared is how fast
# each grows with the one bad error, and that is its slope.

e = y_pred - y_true
by_hand = torch.where(e.abs() <= 1.0, 0.5 * e**2, e.abs() - 0.5).mean()
torch.testing.assert_close(losses["Huber"](y_pred, y_true), by_hand)
torch.testing.assert_close(losses["MSE"](y_pred, y_true), mean_squared_error(y_true, y_pred))

slopes = {}
grid = torch.linspace(-5, 5, 201, requires_grad=True)
for name, loss in losses.items():
    total = loss(grid, torch.zeros_like(grid)) * len(grid)  # a sum: one slope per error
    (slopes[name],) = torch.autograd.grad(total, grid)
    print(f"{name + ':':6} largest slope for errors up to 5: {slopes[name].max().item():.1f}")

# %%
# The slope is the force with which one observation pulls on the fit. Under MSE it grows without
# limit; under MAE and Huber it has a ceiling.

fig, ax = plt.subplots(layout="constrained")
for (name, slope), style in zip(slopes.items(), ("-", "--", "-."), strict=True):
    ax.plot(grid.detach(), slope, style, label=name)
ax.set(xlabel="error of one prediction", ylabel="slope of its loss", ylim=(-5, 5))
ax.set_title("One error's pull on the fit:\nunbounded under MSE, bounded under MAE and Huber")
ax.legend()
plt.show()

# %%
# A line with and without outliers
# --------------------------------
# Forty points around a line; in the contaminated copy four readings are 15 too low. They lie to
# the right, but not outside the range of ``x``: leverage is another matter, shown in
# :ref:`sphx_glr_auto_gallery_robustness_plot_leverage.py`.

x = torch.linspace(-5, 5, 40, dtype=torch.float64)
clean = 1.0 + 2.0 * x + 0.5 * torch.randn(40, dtype=torch.float64)
contaminated = clean.clone()
contaminated[[30, 33, 36, 38]] -= 15.0


def fit_line(y, loss, n_steps=600):
    """Intercept and slope that minimise the loss, by Adam with a falling learning rate."""
    theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.984)
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss(theta[0] + theta[1] * x, y).backward()
        optimizer.step()
        schedule.step()
    return theta.detach()


fits = {}
for name, loss in losses.items():
    fits[name, 0], fits[name, 1] = fit_line(clean, loss), fit_line(contaminated, loss)
print("        intercept, slope without -> with outliers")
for name in losses:
    (a0, b0), (a1, b1) = fits[name, 0], fits[name, 1]
    print(f"{name:6}  {a0:6.3f}, {b0:.3f} -> {a1:6.3f}, {b1:.3f}")

# %%
# The optimiser is not taken at its word. MSE has a closed form. A best line for MAE passes through
# two of the points, so trying every pair finds its minimum exactly. Huber's estimate makes the
# clipped residuals orthogonal to the regressors.

i, j = torch.combinations(torch.arange(40)).T
for k, y in enumerate((clean, contaminated)):
    exact = fit_linear(x[:, None], y[:, None])
    closed_form = torch.tensor([exact.intercept, exact.coefficients[0]], dtype=torch.float64)
    torch.testing.assert_close(fits["MSE", k], closed_form, rtol=0, atol=1e-3)

    b = (y[j] - y[i]) / (x[j] - x[i])
    lines = (y[i] - b * x[i])[:, None] + b[:, None] * x
    a_hat, b_hat = fits["MAE", k]
    found, best = (y - a_hat - b_hat * x).abs().mean(), (y - lines).abs().mean(dim=1).min()
    torch.testing.assert_close(found, best, rtol=1e-3, atol=0)

    a_hat, b_hat = fits["Huber", k]
    clipped = (y - a_hat - b_hat * x).clamp(-1.0, 1.0)
    assert max(clipped.mean().abs(), (clipped * x).mean().abs()) < 1e-3

shift = {name: (fits[name, 1] - fits[name, 0])[1].abs() for name in losses}
assert max(shift["MAE"], shift["Huber"]) < shift["MSE"] / 5

# %%
# Without outliers the three lines agree; with them the MSE line alone leaves the bulk of the data.

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True, layout="constrained")
titles = ["Clean data: the three lines agree", "Four outliers: only the MSE line follows them"]
for k, (ax, y) in enumerate(zip(axes, (clean, contaminated), strict=True)):
    ax.plot(x, y, "o", color="0.5", markersize=4, label="data")
    for name, style in zip(losses, ("-", "--", "-."), strict=True):
        a_hat, b_hat = fits[name, k]
        ax.plot(x, a_hat + b_hat * x, style, label=name)
    ax.set(ylabel="y", title=titles[k])
axes[0].legend()
axes[1].set_xlabel("x")
plt.show()

# %%
# What to take away
# -----------------
# * A loss value at fixed predictions is not evidence for or against a loss. Fit, then look at the
#   line.
# * On clean Gaussian data the three fits nearly coincide, and MSE is the most precise of them
#   (:ref:`losses` gives the price of the other two in closed form).
# * Huber's ``delta`` and the errors share one unit. The default of 1 is twice this noise's
#   standard deviation; with another unit of ``y`` it would be another estimator
#   (:ref:`sphx_glr_auto_gallery_robustness_plot_stackloss.py`).
