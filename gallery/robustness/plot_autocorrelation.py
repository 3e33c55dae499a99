r"""
Autocorrelated errors: the standard error of least squares is too small
=======================================================================

If errors and input are both autocorrelated, 95 % intervals of least squares cover far too rarely.

The errors follow :math:`\varepsilon_t = \rho\,\varepsilon_{t-1} + u_t` (AR(1)), and so does the
input. Least squares is compared with generalised least squares (GLS), which allows for
:math:`\rho`. Theory: :ref:`dependence`.
"""

# %%
# Two series that wander
# ----------------------
#
# The correlation of errors :math:`t` and :math:`s` is :math:`\rho^{|t - s|}`. A Cholesky factor turns
# independent draws into such series.

import math

import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
n, rho = 200, 0.8
times = torch.arange(n, dtype=torch.float64)
correlation = rho ** (times[:, None] - times).abs()
root = torch.linalg.cholesky(correlation)

x = root @ torch.randn(n, dtype=torch.float64)
errors = root @ torch.randn(n, dtype=torch.float64)
y = 1 + 2 * x + errors

# %%
# How to see it
# -------------
#
# Residuals in the order of time resemble their neighbours. Independent errors keep the
# autocorrelation at one lag within :math:`\pm 1.96/\sqrt n` in 95 % of samples.

design = torch.stack([torch.ones_like(x), x], dim=1)
residuals = y - design @ torch.linalg.lstsq(design, y[:, None]).solution[:, 0]


def autocorrelation(e, lag):
    """Correlation of a series, given in the last dimension, with itself ``lag`` steps later."""
    products = (e[..., lag:] * e[..., : n - lag]).sum(dim=-1)
    return products / e.square().sum(dim=-1)


lags = range(1, 21)
found = torch.stack([autocorrelation(residuals, lag) for lag in lags])
band = 1.96 / math.sqrt(n)
print(f"autocorrelation at lag 1: {found[0]:.3f}; independent errors: within ±{band:.3f}")
assert found[0] > band

# %%
# Residuals in their order, and their autocorrelation:

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained")
top.plot(times, residuals, lw=1)
top.axhline(0, color="0.5", lw=1)
top.set(xlabel="time", ylabel="residual")
top.set_title("Residuals stay on one side for many steps")
bottom.vlines(lags, 0, found, lw=3)
bottom.axhspan(-band, band, color="0.5", alpha=0.3, label="95 % band of independent errors")
bottom.set(xlabel="lag", ylabel="autocorrelation", xticks=[1, 5, 10, 15, 20])
bottom.set_title("Neighbouring residuals resemble each other")
bottom.legend()
plt.show()

# %%
# Generalised least squares
# -------------------------
#
# Subtracting :math:`\rho` times the previous row from each row, of ``y`` and of each column of the
# design, leaves errors :math:`u_t` that are independent :cite:p:`cochrane1949`. The first row is
# multiplied by :math:`\sqrt{1 - \rho^2}`, which gives its error the same variance.


def whiten(rows, rho):
    """Rows (in the last but one dimension) with independent errors, if they were AR(1)."""
    first = (1 - rho**2) ** 0.5 * rows[..., :1, :]
    return torch.cat([first, rows[..., 1:, :] - rho * rows[..., :-1, :]], dim=-2)


whitened_root = whiten(root, rho)
covariance = whitened_root @ whitened_root.T
expected = (1 - rho**2) * torch.eye(n, dtype=torch.float64)
torch.testing.assert_close(covariance, expected)

# %%
# Two thousand data sets
# ----------------------
#
# The input is kept and the errors are drawn anew. In each data set :math:`\rho` is estimated by the
# lag-1 autocorrelation of the residuals.

repetitions = 2000
samples = (root @ torch.randn(n, repetitions, dtype=torch.float64)).T[..., None]
targets = design @ torch.tensor([[1.0], [2.0]], dtype=torch.float64) + samples


def fit(features, targets):
    """Slopes and their standard errors by least squares, one data set in each leading row."""
    inverse = torch.linalg.inv(features.mT @ features)
    coefficients = inverse @ features.mT @ targets
    residuals = targets - features @ coefficients
    variance = residuals.square().sum(dim=(1, 2)) / (n - 2)
    return coefficients[:, 1, 0], (variance * inverse[..., 1, 1]).sqrt(), residuals[..., 0]


ols_slope, ols_error, residuals = fit(design.expand(repetitions, n, 2), targets)
estimated = autocorrelation(residuals, 1)[:, None, None]
gls_slope, gls_error, _ = fit(whiten(design, estimated), whiten(targets, estimated))

# %%
# The slope is linear in the errors, so the exact standard deviation of least squares is known.

linear_map = torch.linalg.pinv(design)
exact = (linear_map @ correlation @ linear_map.T)[1, 1].sqrt()
covered = {}
results = {"least squares": (ols_slope, ols_error), "GLS": (gls_slope, gls_error)}
for name, (slope, error) in results.items():
    covered[name] = ((slope - 2).abs() < 1.96 * error).double().mean().item()
    print(f"{name:13} spread {slope.std():.4f}, reported error {error.mean():.4f}, ", end="")
    print(f"coverage of 95 % intervals {covered[name]:.1%}")

print(f"exact standard deviation of the least-squares slope {exact:.4f}")
assert abs(ols_slope.std() / exact - 1) < 5 / math.sqrt(2 * repetitions)
assert abs(ols_slope.mean() - 2) < 5 * exact / math.sqrt(repetitions)
assert covered["least squares"] < 0.85
assert covered["GLS"] > 0.9

# %%
# What to take away
# -----------------
#
# Here the slope of least squares stays centred on the truth and its reported standard error is too
# small.
# Plot residuals in the order of time. The intervals of GLS cover nearly as often as they say.
