"""
The MSE fit is the best there is only if the noise is Gaussian
==============================================================

Under Gaussian noise nothing beats least squares; under Laplace noise it wastes half of the data.

Estimates of a location from thousands of simulated samples are compared with the Cramér-Rao bound,
the smallest variance of an unbiased estimate. An estimate's *efficiency* is the bound over its
variance: at one half it needs twice the data. Theory: :ref:`properties`; losses: :ref:`losses`.
"""

# %%
# A location is an intercept without inputs: the MSE fit is the mean, the L1 fit the median; slopes
# have the same efficiencies. Agreement means within four Monte-Carlo errors, set before the seed.

import matplotlib.pyplot as plt
import torch
from torch.distributions import Laplace, Normal, StudentT

torch.manual_seed(0)
n, repetitions = 401, 4000
gaussian, laplace = Normal(0.0, 1.0), Laplace(0.0, 1.0)

# %%
# The bound
# ---------
#
# The bound is :math:`1 / (n I)`, with *I* the Fisher information of one point, the mean square of
# the log-density's derivative: 1 for the standard normal and the standard Laplace density,
# :math:`(\nu + 1)/(\nu + 3)` for Student's t. Autograd checks it.


def fisher_information(noise):
    """Integrate the squared score against the density."""
    e = torch.linspace(-200.0, 200.0, 400_001, dtype=torch.float64).requires_grad_()
    (score,) = torch.autograd.grad(noise.log_prob(e).sum(), e)
    return torch.trapezoid(score**2 * noise.log_prob(e).exp(), e).item()


for noise, value in [(gaussian, 1.0), (laplace, 1.0), (StudentT(3.0), 4 / 6)]:
    assert abs(fisher_information(noise) - value) < 1e-4

# %%
# Each estimator takes all repetitions at once, one a row. Huber's scale is known.


def huber(y, threshold=1.345):
    """Minimise the Huber loss by iteratively reweighted means."""
    centre = y.median(1, keepdim=True).values
    for _ in range(15):
        weights = (threshold / (y - centre).abs()).clamp(max=1.0)
        centre = (weights * y).sum(1, keepdim=True) / weights.sum(1, keepdim=True)
    return centre[:, 0]


estimators = {"mean": lambda y: y.mean(1), "median": lambda y: y.median(1).values, "Huber": huber}


def efficiency(estimates, bound):
    """Bound over simulated variance, and its Monte-Carlo standard error."""
    squares = estimates**2  # the true location is zero
    value = bound / squares.mean()
    return value.item(), (value**2 / bound * squares.std() / len(squares) ** 0.5).item()


# %%
# Simulated against theory
# ------------------------
#
# The variance of a mean is the noise variance over *n*; so the mean's efficiency is :math:`(\nu -
# 2)(\nu + 3) / (\nu(\nu + 1))` under Student's t, one half under Laplace noise.

cases = [
    ("mean", "Gaussian", gaussian, 1.0),
    ("mean", "t(10)", StudentT(10.0), 8 * 13 / 110),
    ("mean", "t(5)", StudentT(5.0), 3 * 8 / 30),
    ("mean", "Laplace", laplace, 1 / 2),
    ("median", "Gaussian", gaussian, 2 / torch.pi),
    ("Huber", "Gaussian", gaussian, 0.95),
]
rows = []
for name, density, noise, theory in cases:
    estimates = estimators[name](noise.sample((repetitions, n)))
    value, error = efficiency(estimates, 1 / (n * fisher_information(noise)))
    rows.append((f"{name}, {density}", value, error, theory))
    print(f"{rows[-1][0]:16}  {value:.3f} ± {error:.3f}   theory {theory:.3f}")
    assert abs(value - theory) < 4 * error

# %%
# Noise with three degrees of freedom has no fourth moment: the error bar of a simulated variance
# cannot be trusted. Half of the means lie within some distance *q* of zero; the noise's
# characteristic function, :math:`(1 + \sqrt3|s|)\,e^{-\sqrt3|s|}`, gives the exact share. By *q*,
# the efficiency is still a little above its limit, one half, which it nears slowly.


def share_within(q):
    """Probability that √n times the mean of n t(3) draws lies within q of zero."""
    s = torch.linspace(1e-6, 12.0, 20_001, dtype=torch.float64)
    a = (3 / n) ** 0.5 * s
    integrand = torch.sin(s * q) / s * torch.exp(n * (torch.log1p(a) - a))
    return torch.trapezoid(integrand, s).item() * 2 / torch.pi


q = n**0.5 * StudentT(3.0).sample((repetitions, n)).mean(1).abs().median().item()
error = 0.5 / repetitions**0.5
print(f"half of the means lie within {q:.3f}; exact share {share_within(q):.4f} ± {error:.4f}")
assert abs(share_within(q) - 0.5) < 4 * error

density = (share_within(q + 0.01) - share_within(q - 0.01)) / 0.02
value = (gaussian.icdf(torch.tensor(0.75)).item() / q) ** 2 / (4 / 6)
rows.insert(3, ("mean, t(3)", value, 2 * value * error / density / q, 1 / 2))
fig, ax = plt.subplots(layout="constrained")
names, values, errors, theories = zip(*reversed(rows), strict=True)
ax.errorbar(values, names, xerr=4 * torch.tensor(errors), fmt="o", capsize=3, label="simulated")
ax.plot(theories, names, "k|", ms=18, label="theory, large n")
ax.set(xlim=(0.4, 1.2), xlabel="efficiency: Cramér-Rao bound / variance")
ax.set_title(
    "The mean reaches the bound under Gaussian noise;\nt(3) or Laplace noise halves its efficiency"
)
ax.legend(loc="upper left")
plt.show()

# %%
# How large is large?
# -------------------
#
# At odd *n* the median's variance is an integral. The limit 2/π under Gaussian noise takes hundreds
# of points; under Laplace noise, where the median is the maximum likelihood estimate, more.


def exact_efficiency(n, noise):
    """Efficiency of the median of n (odd) draws; both noises have information 1."""
    e = torch.linspace(-12.0, 12.0, 200_001, dtype=torch.float64)
    weight = (4 * noise.cdf(e) * noise.cdf(-e)) ** (n // 2) * noise.log_prob(e).exp()
    return (weight.sum() / (n * weight @ e**2)).item()


sizes = torch.tensor([3, 5, 11, 21, 51, 101, 401])
fig, ax = plt.subplots(layout="constrained")
for noise, limit, style in [(gaussian, 2 / torch.pi, "C0o"), (laplace, 1.0, "C1s")]:
    exact = torch.tensor([exact_efficiency(n, noise) for n in sizes.tolist()])
    medians = [noise.sample((repetitions, n)).median(1).values for n in sizes.tolist()]
    found = [efficiency(m, 1 / n) for m, n in zip(medians, sizes.tolist(), strict=True)]
    value, error = torch.tensor(found).T
    assert ((value - exact).abs() < 4 * error).all()
    ax.errorbar(sizes, value, 4 * error, fmt=style, capsize=3, label=type(noise).__name__)
    ax.plot(sizes, exact, style[:2] + "-", lw=1)
    ax.axhline(limit, color=style[:2], ls="--", lw=1)
ax.set(xscale="log", xlabel="points in the sample, n", ylabel="efficiency of the median")
ax.set_title("The median's efficiency nears its limit (dashed)\nonly after hundreds of points")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# * Under Gaussian noise the MSE fit reaches the bound; the median needs π/2 times the data.
# * Under heavy tails the mean is still the best *linear* unbiased estimate, but others beat it.
