r"""
The mean NLL estimates a cross-entropy
======================================

The average negative log-likelihood settles at the noise's entropy plus a divergence.

For targets :math:`y \sim p` and a model density :math:`q`, the mean NLL over :math:`n` rows is the
cross-entropy between the *empirical* distribution and :math:`q`, :eq:`eq-cross-entropy`. For a
Gaussian :math:`q` it is an affine function of the MSE, and as :math:`n` grows it converges to
:math:`H(p, q) = H(p) + \mathrm{KL}(p \,\|\, q)`. See :ref:`cross-entropy`.
"""

# %%
# Data and a model that is somewhat wrong
# ---------------------------------------
#
# The model has the wrong mean and the wrong scale, on purpose.

import math

import matplotlib.pyplot as plt
import torch
from torch.distributions import Laplace, Normal, kl_divergence

from mse_nll import mean_squared_error, negative_log_likelihood

torch.manual_seed(0)
p = Normal(torch.tensor(1.0, dtype=torch.float64), 0.5)
q = Normal(torch.tensor(1.4, dtype=torch.float64), 0.8)
y = p.sample((100_000,))
prediction = q.mean.expand_as(y)
sigma = q.stddev.item()

# %%
# Mean NLL, MSE and empirical cross-entropy
# -----------------------------------------
#
# The empirical distribution puts mass :math:`1/n` on each target. Its cross-entropy with
# :math:`q` is the mean of :math:`-\log q`, a quadratic in the residual.

mean_nll = negative_log_likelihood(y, prediction, sigma, reduction="mean")
mse = mean_squared_error(y, prediction)
from_mse = mse / (2 * sigma**2) + 0.5 * math.log(2 * math.pi * sigma**2)
empirical = -(q.log_prob(y) / len(y)).sum()

print(f"mean NLL {mean_nll.item():.6f} = MSE/(2σ²) + ½ log(2πσ²) {from_mse.item():.6f}")
torch.testing.assert_close(mean_nll, from_mse)
torch.testing.assert_close(mean_nll, empirical)

# %%
# The limit: entropy plus divergence
# ----------------------------------
#
# The entropy belongs to the data alone; the divergence is what a better model can still gain.
# Both come from closed forms here, not from the sample.

entropy = p.entropy()
divergence = kl_divergence(p, q)
bias, s = (p.mean - q.mean).item(), p.stddev.item()
by_hand = (s**2 + bias**2) / (2 * sigma**2) + 0.5 * math.log(2 * math.pi * sigma**2)

print(f"entropy {entropy.item():.4f} + KL {divergence.item():.4f} = {by_hand:.4f} nats a row")
torch.testing.assert_close(entropy + divergence, torch.tensor(by_hand, dtype=torch.float64))

# %%
# A mean NLL is a sample mean: it carries a Monte-Carlo error, its rows' standard deviation over
# :math:`\sqrt n`. The limit lies within four of them, here at every sample size.

sizes = [10**k for k in range(1, 6)]
rows = negative_log_likelihood(y, prediction, sigma, reduction="none")
averages = [rows[:n].mean().item() for n in sizes]
errors = [(rows[:n].std() / math.sqrt(n)).item() for n in sizes]
for n, average, error in zip(sizes, averages, errors, strict=True):
    print(f"n = {n:6d}: {average:.4f} ± {error:.4f}")
    assert abs(average - by_hand) < 4 * error

# %%
# The number of rows shrinks the error bar. It does not shrink the divergence.

fig, ax = plt.subplots(layout="constrained")
bars = [1.96 * error for error in errors]
ax.errorbar(sizes, averages, bars, fmt="C0o", capsize=4, label="mean NLL, 95 % interval")
ax.axhline(by_hand, color="C1", ls="--", label="entropy + divergence")
ax.axhline(entropy.item(), color="C2", ls=":", label="entropy: no model can do better")
ax.set(xlabel="rows n", ylabel="nats a row", xscale="log")
ax.set_title("The mean NLL settles above the entropy:\nthe gap is the divergence of the model")
ax.legend()
plt.show()

# %%
# Sweeping the model
# ------------------
#
# With the scale right, the divergence is :math:`(\text{bias})^2 / 2\sigma^2`, the parabola of the
# MSE. With the mean right, a scale that is too small costs more than one that is too large.

means = torch.linspace(0, 2, 101, dtype=torch.float64)
scales = torch.linspace(0.25, 1.5, 101, dtype=torch.float64)
by_mean = kl_divergence(p, Normal(means, s))
by_scale = kl_divergence(p, Normal(p.mean, scales))
torch.testing.assert_close(by_mean, (means - p.mean) ** 2 / (2 * s**2))
ratio = s**2 / scales**2
torch.testing.assert_close(by_scale, 0.5 * (ratio - 1 - ratio.log()))

fig, (left, right) = plt.subplots(1, 2, figsize=(6.4, 3.6), layout="constrained", sharey=True)
left.plot(means, by_mean, "C0-")
left.axvline(p.mean.item(), color="0.5", ls=":")
left.set(xlabel="mean of the model", ylabel="divergence (nats a row)")
left.set_title("A wrong mean costs\nits square")
right.plot(scales, by_scale, "C1-")
right.axvline(s, color="0.5", ls=":")
right.set(xlabel="scale of the model")
right.set_title("Too small a scale costs\nmore than too large")
plt.show()

# %%
# Noise that is not Gaussian
# --------------------------
#
# A Gaussian cross-entropy sees the mean and the variance of the noise and nothing else. For
# Laplace noise of the same variance the best Gaussian reaches the same value, but
# the entropy is lower: the gap is what the Gaussian *shape* loses. No MSE can show it.

laplace = Laplace(torch.tensor(1.0, dtype=torch.float64), s / math.sqrt(2))
other = laplace.sample((100_000,))
rows = negative_log_likelihood(other, laplace.mean.expand_as(other), s, reduction="none")
error = (rows.std() / math.sqrt(len(rows))).item()
best_gaussian = p.entropy().item()  # cross-entropy of either noise with the matching Gaussian

print(f"Laplace noise, best Gaussian model: {rows.mean().item():.4f} ± {error:.4f} nats a row")
print(f"Expected {best_gaussian:.4f}; entropy of the noise {laplace.entropy().item():.4f}")
assert abs(rows.mean().item() - best_gaussian) < 4 * error
assert laplace.entropy() < best_gaussian

# %%
# What to take away
# -----------------
#
# Minimising the MSE minimises a divergence from the data's distribution to a Gaussian model.
# On new rows its expectation cannot fall below the entropy of the noise; on training rows it can,
# by fitting the sample itself. A low MSE does not say that the Gaussian shape is right: compare
# losses on held-out rows, and look at residuals (:ref:`diagnostics`).
