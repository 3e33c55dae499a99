r"""
Quantile regression with the pinball loss
=========================================

The pinball loss fits lines below which a given share of the rows lies, without a noise model.

The pinball loss (also: quantile loss) is minimised exactly, as a linear programme, on Engel's food
data (:cite:t:`engel1857`). Two lines are compared with published values. The loss: :ref:`losses`. A
Gaussian model of the same data: :ref:`sphx_glr_auto_gallery_robustness_plot_engel.py`.
"""

# %%
# The data
# --------
#
# These are income and food spending of 235 households, in francs.

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.optimize import linprog
from statsmodels.datasets import engel

frame = engel.load_pandas().data
x = frame["income"].to_numpy()
y = frame["foodexp"].to_numpy()
n = len(y)

# %%
# The pinball loss
# ----------------
#
# A target above the line costs :math:`\tau` per unit, one below it :math:`1 - \tau`. The best constant
# under this loss is the :math:`\tau`-quantile.


def pinball(prediction, target, tau):
    """Mean pinball loss, as one would write it for training."""
    error = target - prediction
    return torch.maximum(tau * error, (tau - 1) * error).mean()


targets = torch.tensor(y)
constants = targets.sort().values
losses = torch.stack([pinball(constant, targets, 0.9) for constant in constants])
best = constants[losses.argmin()].item()
print(f"best constant for τ = 0.9: {best:.2f}, share of rows up to it {(y <= best).mean():.3f}")
assert abs((y <= best).mean() - 0.9) <= 1 / n

# %%
# A line as a linear programme
# ----------------------------
#
# Each error is split into a positive and a negative part, whose costs are :math:`\tau` and
# :math:`1 - \tau`. Income is scaled for the solver.


def quantile_line(tau):
    """Intercept, slope and summed pinball loss of the best line."""
    costs = np.r_[0.0, 0.0, np.full(n, tau), np.full(n, 1 - tau)]
    equations = np.c_[np.ones(n), x / 1000, np.eye(n), -np.eye(n)]
    bounds = [(None, None)] * 2 + [(0, None)] * (2 * n)
    result = linprog(costs, A_eq=equations, b_eq=y, bounds=bounds)
    return result.x[0], result.x[1] / 1000, result.fun


lines = {tau: quantile_line(tau) for tau in (0.1, 0.5, 0.75, 0.9)}
for tau, (intercept, slope, loss) in lines.items():
    below = np.mean(y <= intercept + slope * x + 1e-6)
    print(f"τ = {tau:4}: {intercept:.3f} + {slope:.5f} x, share of rows below {below:.3f}")
    line = torch.from_numpy(intercept + slope * x)
    np.testing.assert_allclose(n * pinball(line, targets, tau).item(), loss, rtol=1e-8)
    assert abs(below - tau) <= 2 / n

# %%
# The lines for 0.1 and 0.9 enclose an interval of level 0.8.

low, high = (lines[tau][0] + lines[tau][1] * x for tau in (0.1, 0.9))
inside = np.mean((low <= y) & (y <= high))
print(f"share of rows between the lines for 0.1 and 0.9: {inside:.3f}")
assert abs(inside - 0.8) <= 4 / n

# %%
# Against published values
# ------------------------
#
# statsmodels' ``results_quantile_regression.py`` records Stata's median and upper quartile. Its data
# differ from these in their last digits, so six digits are compared. Stata's loss is twice the
# pinball loss.

published = {
    0.5: (81.48233, 0.5601805, 17559.932203),
    0.75: (62.39648, 0.6440143, 13058.500088),
}
for tau, stata in published.items():
    intercept, slope, loss = lines[tau]
    print(f"τ = {tau:4}, ours  {intercept:.5f} + {slope:.7f} x, twice the loss {2 * loss:.5f}")
    print(f"          Stata {stata[0]:.5f} + {stata[1]:.7f} x, twice the loss {stata[2]:.5f}")
    np.testing.assert_allclose((intercept, slope, 2 * loss), stata, rtol=2e-6)

# %%
# The fan
# -------
#
# The lines part to the right. The axes are logarithmic, to show the many households of low income.

fig, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
ax.loglog(x, y, ".", color="0.5", ms=4, rasterized=True)
grid = np.geomspace(x.min(), x.max(), 100)
styles = (":", "-", "-.", "--")
for (tau, (intercept, slope, _)), style in zip(lines.items(), styles, strict=True):
    ax.loglog(grid, intercept + slope * grid, style, label=f"τ = {tau}")
ticks = [300, 500, 1000, 2000, 4000]
ax.set_xticks(ticks, [str(tick) for tick in ticks])
ax.set_yticks(ticks[:4], [str(tick) for tick in ticks[:4]])
ax.minorticks_off()
ax.set(xlabel="income (francs)", ylabel="food expenditure (francs)")
ax.set_title("Quantile lines of food expenditure")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# The pinball loss for :math:`\tau` fits a line with a share :math:`\tau` of the rows below it.
# Two such lines make an interval without a density for the noise: that of 0.1 and 0.9 holds four
# fifths of these households.
