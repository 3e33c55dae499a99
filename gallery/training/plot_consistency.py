r"""
Consistency of least squares: the error falls like 1/√n, unless the inputs are noisy
====================================================================================

More data bring the slope of a fitted line to the true one, if the inputs are measured without error.

In thousands of simulated samples the slope's error is compared with theory, under Gaussian noise,
under Laplace noise, and with inputs that are measured with error. Theory: :ref:`properties`.
"""

# %%
# A simulation and its own error
# ------------------------------
#
# A mean over simulated samples has a standard error, the Monte-Carlo error. A simulation *agrees* with
# theory if the two differ by less than five of them.

import math

import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
weight, bias, sigma = 2.0, 1.0, 0.5
sizes = [10, 20, 50, 100, 200, 500, 1000]
repetitions = 2000


def agrees(draws, theory):
    """Whether the mean of the draws is within five Monte-Carlo errors of the theory."""
    error = draws.std() / math.sqrt(len(draws))
    return abs(draws.mean() - theory) < 5 * error


# %%
# Each row of ``x`` and ``y`` is one sample. The slope that minimises the MSE is the sample
# covariance over the sample variance.


def fit_slopes(x, y):
    """Slope that minimises the MSE, one for each row."""
    centred = x - x.mean(dim=1, keepdim=True)
    return (centred * y).sum(dim=1) / (centred**2).sum(dim=1)


x, y = torch.randn(2, 3, 10)
design = torch.stack([x, torch.ones_like(x)], dim=2)
lines = torch.linalg.lstsq(design, y[..., None]).solution
torch.testing.assert_close(fit_slopes(x, y), lines[:, 0, 0])

# %%
# Gaussian noise, Laplace noise, noisy inputs
# -------------------------------------------
#
# The three cases share the line and the variance of the noise.

laplace = torch.distributions.Laplace(0.0, sigma / math.sqrt(2))
slopes = {"Gaussian noise": [], "Laplace noise": [], "noisy inputs": []}
for n in sizes:
    x = torch.randn(repetitions, n)
    line = weight * x + bias
    gaussian_y = line + sigma * torch.randn(repetitions, n)
    laplace_y = line + laplace.sample((repetitions, n))
    measured = x + 0.5 * torch.randn(repetitions, n)

    slopes["Gaussian noise"].append(fit_slopes(x, gaussian_y))
    slopes["Laplace noise"].append(fit_slopes(x, laplace_y))
    slopes["noisy inputs"].append(fit_slopes(measured, gaussian_y))

# %%
# The error falls like one over √n
# --------------------------------
#
# Given the inputs, the slope's variance is :math:`\sigma^2 / \sum_i (x_i - \bar x)^2`. For standard
# normal inputs that sum is a :math:`\chi^2` variable with :math:`n - 1` degrees of freedom, so the
# mean squared error of the slope is :math:`\sigma^2 / (n - 3)`, for either shape of the noise.

for name in ("Gaussian noise", "Laplace noise"):
    for n, found in zip(sizes, slopes[name], strict=True):
        squares = (found - weight) ** 2
        theory = sigma**2 / (n - 3)
        print(f"{name}, n = {n:4}: error {squares.mean().sqrt():.4f}, theory {theory**0.5:.4f}")
        assert agrees(squares, theory), f"{name}, n = {n}"

# %%
# What more data do not correct
# -----------------------------
#
# If an input is measured with an error of variance :math:`\tau^2`, the noise does not have mean zero
# given the *measured* input. The slope then tends to :math:`w / (1 + \tau^2)`.

limit = weight / (1 + 0.5**2)
largest = slopes["noisy inputs"][-1]
print(f"noisy inputs, n = {sizes[-1]}: mean slope {largest.mean():.4f}, theory {limit:.4f}")
assert agrees(largest, limit)

fig, ax = plt.subplots(layout="constrained")
for (name, found), style in zip(slopes.items(), ("C0o", "C1s", "C2^"), strict=True):
    errors = [(slope - weight).square().mean().sqrt() for slope in found]
    shift = 1.08 if name == "Laplace noise" else 1.0
    ax.loglog([shift * n for n in sizes], errors, style, mfc="none", label=name)
theory = [sigma / math.sqrt(n - 3) for n in sizes]
ax.loglog(sizes, theory, "k-", lw=1, label=r"$\sigma/\sqrt{n-3}$")
ax.axhline(weight - limit, color="k", ls="--", lw=1, label="bias from noisy inputs")
ax.minorticks_off()
ax.set_xticks([10, 100, 1000], ["10", "100", "1000"])
ax.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
ax.set(xlabel="points in the sample, n (Laplace: drawn to the right)", ylabel="error of the slope")
ax.set_title("The slope's error falls like 1/√n for either noise,\nnot with noisy inputs")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Four times the data halve the error of the slope, under Gaussian and under Laplace noise.
# Noise in the inputs leaves a bias that more data do not reduce.
