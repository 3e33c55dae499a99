r"""
The mean of batch means is not the mean over rows
=================================================

Unequal batches need weights: by rows in a report, by rows in accumulated gradients.

A batch loss with ``reduction="mean"`` forgets how many rows it stands for. Whenever batches are
averaged, in an epoch's report or in gradient accumulation, the rows of a small batch then count for
more. Weighting by rows restores the full-batch loss and gradient exactly. :ref:`pytorch-losses`
describes the reductions.
"""

# %%
# How much one row counts
# -----------------------
#
# One hundred rows in batches of 32 leave a last batch of four. In the mean of the four
# batch means, each of those rows counts 32/4 times as much as a row elsewhere.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import RegressionNetwork, linear_data

torch.manual_seed(0)
X, y = linear_data(100, torch.tensor([[2.0], [-1.0]]), 0.5, 0.3)
batches = list(zip(X.split(32), y.split(32), strict=True))
sizes = [len(features) for features, _ in batches]
shares = torch.cat([torch.full((size,), 1 / (len(sizes) * size)) for size in sizes])

print(f"Batch sizes {sizes}")
print(f"Weight of a row: {shares[0]:.4f} in the first batch, {shares[-1]:.4f} in the last")
torch.testing.assert_close(shares.sum(), torch.tensor(1.0))
torch.testing.assert_close(shares[-1] / shares[0], torch.tensor(32 / 4))

fig, ax = plt.subplots(layout="constrained")
ax.step(range(100), shares, "C0-", where="mid", label="mean of batch means")
ax.axhline(1 / 100, color="C1", ls="--", label="mean over rows")
ax.set(xlabel="row", ylabel="weight of the row", ylim=(0, None))
ax.set_title("Rows of the short last batch count for more")
ax.legend(loc="upper left")
plt.show()

# %%
# Reporting a loss
# ----------------
#
# For one fixed model the two averages differ, and the one weighted by rows is the loss of the data
# set. With shuffling every row lands in the short batch equally often, so the plain
# average is right *on average over epochs*, only noisier; in a fixed order, as in evaluation, the
# same rows are favoured every time.

model = RegressionNetwork(input_dim=2, hidden_dims=(16,))
criterion = nn.MSELoss()
with torch.no_grad():
    full = criterion(model(X), y)
    means = torch.stack([criterion(model(features), targets) for features, targets in batches])
weighted = (means * torch.tensor(sizes)).sum() / sum(sizes)

print(f"Loss of the data set:      {full.item():.6f}")
print(f"Mean of the batch means:   {means.mean().item():.6f}")
print(f"Weighted by rows:          {weighted.item():.6f}")
torch.testing.assert_close(weighted, full)
torch.testing.assert_close(means.mean(), (shares * ((model(X) - y) ** 2).flatten()).sum())
assert not torch.isclose(means.mean(), full, rtol=1e-3)

# %%
# Accumulating gradients
# ----------------------
#
# Several backward passes before one step add their gradients. Dividing each loss by the
# number of batches gives the gradient of the mean of means. Multiplying it by its rows and dividing
# by all rows gives the full-batch gradient, to rounding.


def accumulate(scale):
    """Return the gradient after backward passes over all batches, each loss times ``scale``."""
    model.zero_grad()
    for features, targets in batches:
        (criterion(model(features), targets) * scale(len(features))).backward()
    return torch.cat([p.grad.flatten() for p in model.parameters()])


model.zero_grad()
criterion(model(X), y).backward()
exact = torch.cat([p.grad.flatten() for p in model.parameters()])

ways = {
    "no scale": lambda rows: 1.0,
    "1 / batches": lambda rows: 1 / len(batches),
    "rows / all rows": lambda rows: rows / len(X),
}
for name, scale in ways.items():
    error = (accumulate(scale) - exact).norm() / exact.norm()
    print(f"{name:16} relative error of the gradient {error.item():.6f}")
torch.testing.assert_close(accumulate(ways["rows / all rows"]), exact, atol=1e-6, rtol=1e-5)
assert not torch.allclose(accumulate(ways["1 / batches"]), exact, rtol=1e-2)

# %%
# With masked targets, or padded sequences, "rows" means *observed targets*: count them over
# all the batches of one step before scaling the first.

# %%
# A loss that moves while it is averaged
# --------------------------------------
#
# During training there is a second difference. An epoch's average mixes losses from before each
# step, so it lags behind the loss of the model that the epoch ends with.

optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
during, after = [], []
for _ in range(15):
    total = 0.0
    for features, targets in batches:
        loss = criterion(model(features), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(features)
    during.append(total / len(X))
    with torch.no_grad():
        after.append(criterion(model(X), y).item())
assert all(lagging > final for lagging, final in zip(during[:8], after[:8], strict=True))
print(f"First epoch: {during[0]:.4f} while training, {after[0]:.4f} at its end")

fig, ax = plt.subplots(layout="constrained")
epochs = range(1, 16)
ax.semilogy(epochs, during, "C0o-", label="averaged while training, by rows")
ax.semilogy(epochs, after, "C1s--", label="evaluated at the end of the epoch")
ax.set(xlabel="epoch", ylabel="MSE on the training rows")
ax.set_title("An epoch's average lags behind\nthe model it ends with")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Add up sums and counts, divide once. In accumulation scale each mean by its rows over
# the rows of the step. A last batch that is much shorter also takes a noisier step:
# ``drop_last=True`` leaves it out while training, never while evaluating. Several
# processes meet the same problem in :ref:`sphx_glr_auto_gallery_reductions_plot_distributed.py`.
