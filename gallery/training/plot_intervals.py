r"""
Confidence and prediction intervals of a linear regression
==========================================================

One interval is for the mean at a point, the other for a new observation there.

Both intervals are computed for one line. Their coverage is counted over thousands of samples, with
Student's t and with the large-sample values. Theory: :ref:`uncertainty`.
"""

# %%
# A line fitted to few points
# ---------------------------

import math

import matplotlib.pyplot as plt
import torch
from scipy import stats

torch.manual_seed(0)
sigma, n, p = 0.5, 12, 2


def design(x):
    """A column of ones beside the inputs."""
    return torch.stack([torch.ones_like(x), x], dim=1)


x = torch.linspace(0, 5, n, dtype=torch.float64)
y = 1 + 2 * x + sigma * torch.randn(n, dtype=torch.float64)
X = design(x)
coefficients = torch.linalg.lstsq(X, y[:, None]).solution[:, 0]
residual_sum = (y - X @ coefficients).square().sum()
variance = residual_sum / (n - p)
print(f"line {coefficients[0]:.3f} + {coefficients[1]:.3f} x, σ̂ {variance.sqrt():.3f}")

# %%
# The mean, or a new observation?
# -------------------------------
#
# The variance of the fitted line at :math:`\mathbf x_0` is :math:`\sigma^2` times the leverage
# :math:`h = \mathbf x_0^\top (X^\top X)^{-1} \mathbf x_0`. A new observation has noise of its own, so
# its variance is :math:`\sigma^2 (1 + h)`, which stays above :math:`\sigma^2`.

grid = torch.linspace(-1, 6, 100, dtype=torch.float64)
Z = design(grid)
line = Z @ coefficients
leverage = (Z @ torch.linalg.inv(X.T @ X) * Z).sum(dim=1)

t = stats.t.ppf(0.975, n - p)
confidence = t * (variance * leverage).sqrt()
prediction = t * (variance * (1 + leverage)).sqrt()

fig, ax = plt.subplots(layout="constrained")
ax.plot(x, y, "ko", ms=4, label="data")
ax.plot(grid, line, "C0-", label="fit")
ax.plot(grid, line - confidence, "C0--", label="95 % confidence interval of the mean")
ax.plot(grid, line + confidence, "C0--")
ax.plot(grid, line - prediction, "C1:", label="95 % prediction interval")
ax.plot(grid, line + prediction, "C1:")
ax.set(xlabel="x", ylabel="y")
ax.set_title("A new observation is less certain than the mean")
ax.legend()
plt.show()

# %%
# Coverage, counted
# -----------------
#
# Both intervals at :math:`x_0 = 4` are built twice: with Student's t and :math:`n - p`, and as for
# large samples, with 1.96 and the maximum likelihood :math:`\hat\sigma`.

repetitions = 20_000


def half_width_factors(n):
    """Multiple of the root of (residual sum × spread) that is a half-width, for both methods."""
    return {
        "Student's t": stats.t.ppf(0.975, n - p) / math.sqrt(n - p),
        "large-sample": 1.96 / math.sqrt(n),
    }


# %%
# Each row of the noise is one sample. The errors of the estimates do not depend on the line, which is
# left out.


def count(n):
    """Share of samples whose intervals hold the mean, and a new observation, at x0."""
    X = design(torch.linspace(0, 5, n, dtype=torch.float64))
    x0 = torch.tensor([1.0, 4.0], dtype=torch.float64)
    noise = sigma * torch.randn(repetitions, n, dtype=torch.float64)
    new_noise = sigma * torch.randn(repetitions, dtype=torch.float64)
    error = noise @ torch.linalg.pinv(X).T  # estimates minus truth
    residual_sum = (noise - error @ X.T).square().sum(dim=1)
    leverage = x0 @ torch.linalg.inv(X.T @ X) @ x0
    shares = {}
    for name, factor in half_width_factors(n).items():
        mean_width = factor * (residual_sum * leverage).sqrt()
        new_width = factor * (residual_sum * (1 + leverage)).sqrt()
        shares[name, "mean"] = ((error @ x0).abs() <= mean_width).double().mean().item()
        missed = (error @ x0 - new_noise).abs()
        shares[name, "new observation"] = (missed <= new_width).double().mean().item()
    return shares


# %%
# The coverage of the large-sample intervals is known:
# :math:`P\bigl(|t_{n-p}| < 1.96\sqrt{(n-p)/n}\bigr)`. Each method is printed for the mean first, then
# for a new observation.


def large_sample_coverage(n):
    """Exact coverage of the large-sample intervals."""
    return 1 - 2 * stats.t.sf(1.96 * math.sqrt((n - p) / n), n - p)


sizes = [4, 6, 8, 12, 20, 50, 100]
counted = [count(n) for n in sizes]
for n, shares in zip(sizes, counted, strict=True):
    exact = {"Student's t": 0.95, "large-sample": large_sample_coverage(n)}
    for (method, target), share in shares.items():
        error = math.sqrt(exact[method] * (1 - exact[method]) / repetitions)
        assert abs(share - exact[method]) < 5 * error, (n, method, target)
    printed = [f"{method} {share:.3f}" for (method, _), share in shares.items()]
    print(f"n = {n:3}:", ", ".join(printed))

# %%
fig, ax = plt.subplots(layout="constrained")
markers = ["C0o", "C0s", "C1^", "C1D"]
for (method, target), marker in zip(counted[0], markers, strict=True):
    shares = [by_size[method, target] for by_size in counted]
    ax.semilogx(sizes, shares, marker, mfc="none", label=f"{method}, {target}")
ax.plot(sizes, [0.95] * len(sizes), "C0-", lw=1, label="exact, Student's t")
ax.plot(sizes, [large_sample_coverage(n) for n in sizes], "C1--", lw=1, label="exact, large-sample")
ax.set_xticks(sizes, [str(n) for n in sizes])
ax.minorticks_off()
ax.set(xlabel="points in the sample, n", ylabel="share of intervals that cover")
ax.set_title(
    "Intervals with Student's t cover as promised;\nlarge-sample ones too rarely at small n"
)
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Say whether an interval is for the mean or for a new observation: the second is wider.
# With few points use :math:`n - p` and Student's t. The large-sample intervals cover too rarely
# there, and come close to the level as :math:`n` grows.
