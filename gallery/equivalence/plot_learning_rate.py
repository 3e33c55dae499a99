r"""
Learning rate of the Gaussian NLL and of the MSE: SGD, weight decay and Adam
============================================================================

A factor in front of the loss multiplies the steps of SGD and leaves those of Adam as they are.

The gradient of the mean Gaussian NLL is :math:`1 / 2\sigma^2` times that of the MSE,
:eq:`eq-gradient`. So SGD with the learning rate :math:`2\sigma^2\eta` on the NLL takes the path of
:math:`\eta` on the MSE. Theory: :ref:`constants`.
"""

# %%
# One line, many optimisers
# -------------------------
#
# Each run starts at zero and sees the same batches in the same order.
# Five hundred rows in batches of 32 leave a last batch of 20.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(0)
sigma, lr = 0.3, 0.05
X = torch.randn(500, 2, dtype=torch.float64)
y = 2 * X[:, 0] - X[:, 1] + 0.5 + sigma * torch.randn(500, dtype=torch.float64)
epoch = list(zip(X.split(32), y.split(32), strict=True))


def path(loss, optimizer=torch.optim.SGD, **options):
    """Return the parameters after each step of ten epochs."""
    w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    steps = optimizer([w], **options)
    visited = []
    for features, targets in epoch * 10:
        steps.zero_grad()
        loss(features @ w[:2] + w[2], targets).backward()
        steps.step()
        visited.append(w.detach().clone())
    return torch.stack(visited)


# %%
# The three losses
# ----------------
#
# ``nn.GaussianNLLLoss`` takes the variance as a third argument; here it is known.


def gaussian_nll(prediction, target, reduction):
    """Gaussian NLL at the known noise level, constants included."""
    variance = torch.full_like(target, sigma**2)
    return nn.GaussianNLLLoss(full=True, reduction=reduction)(prediction, target, variance)


def mean_nll(prediction, target):
    """Mean over the rows."""
    return gaussian_nll(prediction, target, "mean")


def sum_nll(prediction, target):
    """Sum over the rows."""
    return gaussian_nll(prediction, target, "sum")


mse = nn.MSELoss()

# %%
# SGD on the mean NLL: multiply the learning rate by 2σ²
# ------------------------------------------------------
#
# At that rate each step is the MSE's step, to rounding, with momentum too. At the MSE's own rate
# the first step is :math:`1/2\sigma^2` times as long.

factor = 2 * sigma**2
mse_path = path(mse, lr=lr)
nll_path = path(mean_nll, lr=factor * lr)
torch.testing.assert_close(nll_path, mse_path, atol=1e-12, rtol=0)

with_momentum = path(mean_nll, lr=factor * lr, momentum=0.9)
torch.testing.assert_close(with_momentum, path(mse, lr=lr, momentum=0.9), atol=1e-12, rtol=0)

same_rate_path = path(mean_nll, lr=lr)
print(f"2σ² = {factor:.2f}; first weight after one step:")
print(f"MSE {mse_path[0, 0]:.3f}, mean NLL at the same rate {same_rate_path[0, 0]:.3f}")

# %%
# SGD on the summed NLL: one rate does not fit all batches
# --------------------------------------------------------
#
# The gradient of the sum grows with the number of rows. A rate divided by 32 fits full batches and
# is too small for the batch of 20 that ends the epoch.

sum_path = path(sum_nll, lr=factor * lr / 32)
gap = (sum_path - mse_path).norm(dim=1)
print(f"Distance before the short batch {gap[14]:.6f}, after it {gap[15]:.6f}")
assert gap[14] < 1e-12
assert gap[15] > 1e-8

fig, ax = plt.subplots(layout="constrained")
ax.plot(mse_path[:32, 0], "-", color="0.5", lw=5, alpha=0.5, label="MSE, rate η")
ax.plot(nll_path[:32, 0], "C0-", label="mean NLL, rate 2σ²η")
ax.plot(same_rate_path[:32, 0], "C1--", label="mean NLL, rate η")
ax.set(xlabel="step", ylabel="first weight")
ax.set_title("At 2σ² times the learning rate,\nSGD on the mean NLL takes the path of the MSE")
ax.legend()
plt.show()

# %%
# Weight decay: divide it by 2σ²
# ------------------------------
#
# SGD adds ``weight_decay`` times the weights to the *gradient*. A gradient that is
# :math:`1/2\sigma^2` times as large needs that much more decay for the same balance.

decayed = path(mse, lr=lr, weight_decay=0.1)
matched = path(mean_nll, lr=factor * lr, weight_decay=0.1 / factor)
torch.testing.assert_close(matched, decayed, atol=1e-12, rtol=0)

unmatched = path(mean_nll, lr=factor * lr, weight_decay=0.1)
print(f"Same decay for both losses: they end {(unmatched - decayed)[-1].norm():.3f} apart")

# %%
# Adam: keep the learning rate
# ----------------------------
#
# Adam divides the gradient by a running measure of its size, so a constant factor cancels, apart
# from ``eps``. A scaled rate changes the path.

adam = torch.optim.Adam
adam_path = path(mse, adam, lr=lr)
torch.testing.assert_close(path(mean_nll, adam, lr=lr), adam_path, atol=1e-4, rtol=0)

scaled = path(mean_nll, adam, lr=factor * lr)
print(f"Adam, rate scaled: up to {(scaled - adam_path).abs().max():.2f} from the MSE's path")

# %%
# What to take away
# -----------------
#
# A constant factor of the loss multiplies the steps of SGD, and not those of Adam.
# It does not multiply the weight decay of SGD, whose share in a step therefore changes.
