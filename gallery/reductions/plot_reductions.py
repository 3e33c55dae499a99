r"""
None, mean and sum differ by a factor only
==========================================

A reduction changes how large a loss and its gradient are, never where the loss is lowest.

PyTorch's three reductions are computed on four rows and matched with the conventions found in
books: the sum of squares, its half, the mean, its half, and the negative log-likelihood.
The factors between them are those of :eq:`eq-affine`; :ref:`pytorch-losses` describes the losses.
"""

# %%
# The three reductions
# --------------------
#
# ``"none"`` keeps a loss for each element, ``"mean"`` and ``"sum"`` reduce over *all* of them.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import negative_log_likelihood

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
torch.testing.assert_close(mean * len(y_true), total)

# %%
# Five conventions, one minimiser
# -------------------------------
#
# Some books halve the sum of squares so that its derivative has no 2, others take the mean.
# The Gaussian NLL with :math:`\sigma = 1` is the *halved sum* plus a constant, so it is its
# gradient, and neither PyTorch's sum nor its mean, that maximum likelihood prescribes.


def gradient(loss):
    """Return the derivative of ``loss`` with respect to the four predictions."""
    return torch.autograd.grad(loss, y_pred, retain_graph=True)[0]


n = len(y_true)
conventions = {
    "sum of squares": (total, 1.0),
    "half the sum": (total / 2, 1 / 2),
    "mean (MSE)": (mean, 1 / n),
    "half the mean": (mean / 2, 1 / (2 * n)),
    "NLL, sigma = 1": (negative_log_likelihood(y_true, y_pred), 1 / 2),
    "mean NLL, sigma = 1": (negative_log_likelihood(y_true, y_pred, reduction="mean"), 1 / (2 * n)),
}
for name, (loss, factor) in conventions.items():
    by_hand = factor * 2 * (y_pred - y_true)
    torch.testing.assert_close(gradient(loss), by_hand)
    row = gradient(loss)[0].item()
    print(f"{name:20} value {loss.item():7.4f}   gradient at row 1 {row:7.4f}")

# %%
# The sum's gradient grows with the batch
# ---------------------------------------
#
# Under ``"sum"`` a batch twice as large pushes twice as hard, so a learning rate found for one
# batch size is wrong for another. Under ``"mean"`` the size of the push settles.

generator = torch.Generator().manual_seed(0)
X = torch.randn(4096, 1, generator=generator)
y = 2 * X + 1 + 0.5 * torch.randn(4096, 1, generator=generator)
sizes = [2**k for k in range(3, 13)]
w = torch.zeros(1, requires_grad=True)

norms = {"sum": [], "mean": []}
for size in sizes:
    for reduction, values in norms.items():
        loss = nn.functional.mse_loss(w * X[:size], y[:size], reduction=reduction)
        values.append(torch.autograd.grad(loss, w)[0].abs().item())
ratio = torch.tensor(norms["sum"]) / torch.tensor(norms["mean"])
torch.testing.assert_close(ratio, torch.tensor(sizes, dtype=torch.float32))

fig, ax = plt.subplots(layout="constrained")
ax.loglog(sizes, norms["sum"], "C0o-", label="reduction='sum'")
ax.loglog(sizes, norms["mean"], "C1s--", label="reduction='mean'")
ax.set(xlabel="rows in the batch", ylabel="size of the gradient at w = 0")
ax.set_title("The sum's gradient grows with the batch,\nthe mean's settles")
ax.legend()
plt.show()

# %%
# Per row, or per element?
# ------------------------
#
# With several outputs a row, ``"mean"`` divides by rows *and* outputs. The loss of a row that a
# likelihood means is the *sum* over its outputs, so the mean over rows is larger by the number of
# outputs. That factor matters as soon as a second term stands beside the loss.

outputs = torch.randn(6, 3, generator=generator)
targets = torch.randn(6, 3, generator=generator)
per_element = nn.functional.mse_loss(outputs, targets)
per_row = nn.functional.mse_loss(outputs, targets, reduction="none").sum(dim=1)
print(f"mean over elements {per_element.item():.4f}, mean over rows {per_row.mean().item():.4f}")
torch.testing.assert_close(per_row.mean(), 3 * per_element)

nll_rows = negative_log_likelihood(targets, outputs, 0.5, reduction="none").sum(dim=1)
independent = torch.distributions.Normal(outputs, 0.5)
witness = -torch.distributions.Independent(independent, 1).log_prob(targets)
torch.testing.assert_close(nll_rows, witness)

# %%
# What to take away
# -----------------
#
# Choose ``"mean"`` for a learning rate that outlives a change of batch size, ``"sum"`` when the
# loss is a log-likelihood to be added to others, ``"none"`` to weight or mask rows.
# State which factor was used whenever a loss value is reported or a penalty is added to it:
# see :ref:`sphx_glr_auto_gallery_equivalence_plot_prior.py` for the penalty and
# :ref:`sphx_glr_auto_gallery_reductions_plot_batches.py` for batches of unequal size.
