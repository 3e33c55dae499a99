r"""
Weighted least squares (WLS): the weights are 1/σ²
==================================================

Weights of one over the noise level squared give the most precise slope.

With known noise levels :math:`\sigma_i`, maximum likelihood divides each squared residual by
:math:`\sigma_i^2`. The standard error of the slope is computed for other powers too, and compared
with a simulation. Theory: :ref:`unequal-variance`.
"""

# %%
# Noise that grows along the line
# -------------------------------
#
# The noise level at the right end is sixteen times that at the left.

import math

import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)
n = 100
x = torch.linspace(0, 5, n, dtype=torch.float64)
sigma = 0.1 + 0.3 * x
y = 2 * x + sigma * torch.randn(n, dtype=torch.float64)
design = torch.stack([torch.ones_like(x), x], dim=1)

# %%
# Weighted least squares is least squares with scaled rows
# --------------------------------------------------------
#
# Multiply each row of the design and of the targets by :math:`1/\sigma_i`, and use ordinary least
# squares. There the gradient of the Gaussian negative log-likelihood is zero.


def fit(weights, targets):
    """Intercept and slope that minimise the weighted sum of squares."""
    root = weights.sqrt()[:, None]
    return torch.linalg.lstsq(root * design, root * targets).solution


weights = 1 / sigma**2
line = fit(weights, y[:, None])[:, 0].requires_grad_()
density = torch.distributions.Normal(design @ line, sigma)
(gradient,) = torch.autograd.grad(-density.log_prob(y).sum(), line)
assert gradient.norm() < 1e-8
print(f"slope: unweighted {fit(torch.ones(n).double(), y[:, None])[1].item():.4f}, ", end="")
print(f"weights 1/σ² {line[1].item():.4f}, used for the data 2")

# %%
# The standard error for any weights
# ----------------------------------
#
# The estimates are linear in the targets, so their covariance follows from the inputs, the weights
# and the noise levels.


def standard_error(power):
    """Standard deviation of the slope for weights of σ to the minus ``power``."""
    w = sigma**-power
    linear_map = torch.linalg.solve(design.T @ (w[:, None] * design), (w[:, None] * design).T)
    return (linear_map[1] ** 2 @ sigma**2).sqrt().item()


powers = [k / 10 for k in range(41)]
errors = [standard_error(power) for power in powers]
print(f"smallest standard error at power {powers[errors.index(min(errors))]}")
assert powers[errors.index(min(errors))] == 2.0

# %%
# By Aitken's theorem no linear unbiased estimate is more precise :cite:p:`aitken1936`.
# Four thousand data sets confirm the formula and that the slopes are unbiased.

noise = sigma[:, None] * torch.randn(n, 4000, dtype=torch.float64)
for name, power in {"unweighted": 0, "1/σ": 1, "1/σ²": 2}.items():
    slopes = 2 + fit(sigma**-power, noise)[1]
    exact = standard_error(power)
    print(f"{name:10} standard error {exact:.4f}, simulated {slopes.std().item():.4f}")
    assert abs(slopes.std() / exact - 1) < 5 / math.sqrt(2 * 4000)
    assert abs(slopes.mean() - 2) < 5 * exact / math.sqrt(4000)

fig, ax = plt.subplots(layout="constrained")
ax.plot(powers, errors, "C0-")
for name, power in {"unweighted": 0, "1/σ": 1, "1/σ²": 2}.items():
    ax.plot(power, standard_error(power), "C1o")
    ax.annotate(name, (power, standard_error(power)), (6, 8), textcoords="offset points")
ax.set(xlabel="p, for weights of σ to the power −p", ylabel="standard error of the slope")
ax.set_title("The slope is known best with weights 1/σ²")
plt.show()

# %%
# What to take away
# -----------------
#
# The weights are :math:`1/\sigma_i^2`, not :math:`1/\sigma_i`.
# Other weights leave the slope unbiased and make it less precise.
# The divisor of the weighted loss in a mini-batch:
# :ref:`sphx_glr_auto_gallery_reductions_plot_weights_and_masks.py`.
