r"""
Leverage: robust losses do not protect against an outlier in x
==============================================================

A decimal point slips in a target or in an input, and MAE and Huber withstand only the first.

MAE and Huber's loss limit the pull of one *error*. In regression that pull is multiplied by the
input, so a wrong input far from the others still moves the line (:cite:p:`rousseeuw1987`). MSE, MAE,
Huber and a trimmed fit are compared. The pull of each loss: :ref:`losses`.
"""

# %%
# One slip of a decimal point
# ---------------------------
#
# In row 15 of twenty, either the target or the input is ten times too large.

import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
n, slip = 20, 15
x = torch.linspace(0.5, 5.0, n, dtype=torch.float64)
y = 1 + 2 * x + 0.3 * torch.randn(n, dtype=torch.float64)

wrong_y = y.clone()
wrong_y[slip] *= 10
wrong_x = x.clone()
wrong_x[slip] *= 10
cases = {"as recorded": (x, y), "slip in y": (x, wrong_y), "slip in x": (wrong_x, y)}

# %%
# Leverage
# --------
#
# The :term:`leverage` :math:`h_i` is the share of an observation's own target in its prediction,
# :math:`h_i = \mathbf{x}_i^\top(X^\top X)^{-1}\mathbf{x}_i`. It depends on the inputs alone, and the
# leverages sum to the number of coefficients. Twice the average, 2 × 2/20 here, is often called large.


def leverage(x):
    """Diagonal of the hat matrix of a line."""
    design = torch.stack([torch.ones_like(x), x], dim=1)
    return (design @ torch.linalg.pinv(design)).diagonal()


others = torch.arange(n) != slip
for name, (inputs, _) in cases.items():
    h = leverage(inputs)
    print(f"{name:12} leverage of row {slip}: {h[slip]:.3f}, largest other {h[others].max():.3f}")
    torch.testing.assert_close(h.sum(), torch.tensor(2.0, dtype=torch.float64))
assert leverage(wrong_x)[slip] > 0.9

# %%
# The slip in ``y`` leaves the leverages as they were.
#
# Four fits
# ---------
#
# Least squares (MSE) has a closed form. Huber's fit repeats it with weights from its own residuals.


def weighted_fit(x, y, weights):
    """Intercept and slope that minimise the weighted sum of squares."""
    root = weights.sqrt()[:, None]
    design = torch.stack([torch.ones_like(x), x], dim=1)
    return torch.linalg.lstsq(root * design, root * y[:, None]).solution[:, 0]


def huber(x, y):
    """Huber's fit, with a threshold of 1.345 robust standard deviations."""
    line = weighted_fit(x, y, torch.ones_like(x))
    for _ in range(60):
        errors = (y - line[0] - line[1] * x).abs()
        threshold = 1.345 * 1.4826 * errors.quantile(0.5)
        line = weighted_fit(x, y, (threshold / errors).clamp(max=1.0))
    return line


# %%
# A best line for MAE passes through two of the points, so all pairs are tried. The trimmed fit takes
# the line with the smallest sum of errors over its 15 closest rows, and fits least squares to them.

first, second = torch.combinations(torch.arange(n)).T


def mae(x, y, keep=n):
    """The line through two points that is best for MAE over its ``keep`` closest rows."""
    slopes = (y[second] - y[first]) / (x[second] - x[first])
    intercepts = y[first] - slopes * x[first]
    errors = (y - intercepts[:, None] - slopes[:, None] * x).abs().sort(dim=1).values
    best = errors[:, :keep].sum(dim=1).argmin()
    return torch.stack([intercepts[best], slopes[best]])


def trimmed(x, y, keep=15):
    """Least squares on the ``keep`` rows that some line fits best."""
    line = mae(x, y, keep)
    kept = (y - line[0] - line[1] * x).abs().argsort()[:keep]
    return weighted_fit(x[kept], y[kept], torch.ones(keep, dtype=torch.float64))


# %%
# With the slip in ``y``, MAE, Huber and trimming keep the slope. With the slip in ``x``, trimming
# alone keeps it.

fits = {}
print("slopes ", "".join(f"{name:>13}" for name in cases))
for case, (inputs, targets) in cases.items():
    fits["MSE", case] = weighted_fit(inputs, targets, torch.ones_like(inputs))
    fits["MAE", case] = mae(inputs, targets)
    fits["Huber", case] = huber(inputs, targets)
    fits["trimmed", case] = trimmed(inputs, targets)
for method in ("MSE", "MAE", "Huber", "trimmed"):
    slopes = [fits[method, case][1].item() for case in cases]
    print(f"{method:7}", "".join(f"{slope:13.3f}" for slope in slopes))

for method in ("MAE", "Huber", "trimmed"):
    assert abs(fits[method, "slip in y"][1] - 2) < 0.4
for method in ("MSE", "MAE", "Huber"):
    assert abs(fits[method, "slip in x"][1] - 2) > 1.0
assert abs(fits["trimmed", "slip in x"][1] - 2) < 0.4

# %%
# The wrong point lies outside the axes of the upper picture.

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), layout="constrained")
titles = ("Slip in y: only MSE moves", "Slip in x: only trimming holds")
for ax, case, title in zip(axes, ("slip in y", "slip in x"), titles, strict=True):
    inputs, targets = cases[case]
    ax.plot(inputs, targets, "o", color="0.5", ms=5, label="data")
    grid = torch.tensor([0.0, inputs.max().item() + 1])
    styles = {"MSE": "C0-", "MAE": "C1--", "Huber": "C2-.", "trimmed": "C3:"}
    for method, style in styles.items():
        intercept, slope = fits[method, case]
        width = 4 if method == "MSE" else 2
        alpha = 0.5 if method == "MSE" else 1.0
        ax.plot(grid, intercept + slope * grid, style, lw=width, alpha=alpha, label=method)
    ax.set(xlabel="x", ylabel="y", title=title, ylim=(-2, 18))
arrow = {"arrowstyle": "->"}
axes[0].annotate("wrong target, far above", (x[slip], 17.5), (0.5, 16), arrowprops=arrow)
axes[1].annotate("wrong input", (wrong_x[slip], y[slip]), (28, 3), arrowprops=arrow)
axes[0].legend(loc="lower right", ncols=2)
axes[1].legend(loc="upper right", ncols=2)
plt.show()

# %%
# What to take away
# -----------------
#
# MAE and Huber limit the pull of one target, and not that of one input.
# Compute the leverages: a row with a large one can pull the line to itself and have a small residual.
# Correct or drop a wrong input. The trimmed fit shows the line of the other rows.
