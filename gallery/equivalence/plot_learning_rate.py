r"""
SGD on the mean NLL is SGD on the MSE at another learning rate
==============================================================

Multiplying a loss by a constant rescales plain gradient steps, and only those.

The gradient of the mean Gaussian NLL is :math:`1 / 2\sigma^2` times that of the MSE,
:eq:`eq-gradient`, so learning rate :math:`2\sigma^2\eta` retraces the path of :math:`\eta`.
The summed NLL, weight decay and Adam each need something else; :ref:`constants` has the algebra.
"""

# %%
# One recorder for all runs
# -------------------------
#
# Every run starts at the same weights and sees the same batches in the same order. Five hundred
# rows in batches of 32 leave a last batch of 20.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import linear_data, negative_log_likelihood

generator = torch.Generator().manual_seed(0)
X, y = linear_data(500, torch.tensor([[2.0], [-1.0]]), 0.5, 0.3, generator=generator)
batches = list(zip(X.double().split(32), y.double().split(32), strict=True)) * 10
sigma, lr = 0.3, 0.05


def path(loss, optimizer=torch.optim.SGD, **options):
    """Return the parameters after each step, one row a step."""
    w = torch.zeros(3, 1, dtype=torch.float64, requires_grad=True)
    steps = optimizer([w], **options)
    visited = []
    for features, targets in batches:
        steps.zero_grad()
        loss(features @ w[:2] + w[2], targets).backward()
        steps.step()
        visited.append(w.detach().flatten().clone())
    return torch.stack(visited)


def mean_nll(y_pred, y_true):
    """Mean Gaussian NLL, arguments in PyTorch's order."""
    return negative_log_likelihood(y_true, y_pred, sigma, reduction="mean")


def sum_nll(y_pred, y_true):
    """Summed Gaussian NLL, arguments in PyTorch's order."""
    return negative_log_likelihood(y_true, y_pred, sigma, reduction="sum")


mse_path = path(nn.MSELoss(), lr=lr)

# %%
# The mean NLL: scale the learning rate
# -------------------------------------
#
# At the same learning rate the NLL takes steps :math:`1/2\sigma^2` times as long, which can be
# too long. At :math:`2\sigma^2` times the rate every step is the MSE's step, to rounding.

scale = 2 * sigma**2
paths = {"mean NLL, lr × 2σ²": path(mean_nll, lr=scale * lr)}
torch.testing.assert_close(paths["mean NLL, lr × 2σ²"], mse_path, atol=1e-12, rtol=0)

paths["mean NLL, same lr"] = path(mean_nll, lr=lr)
momentum = path(mean_nll, lr=scale * lr, momentum=0.9)
torch.testing.assert_close(momentum, path(nn.MSELoss(), lr=lr, momentum=0.9))
print(f"2σ² = {scale:.2f}; momentum, being linear in the gradient, scales alike")

# %%
# The summed NLL: no single rate will do
# --------------------------------------
#
# The sum's gradient carries the number of rows. Dividing the rate by 32 is right for full batches
# and too small for the last one, so the paths part at the end of the first epoch.

paths["summed NLL, lr × 2σ²/32"] = path(sum_nll, lr=scale * lr / 32)
gap = (paths["summed NLL, lr × 2σ²/32"] - mse_path).abs().amax(dim=1)
print(f"Largest gap before the short batch {gap[14]:.1g}, after it {gap[15]:.1g}")
assert gap[14] < 1e-12 < 1e-6 < gap[15]

# %%
# Weight decay: scale it the other way
# ------------------------------------
#
# SGD's ``weight_decay`` adds a multiple of the weights to the *gradient*. A gradient
# :math:`1/2\sigma^2` times as large needs a decay :math:`1/2\sigma^2` times as large.

decayed = path(nn.MSELoss(), lr=lr, weight_decay=0.1)
matched = path(mean_nll, lr=scale * lr, weight_decay=0.1 / scale)
torch.testing.assert_close(matched, decayed, atol=1e-12, rtol=0)
unmatched = path(mean_nll, lr=scale * lr, weight_decay=0.1)
print(f"Same decay, last step's gap {(unmatched - decayed)[-1].abs().max():.3f}")
assert (unmatched - decayed)[-1].abs().max() > 1e-2

# %%
# Adam: leave the learning rate alone
# -----------------------------------
#
# Adam divides the gradient by its own running size, so a constant factor cancels, but for ``eps``.
# Scaling the rate would change the path. AdamW decays apart from the gradient and
# behaves alike; Adam's own ``weight_decay`` joins the gradient and must be scaled as for SGD.

adam = torch.optim.Adam
adam_mse = path(nn.MSELoss(), adam, lr=lr)
torch.testing.assert_close(path(mean_nll, adam, lr=lr), adam_mse, atol=1e-5, rtol=0)
assert (path(mean_nll, adam, lr=scale * lr) - adam_mse).abs().max() > 0.1

adamw_mse = path(nn.MSELoss(), torch.optim.AdamW, lr=lr, weight_decay=0.1)
adamw_nll = path(mean_nll, torch.optim.AdamW, lr=lr, weight_decay=0.1)
torch.testing.assert_close(adamw_nll, adamw_mse, atol=1e-5, rtol=0)

coupled_mse = path(nn.MSELoss(), adam, lr=lr, weight_decay=0.1)
coupled_nll = path(mean_nll, adam, lr=lr, weight_decay=0.1 / scale)
torch.testing.assert_close(coupled_nll, coupled_mse, atol=1e-5, rtol=0)

# %%
# The paths
# ---------
#
# Left of the dotted line only full batches have been seen.

styles = ["C0-", "C1--", "C2-."]
fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 7.2), layout="constrained")
top.plot(mse_path[:40, 0], "-", color="0.5", lw=5, alpha=0.5, label="MSE, lr")
for style, (name, visited) in zip(styles, paths.items(), strict=True):
    top.plot(visited[:40, 0], style, label=name)
    distance = (visited - mse_path).norm(dim=1).clamp(min=1e-17)
    bottom.semilogy(distance[:80], style, label=name)
top.set(xlabel="step", ylabel="first weight")
top.set_title("At 2σ² times the learning rate, the mean NLL\nretraces the MSE's path")
bottom.axvline(14.5, color="0.5", ls=":")
bottom.set(xlabel="step", ylabel="distance from the MSE's path")
bottom.set_title("The summed NLL leaves that path at the first\nbatch of another size")
top.legend()
bottom.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Before comparing runs on two scales of one loss, ask the optimiser what it does with a
# constant factor: SGD multiplies its step by it, weight decay does not follow, Adam ignores it.
# Gradient clipping and every other term of the loss have a scale of their own too.
