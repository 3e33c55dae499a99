r"""
Weighted MSE and masked MSE: what to divide by
==============================================

Divide a weighted loss by its rows, and mask NaN targets before the square is taken.

With known noise levels :math:`\sigma_i`, the Gaussian negative log-likelihood (NLL) weights the
squared residuals by :math:`1/\sigma_i^2`. A missing target has a weight of zero.
Why the weights are :math:`1/\sigma_i^2`:
:ref:`sphx_glr_auto_gallery_robustness_plot_weighted_least_squares.py`.
"""

# %%
# Weights come out of the likelihood
# ----------------------------------
#
# The noise of these hundred rows grows along the line. The NLL is half the weighted sum of squares
# plus a constant.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.distributions import Normal

torch.manual_seed(0)
x = torch.linspace(0, 5, 100, dtype=torch.float64)
sigma = 0.1 + 0.3 * x
y = 2 * x + sigma * torch.randn(100, dtype=torch.float64)
weights = 1 / sigma**2

predictions = 0.3 + 1.8 * x
nll = -Normal(predictions, sigma).log_prob(y).sum()
weighted_squares = (weights * (y - predictions) ** 2).sum()
constant = 0.5 * torch.log(2 * math.pi * sigma**2).sum()
torch.testing.assert_close(nll, 0.5 * weighted_squares + constant)

# %%
# Divide by the rows, not by the weights of the batch
# ---------------------------------------------------
#
# For the whole data set, the number of rows and the sum of the weights are both constants.
# In batches of equal size only the first is. Divided by the sum of *its own* weights, a batch of
# noisy rows counts as much as one of precise rows.

design = torch.stack([torch.ones_like(x), x], dim=1)
root = weights.sqrt()
best = torch.linalg.lstsq(root[:, None] * design, root * y).solution
batches = list(zip(design.split(10), y.split(10), weights.split(10), strict=True))


def mean_gradient(divisor):
    """Gradient at the weighted least-squares line, averaged over the batches."""
    line = best.clone().requires_grad_()
    losses = []
    for features, targets, w in batches:
        squares = (targets - features @ line) ** 2
        losses.append((w * squares).sum() / divisor(w))
    (gradient,) = torch.autograd.grad(torch.stack(losses).mean(), line)
    return gradient.norm().item()


# %%
# At the maximum of the likelihood, the average gradient over an epoch vanishes for the first divisor
# and not for the second.

by_rows = mean_gradient(len)
by_own_weights = mean_gradient(torch.sum)
print(f"mean gradient at the optimum, divided by rows:        {by_rows:.6f}")
print(f"mean gradient at the optimum, divided by own weights: {by_own_weights:.6f}")
assert by_rows < 1e-9
assert by_own_weights > 1e-6

shares = weights / weights.sum()
own_shares = torch.cat([w / w.sum() / len(batches) for _, _, w in batches])
fig, ax = plt.subplots(layout="constrained")
ax.semilogy(x, shares, "C0-", label="divided by the rows")
ax.semilogy(x, own_shares, "C1--", label="divided by the weights of its batch")
ax.set(xlabel="x (the noise grows to the right)", ylabel="share of the row in the fit")
ax.set_title("Divided by its own weights,\na noisy batch counts as much as a precise one")
ax.legend()
plt.show()

# %%
# A mask after the square is too late
# -----------------------------------
#
# Missing targets are often NaN, and ``0 * nan`` is NaN. Two of these functions mask the finished
# losses, and two mask the targets.

targets = torch.tensor([1.0, 2.0, float("nan"), 4.0])
observed = ~targets.isnan()
squared_error = nn.MSELoss(reduction="none")


def product(prediction):
    """Multiply the losses by the mask: the value is NaN."""
    return (squared_error(prediction, targets) * observed).sum() / observed.sum()


def where_on_loss(prediction):
    """Replace the losses by zero: the value is right, the gradient is NaN."""
    losses = torch.where(observed, squared_error(prediction, targets), 0.0)
    return losses.sum() / observed.sum()


def where_on_target(prediction):
    """Replace the missing targets first."""
    filled = torch.where(observed, targets, 0.0)
    return (squared_error(prediction, filled) * observed).sum() / observed.sum()


def index(prediction):
    """Select the rows that have a target."""
    return squared_error(prediction[observed], targets[observed]).mean()


# %%
# The gradient by hand is twice the error over the number of *observed* targets.

by_hand = torch.tensor([2 * (1.5 - 1) / 3, 0.0, 0.0, 2 * (4.5 - 4) / 3])
gradients = {}
for masked in (product, where_on_loss, where_on_target, index):
    prediction = torch.tensor([1.5, 2.0, 3.0, 4.5], requires_grad=True)
    loss = masked(prediction)
    (gradients[masked],) = torch.autograd.grad(loss, prediction)
    slopes = " ".join(f"{slope:.3f}" for slope in gradients[masked].tolist())
    print(f"{masked.__name__:15} loss {loss.item():.4f}  gradient {slopes}")

torch.testing.assert_close(gradients[where_on_target], by_hand)
torch.testing.assert_close(gradients[index], by_hand)
assert gradients[product].isnan().any()
assert gradients[where_on_loss].isnan().any()

# %%
# What to take away
# -----------------
#
# Divide a weighted loss by the number of rows, not by the sum of the batch's own weights.
# Replace or drop NaN targets before they meet a prediction, and divide by the number observed.
# If that number differs between batches:
# :ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`.
