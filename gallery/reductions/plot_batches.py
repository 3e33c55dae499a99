r"""
Gradient accumulation with batches of unequal size
==================================================

With batches of unequal size, the mean of the batch means is not the mean over rows.

A batch loss with ``reduction="mean"`` no longer holds its number of rows. In an average of such
losses, or of their gradients, a row of a small batch counts for more. Weighting by rows gives the
loss and the gradient of all rows. The reductions: :ref:`pytorch-losses`.
"""

# %%
# How much one row counts
# -----------------------
#
# One hundred rows in batches of 32 leave a last batch of four. In the mean of the four batch
# means, a row of the last batch counts 32/4 times as much as a row of another.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(0)
X = torch.randn(100, 2)
y = 2 * X[:, :1] - X[:, 1:] + 0.3 * torch.randn(100, 1)
batches = list(zip(X.split(32), y.split(32), strict=True))

sizes = [len(features) for features, _ in batches]
shares = torch.cat([torch.full((size,), 1 / (len(batches) * size)) for size in sizes])
print(f"batch sizes {sizes}")
print(f"share of a row: {shares[0]:.4f} in the first batch, {shares[-1]:.4f} in the last")
torch.testing.assert_close(shares.sum(), torch.tensor(1.0))
torch.testing.assert_close(shares[-1] / shares[0], torch.tensor(32 / 4))

fig, ax = plt.subplots(layout="constrained")
ax.step(range(100), shares, "C0-", where="mid", label="mean of batch means")
ax.axhline(1 / 100, color="C1", ls="--", label="mean over rows")
ax.set(xlabel="row", ylabel="share of the row in the average", ylim=(0, None))
ax.set_title("Rows of the short last batch count for more")
ax.legend(loc="upper left")
plt.show()

# %%
# Reporting a loss
# ----------------
#
# For a fixed model the mean of batch means is a weighted loss, with the shares just drawn.
# Weighted by rows it is the loss of the data set.

model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
criterion = nn.MSELoss()
with torch.no_grad():
    full = criterion(model(X), y)
    squares = ((model(X) - y) ** 2).flatten()
    means = torch.stack([criterion(model(features), targets) for features, targets in batches])
by_rows = (means * torch.tensor(sizes)).sum() / sum(sizes)

print(f"loss of the data set:    {full.item():.6f}")
print(f"mean of the batch means: {means.mean().item():.6f}")
print(f"weighted by rows:        {by_rows.item():.6f}")
torch.testing.assert_close(by_rows, full)
torch.testing.assert_close(means.mean(), (shares * squares).sum())

# %%
# Accumulating gradients
# ----------------------
#
# Backward passes before one step add their gradients. Multiply each loss by its rows over all
# rows, and the sum is the gradient of the loss of the data set.


def gradient():
    """The gradient as it stands, as one vector."""
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters()])


model.zero_grad()
criterion(model(X), y).backward()
exact = gradient()

model.zero_grad()
for features, targets in batches:
    loss = criterion(model(features), targets)
    (loss * len(features) / len(X)).backward()
accumulated = gradient()
torch.testing.assert_close(accumulated, exact, atol=1e-5, rtol=1e-4)

# %%
# Divided by the number of batches instead, the sum is the gradient of the mean of means:

model.zero_grad()
for features, targets in batches:
    loss = criterion(model(features), targets)
    (loss / len(batches)).backward()
mean_of_means = gradient()

model.zero_grad()
(shares * ((model(X) - y) ** 2).flatten()).sum().backward()
torch.testing.assert_close(mean_of_means, gradient(), atol=1e-5, rtol=1e-4)

for name, found in {"rows / all rows": accumulated, "1 / batches": mean_of_means}.items():
    error = (found - exact).norm() / exact.norm()
    print(f"scaled by {name:15} relative error of the gradient {error.item():.6f}")

# %%
# What to take away
# -----------------
#
# For a report, add up sums and counts, and divide once.
# When gradients are accumulated, scale each mean loss by its rows over the rows of the whole step.
# The same with several processes:
# :ref:`sphx_glr_auto_gallery_reductions_plot_distributed.py`.
