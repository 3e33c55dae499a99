r"""
Efficiency of the MSE fit: mean, median and Huber's estimate
============================================================

Of mean, median and Huber's estimate, Gaussian noise favours the mean and Laplace noise the median.

The mean minimises the squared error, the median the absolute error, and Huber's estimate Huber's
loss (:ref:`losses`). Their variances over thousands of samples are compared with the Cramér-Rao
bound, the smallest variance of an unbiased estimate. Theory: :ref:`properties`.
"""

# %%
# Noise and bound
# ---------------
#
# A location is an intercept without inputs. The bound is :math:`1 / (n I)`, where the Fisher
# information :math:`I` is the mean square of the derivative of the log-density. It is integrated
# numerically and compared with its closed form.

import math

import matplotlib.pyplot as plt
import torch
from torch.distributions import Laplace, Normal, StudentT

torch.manual_seed(0)
n, repetitions = 201, 4000
noises = {"Gaussian": Normal(0.0, 1.0), "t(5)": StudentT(5.0), "Laplace": Laplace(0.0, 1.0)}


def fisher_information(noise):
    """Integrate the squared score against the density."""
    e = torch.linspace(-100.0, 100.0, 400_001, dtype=torch.float64).requires_grad_()
    log_density = noise.log_prob(e)
    (score,) = torch.autograd.grad(log_density.sum(), e)
    return torch.trapezoid(score**2 * log_density.exp(), e).item()


information = {name: fisher_information(noise) for name, noise in noises.items()}
for name, closed_form in {"Gaussian": 1.0, "t(5)": 6 / 8, "Laplace": 1.0}.items():
    assert math.isclose(information[name], closed_form, rel_tol=1e-4)

# %%
# Three estimates
# ---------------
#
# Each takes all samples at once, one per row. Huber's threshold of 1.345 is in units of the
# Gaussian's standard deviation.


def mean(y):
    """Minimiser of the squared error."""
    return y.mean(dim=1)


def median(y):
    """Minimiser of the absolute error."""
    return y.median(dim=1).values


def huber(y, threshold=1.345):
    """Minimiser of Huber's loss, by iteratively reweighted means."""
    centre = y.median(dim=1, keepdim=True).values
    for _ in range(20):
        weights = (threshold / (y - centre).abs()).clamp(max=1.0)
        centre = (weights * y).sum(dim=1, keepdim=True) / weights.sum(dim=1, keepdim=True)
    return centre[:, 0]


# %%
# Simulated efficiencies
# ----------------------
#
# The *efficiency* of an estimate is the bound over its variance. At one half, it needs twice the
# data for the same precision.

found = {}
errors = {}
for name, noise in noises.items():
    y = noise.sample((repetitions, n))
    for estimator in (mean, median, huber):
        squares = estimator(y) ** 2  # the true location is zero
        efficiency = 1 / (n * information[name] * squares.mean().item())
        relative_error = (squares.std() / squares.mean()).item() / math.sqrt(repetitions)
        found[name, estimator.__name__] = efficiency
        errors[name, estimator.__name__] = efficiency * relative_error

# %%
# The values in theory
# --------------------
#
# The variance of a mean is the noise variance over :math:`n`. The values for the median under
# Gaussian noise and for Huber's estimate are limits for large :math:`n`.

theory = {
    ("Gaussian", "mean"): 1.0,
    ("t(5)", "mean"): (5 - 2) * (5 + 3) / (5 * (5 + 1)),
    ("Laplace", "mean"): 1 / 2,
    ("Gaussian", "median"): 2 / math.pi,
    ("Gaussian", "huber"): 0.95,
}
for key, expected in theory.items():
    print(f"{key[1]:6} {key[0]:8} {found[key]:.3f} ± {errors[key]:.3f}, theory {expected:.3f}")
    assert abs(found[key] - expected) < 5 * errors[key], key

# %%
# The order of the three depends on the noise.

assert found["Gaussian", "mean"] > found["Gaussian", "median"]
assert found["Laplace", "median"] > found["Laplace", "huber"]
assert found["Laplace", "huber"] > found["Laplace", "mean"]

fig, ax = plt.subplots(layout="constrained")
places = torch.arange(len(noises))
for k, (name, style) in enumerate({"mean": "C0o", "median": "C1s", "huber": "C2^"}.items()):
    values = [found[noise, name] for noise in noises]
    bars = [4 * errors[noise, name] for noise in noises]
    ax.errorbar(places + 0.12 * (k - 1), values, bars, fmt=style, capsize=3, label=name)
ax.axhline(1.0, color="0.5", ls=":", label="Cramér-Rao bound")
ax.set_xticks(places, list(noises))
ax.set(xlabel="noise", ylabel="efficiency", ylim=(0, 1.2))
ax.set_title("The mean is best under Gaussian noise,\nand wastes half the data under Laplace noise")
ax.legend(loc="lower left")
plt.show()

# %%
# What to take away
# -----------------
#
# Under Gaussian noise the mean, which is the MSE fit, reaches the bound; the median needs
# :math:`\pi/2` times the data.
# Under Laplace noise the mean needs twice the data of the bound, and the median is better.
# Huber's estimate is close to the bound under the first and between the two under the second.
