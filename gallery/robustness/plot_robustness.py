r"""
Outliers: MSE, MAE and Huber loss compared
==========================================

Four outliers move the slope of MSE more than three times as far as those of MAE and Huber.

The three losses are first computed at fixed predictions. Then each of them *fits* a line to the same
data with and without the outliers. The densities behind the losses: :ref:`losses`. When to leave MSE:
:ref:`heavy-tails`.
"""

# %%
# Three losses at fixed predictions
# ---------------------------------
#
# Four errors are small and one is 15. PyTorch's losses take the prediction first.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(42)
y_true = torch.tensor([1.0, 2.0, 3.0, 4.0, 20.0])  # 20.0 is an outlier
y_pred = torch.tensor([1.1, 2.1, 3.1, 4.1, 5.0])

losses = {"MSE": nn.MSELoss(), "MAE": nn.L1Loss(), "Huber": nn.HuberLoss(delta=1.0)}
for name, loss in losses.items():
    print(f"{name + ':':6} {loss(y_pred, y_true).item():.4f}")

# %%
# Compare how much one error contributes to the gradient, rather than the values of different losses.

for name, loss in losses.items():
    prediction = y_pred.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(prediction, y_true), prediction)
    ratio = (gradient[-1] / gradient[0]).abs().item()
    print(f"{name + ':':6} the outlier pulls {ratio:.1f} times as hard as another row")

# %%
# Under MSE the pull is proportional to the error, under MAE it has one size, and under Huber it is
# proportional up to ``delta`` and then constant.
#
# A line with and without outliers
# --------------------------------
#
# In the contaminated copy of forty points, four targets are 15 too low.

x = torch.linspace(-5, 5, 40, dtype=torch.float64)
clean = 1.0 + 2.0 * x + 0.5 * torch.randn(40, dtype=torch.float64)
contaminated = clean.clone()
contaminated[[30, 33, 36, 38]] -= 15.0


# %%
# Each loss is minimised by Adam.


def fit_line(y, loss):
    """Intercept and slope, with a falling learning rate."""
    line = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([line], lr=0.3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.984)
    for _ in range(600):
        optimizer.zero_grad()
        loss(line[0] + line[1] * x, y).backward()
        optimizer.step()
        schedule.step()
    return line.detach()


without = {name: fit_line(clean, loss) for name, loss in losses.items()}
with_outliers = {name: fit_line(contaminated, loss) for name, loss in losses.items()}
print("        intercept, slope without -> with outliers")
for name in losses:
    a0, b0 = without[name].tolist()
    a1, b1 = with_outliers[name].tolist()
    print(f"{name:6}  {a0:6.3f}, {b0:.3f} -> {a1:6.3f}, {b1:.3f}")

# %%
# Has the optimiser found the minima?
# -----------------------------------
#
# MSE has a closed form. A best line for MAE passes through two of the points, so all pairs are
# tried. At Huber's minimum the clipped residuals are orthogonal to the design.

design = torch.stack([torch.ones_like(x), x], dim=1)
exact = torch.linalg.lstsq(design, contaminated[:, None]).solution[:, 0]
torch.testing.assert_close(with_outliers["MSE"], exact, rtol=0, atol=1e-3)

i, j = torch.combinations(torch.arange(40)).T
slopes = (contaminated[j] - contaminated[i]) / (x[j] - x[i])
lines = torch.stack([contaminated[i] - slopes * x[i], slopes])
smallest = (contaminated[:, None] - design @ lines).abs().mean(dim=0).min()
found = (contaminated - design @ with_outliers["MAE"]).abs().mean()
torch.testing.assert_close(found, smallest, rtol=1e-3, atol=0)

clipped = (contaminated - design @ with_outliers["Huber"]).clamp(-1.0, 1.0)
torch.testing.assert_close(design.T @ clipped / 40, torch.zeros(2).double(), rtol=0, atol=1e-3)

# %%
# The lines
# ---------
#
# With the outliers the MSE line leaves the other two.

shift = {name: (with_outliers[name] - without[name])[1].abs() for name in losses}
assert max(shift["MAE"], shift["Huber"]) < shift["MSE"] / 3

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True, layout="constrained")
panels = [
    (clean, without, "Without outliers the three lines nearly coincide"),
    (contaminated, with_outliers, "Four outliers: only the MSE line follows them"),
]
for ax, (targets, fits, title) in zip(axes, panels, strict=True):
    ax.plot(x, targets, "o", color="0.5", ms=4, label="data")
    for name, style in {"MSE": "C0-", "MAE": "C1--", "Huber": "C2-."}.items():
        ax.plot(x, design @ fits[name], style, label=name)
    ax.set(ylabel="y", title=title)
axes[0].legend()
axes[1].set_xlabel("x")
plt.show()

# %%
# What to take away
# -----------------
#
# Values of different losses do not rank them: fit with each, and look at the lines.
# Huber's ``delta`` has the unit of ``y``
# (:ref:`sphx_glr_auto_gallery_robustness_plot_stackloss.py`).
# Outliers in ``x``: :ref:`sphx_glr_auto_gallery_robustness_plot_leverage.py`.
