r"""
Heteroscedastic regression with a model of σ(x): Engel's food data
==================================================================

The food spending of 235 households is fitted with one noise level and with one that grows.

In Engel's data (:cite:t:`engel1857`, as used by :cite:t:`koenker2005`) richer households differ more
from each other. A line with one :math:`\hat\sigma` is compared with a line with
:math:`\sigma(x) = e^{a}\,x^{c}`, whose parameters are estimated together. Theory:
:ref:`unequal-variance`. Quantiles of the same data:
:ref:`sphx_glr_auto_gallery_robustness_plot_quantile_regression.py`.
"""

# %%
# The data
# --------
#
# Income and food spending are counted in thousands of francs.

import math

import matplotlib.pyplot as plt
import torch
from statsmodels.datasets import engel
from torch.distributions import Normal

frame = engel.load_pandas().data.sort_values("income")
x = torch.tensor(frame["income"].to_numpy()) / 1000
y = torch.tensor(frame["foodexp"].to_numpy()) / 1000
n = len(y)
design = torch.stack([torch.ones_like(x), x], dim=1)

# %%
# One noise level
# ---------------
#
# The line is that of least squares, and :math:`\hat\sigma` the root of its MSE.


def least_squares(weights):
    """Intercept and slope that minimise the weighted sum of squares."""
    root = weights.sqrt()[:, None]
    return torch.linalg.lstsq(root * design, root * y[:, None]).solution[:, 0]


ordinary = least_squares(torch.ones_like(x))
one_sigma = (y - design @ ordinary).square().mean().sqrt()
print(f"one σ: {ordinary[0]:.4f} + {ordinary[1]:.4f} x, σ̂ {one_sigma:.4f}")

# %%
# A noise level that is fitted
# ----------------------------
#
# The line and :math:`\log \sigma(x) = a + c \log x` have four numbers. They minimise one negative
# log-likelihood (NLL).

theta = torch.tensor([0.1, 0.5, -2.0, 1.0], dtype=torch.float64, requires_grad=True)


def predict():
    """Mean and standard deviation of each household."""
    return design @ theta[:2], (theta[2] + theta[3] * x.log()).exp()


def closure():
    """NLL and its gradient, as LBFGS asks for."""
    optimizer.zero_grad()
    loss = -Normal(*predict()).log_prob(y).mean()
    loss.backward()
    return loss


settings = {"max_iter": 500, "tolerance_grad": 1e-9, "tolerance_change": 1e-13}
optimizer = torch.optim.LBFGS([theta], line_search_fn="strong_wolfe", **settings)
optimizer.step(closure)
with torch.no_grad():
    mean, sigma = predict()
print(f"σ(x):  {theta[0]:.4f} + {theta[1]:.4f} x, σ(x) as x to the power {theta[3]:.3f}")

# %%
# The fitted line is the weighted least-squares line for the fitted variances.

torch.testing.assert_close(theta.detach()[:2], least_squares(1 / sigma**2), rtol=1e-5, atol=1e-6)

# %%
# Which model do the data prefer?
# -------------------------------
#
# The fits have three and four parameters, with :math:`\sigma` counted. AIC adds two for each
# parameter to twice the NLL.

bands = {"one σ": (design @ ordinary, one_sigma.expand(n)), "σ(x)": (mean, sigma)}
aic = {}
for (name, (m, s)), k in zip(bands.items(), (3, 4), strict=True):
    nll = -Normal(m, s).log_prob(y).sum().item()
    aic[name] = 2 * nll + 2 * k
    print(f"{name:5} NLL {nll:8.3f}, AIC {aic[name]:8.3f}")
assert aic["σ(x)"] < aic["one σ"] - 10

# %%
# Where the bands cover
# ---------------------
#
# Over all households both bands cover nearly the same share. By third of income they differ: the
# band with one :math:`\sigma` misses nobody in the lower two thirds.

shares = {}
for name, (m, s) in bands.items():
    inside = ((y - m).abs() <= 1.96 * s).double()
    shares[name] = [third.mean().item() for third in inside.tensor_split(3)]
    by_third = "  ".join(f"{share:.3f}" for share in shares[name])
    print(f"{name:5} all {inside.mean():.3f}, lower, middle and upper third {by_third}")

error = math.sqrt(0.95 * 0.05 / (n / 3))
print(f"binomial standard error in a third: {error:.3f}")
assert shares["one σ"][:2] == [1.0, 1.0]
assert 0.95 ** (2 * n // 3) < 0.001  # the chance to miss nobody in two thirds, at 95 % each

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), sharex=True, sharey=True, layout="constrained")
titles = ("One σ: the band misses nobody at low incomes", "σ(x): the band opens with the data")
for ax, (m, s), title in zip(axes, bands.values(), titles, strict=True):
    ax.plot(x, y, ".", color="0.5", ms=4, rasterized=True)
    ax.plot(x, m, "C0", label="fitted line")
    ax.fill_between(x, m - 1.96 * s, m + 1.96 * s, color="C0", alpha=0.2, label="± 1.96 σ")
    ax.set(ylabel="food expenditure (1000 francs)", title=title, ylim=(-0.2, 2.5))
axes[0].legend(loc="lower right")
axes[1].set(xlabel="income (1000 francs)", xlim=(0.3, 3.2))
plt.show()

# %%
# The household of the highest income lies to the right of the axes.

print(f"highest income: {x.max():.2f}")
assert (x > 3.2).sum() == 1

# %%
# What to take away
# -----------------
#
# Check coverage by group: over all rows it can look right while it is too high in one group and too
# low in another.
# One more parameter, for :math:`\sigma(x)`, lowers AIC here.
