r"""
MSELoss reductions: none, mean and sum
======================================

A reduction changes how large a loss and its gradient are, and not where the loss is lowest.

PyTorch's reductions are computed on four rows and matched with the conventions of books: the sum of
squares, the mean, their halves, and the Gaussian negative log-likelihood (NLL), :eq:`eq-affine`.
The losses: :ref:`pytorch-losses`.
"""

# %%
# The three reductions
# --------------------
#
# ``"none"`` keeps a loss for each element. ``"mean"`` and ``"sum"`` reduce over *all* elements.

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.distributions import Normal

y_true = torch.tensor([[1.0], [2.0], [3.0], [4.0]])
y_pred = torch.tensor([[1.5], [2.0], [2.5], [4.5]], requires_grad=True)

each = nn.MSELoss(reduction="none")(y_pred, y_true)
mean = nn.MSELoss(reduction="mean")(y_pred, y_true)
total = nn.MSELoss(reduction="sum")(y_pred, y_true)

print(f"reduction='none': {each.squeeze().tolist()}")
print(f"reduction='mean': {mean.item():.4f}   by hand: {each.mean().item():.4f}")
print(f"reduction='sum':  {total.item():.4f}   by hand: {each.sum().item():.4f}")
torch.testing.assert_close(mean, each.mean())
torch.testing.assert_close(total, each.sum())

# %%
# The factor of each convention
# -----------------------------
#
# Some books halve the sum of squares, so that its derivative has no 2; others take the mean.
# The Gaussian NLL with :math:`\sigma = 1` is the *halved sum* plus a constant.

nll = -Normal(y_pred, 1.0).log_prob(y_true)
n = len(y_true)
losses = {
    "sum of squares": total,
    "half the sum": total / 2,
    "mean (MSE)": mean,
    "half the mean": mean / 2,
    "NLL, sigma = 1": nll.sum(),
    "mean NLL, sigma = 1": nll.mean(),
}
factors = [1, 1 / 2, 1 / n, 1 / (2 * n), 1 / 2, 1 / (2 * n)]

# %%
# Each gradient is its factor times that of the sum of squares. So all six have one direction, and
# vanish at the same predictions.

for (name, loss), factor in zip(losses.items(), factors, strict=True):
    (gradient,) = torch.autograd.grad(loss, y_pred, retain_graph=True)
    torch.testing.assert_close(gradient, factor * 2 * (y_pred - y_true))
    print(f"{name:20} value {loss.item():7.4f}   gradient at row 1 {gradient[0].item():7.4f}")

# %%
# The gradient of the sum grows with the batch
# --------------------------------------------
#
# With ``"sum"``, twice the rows give about twice the gradient. With ``"mean"`` it settles at the
# gradient of the expected loss.

torch.manual_seed(0)
X = torch.randn(4096)
y = 2 * X + 1 + 0.5 * torch.randn(4096)
w = torch.zeros((), requires_grad=True)


def gradient_size(rows, reduction):
    """Size of the gradient at w = 0 from the first ``rows`` rows."""
    loss = nn.functional.mse_loss(w * X[:rows], y[:rows], reduction=reduction)
    return torch.autograd.grad(loss, w)[0].abs().item()


sizes = [2**k for k in range(3, 13)]
by_sum = torch.tensor([gradient_size(rows, "sum") for rows in sizes])
by_mean = torch.tensor([gradient_size(rows, "mean") for rows in sizes])
torch.testing.assert_close(by_sum, by_mean * torch.tensor(sizes))

fig, ax = plt.subplots(layout="constrained")
ax.loglog(sizes, by_sum, "C0o-", label="reduction='sum'")
ax.loglog(sizes, by_mean, "C1s--", label="reduction='mean'")
ax.set(xlabel="rows in the batch", ylabel="size of the gradient at w = 0")
ax.set_title("The gradient of the sum grows with the batch,\nthat of the mean settles")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# The conventions differ by a factor (the NLL also by a constant), so they share their minimiser.
# The factor matters when a penalty is added
# (:ref:`sphx_glr_auto_gallery_equivalence_plot_weight_decay.py`) and when batches have unequal sizes
# (:ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`).
