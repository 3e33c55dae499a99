r"""
Diagnostics of a noise model: residuals, PIT histogram and coverage by bin
==========================================================================

Three checks on new rows show which of two noise models is wrong.

The noise of these data grows with :math:`x`. The wrong model has one :math:`\hat\sigma`, the right
one a :math:`\hat\sigma(x)`; their lines nearly coincide. How to read each check, and others:
:ref:`diagnostics`.
"""

# %%
# Many rows to fit, fewer to judge
# --------------------------------
#
# The bands below are those for *known* parameters. A right model with estimated ones leaves its band
# more often. With ten times as many rows for the fit as for the checks, the difference is small.

import math

import matplotlib.pyplot as plt
import torch
from scipy import stats
from torch import nn
from torch.distributions import Normal

torch.manual_seed(0)
n = 500


def draw(rows):
    """A line with noise that grows along it."""
    x = 5 * torch.rand(rows, dtype=torch.float64)
    return x, 2 * x + (0.1 + 0.3 * x) * torch.randn(rows, dtype=torch.float64)


train_x, train_y = draw(10 * n)
x, y = draw(n)

# %%
# Two models
# ----------
#
# Both are fitted by maximum likelihood: the wrong one by least squares, the right one with LBFGS.

design = torch.stack([torch.ones_like(train_x), train_x], dim=1)
line = torch.linalg.lstsq(design, train_y[:, None]).solution[:, 0]
one_sigma = (train_y - design @ line).square().mean().sqrt()

theta = torch.zeros(4, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")


def right_model(x):
    """Line, and a standard deviation that grows along it."""
    level, growth = nn.functional.softplus(theta[2:])
    return theta[0] + theta[1] * x, level + growth * x


def closure():
    """Mean NLL and its gradient."""
    optimizer.zero_grad()
    loss = -Normal(*right_model(train_x)).log_prob(train_y).mean()
    loss.backward()
    return loss


optimizer.step(closure)
with torch.no_grad():
    right = right_model(x)
wrong = (line[0] + line[1] * x, one_sigma.expand(n))
models = {"one σ̂": wrong, "σ̂(x)": right}

# %%
# Standardised residuals
# ----------------------
#
# With the right model :math:`z = (y - \hat\mu)/\hat\sigma` is standard normal at each :math:`x`.

z = {name: (y - mean) / sigma for name, (mean, sigma) in models.items()}
fig, axes = plt.subplots(2, 1, figsize=(6.4, 5.6), layout="constrained", sharex=True)
titles = "One σ̂: the residuals fan out", "σ̂(x): a level band"
for ax, values, title in zip(axes, z.values(), titles, strict=True):
    ax.plot(x, values, ".", ms=3, rasterized=True)
    for height in (-1.96, 1.96):
        ax.axhline(height, color="C1", ls="--")
    ax.set(ylabel="standardised residual", title=title, yticks=(-2, 0, 2))
axes[1].set_xlabel("x")
plt.show()

# %%
# Probability integral transform (PIT)
# ------------------------------------
#
# With the right model :math:`u = \Phi(z)` is uniform, so its histogram is flat up to the binomial
# error of each count. A chi-square test gives one p-value for the ten counts.

counts = {}
p_values = {}
for name, values in z.items():
    u = Normal(0.0, 1.0).cdf(values)
    counts[name] = torch.histc(u, bins=10, min=0, max=1)
    p_values[name] = stats.chisquare(counts[name].numpy()).pvalue
    print(f"{name:6} PIT histogram: p = {p_values[name]:.1e}")
assert p_values["one σ̂"] < 0.001
assert p_values["σ̂(x)"] > 0.001, "one right model in a thousand is rejected"

# %%
# Coverage by bin
# ---------------
#
# Over all rows the single :math:`\hat\sigma` covers nearly as often as promised, but too often on the
# left and too rarely on the right. A share has a binomial error.

bins = torch.argsort(x).chunk(5)
shares = {}
for name, values in z.items():
    inside = (values.abs() <= 1.96).double()
    shares[name] = torch.stack([inside[rows].mean() for rows in bins])
    by_bin = " ".join(f"{share:.2f}" for share in shares[name])
    print(f"{name:6} coverage {inside.mean():.3f}, by fifths of x: {by_bin}")

error = math.sqrt(0.95 * 0.05 / (n / 5))
assert (shares["σ̂(x)"] - 0.95).abs().max() < 4 * error, "a rare sample"
assert shares["one σ̂"][0] == 1
assert shares["one σ̂"][-1] < 0.95 - 2 * error

# %%
# Grey marks the range of 95 % of samples for one bin of a right model.

fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.8), layout="constrained")
edges = torch.linspace(0, 1, 11)
for name, style in {"one σ̂": "--", "σ̂(x)": "-"}.items():
    left.stairs(counts[name], edges, ls=style, lw=2, label=name)
    right.plot(range(1, 6), shares[name], style, marker="o", label=name)
half = 1.96 * math.sqrt(n * 0.1 * 0.9)
left.axhspan(n / 10 - half, n / 10 + half, color="0.5", alpha=0.3, lw=0)
left.set(xlabel="PIT value u", ylabel="rows", ylim=(0, None))
left.set_title("PIT: one σ̂ has a hump")
right.axhspan(0.95 - 1.96 * error, 1, color="0.5", alpha=0.3, lw=0)
right.axhline(0.95, color="0.3", ls=":", label="promised")
right.set(xlabel="fifth of x", ylabel="share within ± 1.96 σ̂", ylim=(0.75, 1.01))
right.set_title("One σ̂ covers too much,\nthen too little")
right.legend(loc="lower left")
plt.show()

# %%
# What to take away
# -----------------
#
# Check on rows that were not used in the fit, and compute the error of each count and share.
# Compute coverage by bin: over all rows it was nearly right for the wrong model.
# What to do about unequal variance: :ref:`unequal-variance`.
