r"""
Cross-entropy and KL divergence: what the mean NLL estimates
============================================================

The mean negative log-likelihood tends to the entropy of the noise plus a KL divergence.

For targets :math:`y \sim p` and a model density :math:`q`, the mean NLL over :math:`n` rows is an
estimate of the cross-entropy :math:`H(p, q) = H(p) + \mathrm{KL}(p \,\|\, q)`,
:eq:`eq-cross-entropy`. For a Gaussian :math:`q` it is also an affine function of the MSE.
Theory: :ref:`cross-entropy`.
"""

# %%
# Data and a model that is somewhat wrong
# ---------------------------------------

import math

import matplotlib.pyplot as plt
import torch
from torch.distributions import Normal, kl_divergence

torch.manual_seed(0)
p = Normal(torch.tensor(1.0, dtype=torch.float64), 0.5)
q = Normal(torch.tensor(1.4, dtype=torch.float64), 0.8)
y = p.sample((100_000,))

# %%
# The mean NLL from the MSE
# -------------------------
#
# The NLL of one target is :math:`-\log q(y)`. Its mean over the rows depends on the targets
# through their MSE alone.

nll = -q.log_prob(y)
mse = ((y - q.mean) ** 2).mean()
variance = q.variance
from_mse = mse / (2 * variance) + 0.5 * torch.log(2 * math.pi * variance)

print(f"mean NLL {nll.mean().item():.6f}, from the MSE {from_mse.item():.6f}")
torch.testing.assert_close(nll.mean(), from_mse)

# %%
# The limit: entropy plus divergence
# ----------------------------------
#
# The expected squared error of a new target is its variance plus the squared bias.
# Put into the same formula, it gives the entropy of :math:`p` plus the divergence of :math:`q`.

entropy = p.entropy()
divergence = kl_divergence(p, q)
expected_mse = p.variance + (p.mean - q.mean) ** 2
limit = expected_mse / (2 * variance) + 0.5 * torch.log(2 * math.pi * variance)

print(f"entropy {entropy:.4f} + KL divergence {divergence:.4f} = {limit:.4f} nats per row")
torch.testing.assert_close(entropy + divergence, limit)

# %%
# How fast the mean NLL gets there
# --------------------------------
#
# The standard error of the mean NLL is the standard deviation of the rows' losses over
# :math:`\sqrt n`.

sizes = [10, 100, 1000, 10_000, 100_000]
averages = torch.stack([nll[:n].mean() for n in sizes])
errors = torch.stack([nll[:n].std() / math.sqrt(n) for n in sizes])

for n, average, error in zip(sizes, averages, errors, strict=True):
    print(f"n = {n:6d}: {average.item():.4f} ± {error.item():.4f}")

distance = (averages[-1] - limit).abs() / errors[-1]
assert distance < 5, f"n = {sizes[-1]}: {distance:.1f} standard errors from the limit"

# %%
# More rows shrink the error bar and leave the gap to the entropy, which is the model's divergence.

fig, ax = plt.subplots(layout="constrained")
ax.errorbar(sizes, averages, 1.96 * errors, fmt="C0o", capsize=4, label="mean NLL, 95 % interval")
ax.axhline(limit.item(), color="C1", ls="--", label="entropy + divergence")
ax.axhline(entropy.item(), color="C2", ls=":", label="entropy of the noise")
ax.set(xlabel="rows n", ylabel="nats per row", xscale="log")
ax.set_title("The mean NLL settles above the entropy:\nthe gap is the divergence of the model")
ax.legend()
plt.show()

# %%
# The divergence as a function of the mean
# ----------------------------------------
#
# With the right scale, the divergence is the squared bias over :math:`2\sigma^2`, a parabola that
# is zero at the true mean.

means = torch.linspace(0, 2, 101, dtype=torch.float64)
by_mean = kl_divergence(p, Normal(means, p.stddev))
torch.testing.assert_close(by_mean, (means - p.mean) ** 2 / (2 * p.variance))
print(f"divergence smallest at mean {means[by_mean.argmin()].item():.2f}")

# %%
# What to take away
# -----------------
#
# The mean NLL on new rows estimates the entropy of the noise plus the divergence of the model.
# A better model lowers the divergence; the entropy belongs to the data.
