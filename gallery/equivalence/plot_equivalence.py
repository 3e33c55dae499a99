r"""
MSE and the Gaussian negative log-likelihood have the same minimiser
====================================================================

With the noise level fixed, both losses are lowest at the same weight.

The mean squared error (MSE) and the Gaussian negative log-likelihood (NLL) are evaluated on one
grid of weights. The NLL is an increasing affine function of the MSE, :eq:`eq-affine`;
:ref:`four-steps` derives it.
"""

# %%
# Three ways to write the MSE
# ---------------------------
#
# The three give one value. PyTorch's losses take the prediction first.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import negative_log_likelihood

y_true = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
y_pred = torch.tensor([1.1, 2.2, 2.8, 4.1, 4.9])

by_hand = torch.mean((y_true - y_pred) ** 2)
by_module = nn.MSELoss(reduction="mean")(y_pred, y_true)
by_function = nn.functional.mse_loss(y_pred, y_true)

print(f"By hand:    {by_hand.item():.6f}")
print(f"nn.MSELoss: {by_module.item():.6f}")
print(f"F.mse_loss: {by_function.item():.6f}")
torch.testing.assert_close(by_module, by_hand)
torch.testing.assert_close(by_function, by_hand)

# %%
# Both losses on a grid of weights
# --------------------------------
#
# The data follow a line of which only the weight is unknown.
# The functions of ``mse_nll`` take the target first.

torch.manual_seed(42)
n, true_w, true_b, sigma = 100, 2.0, 1.0, 0.5
X = torch.randn(n, 1)
y = true_w * X + true_b + sigma * torch.randn(n, 1)

weights = torch.linspace(0, 4, 50)
nll = torch.stack([negative_log_likelihood(y, w * X + true_b, sigma) for w in weights])
mse = torch.stack([nn.functional.mse_loss(w * X + true_b, y) for w in weights])

print(f"NLL minimiser on the grid: w = {weights[nll.argmin()].item():.4f}")
print(f"MSE minimiser on the grid: w = {weights[mse.argmin()].item():.4f}")
print(f"Weight that made the data: w = {true_w}")
assert nll.argmin() == mse.argmin()

# %%
# The minimiser differs from the weight that made the data: a hundred noisy rows determine the
# weight approximately, and a grid returns one of its own points.
#
# Why: the NLL is an affine function of the MSE
# ---------------------------------------------
#
# The NLL is :math:`\tfrac{n}{2\sigma^2}` times the MSE *plus*
# :math:`\tfrac{n}{2}\log(2\pi\sigma^2)`. Neither constant depends on the weight, and the slope is
# positive. The check takes its densities from ``torch.distributions``.

slope = n / (2 * sigma**2)
offset = n / 2 * math.log(2 * math.pi * sigma**2)
densities = [torch.distributions.Normal(w * X + true_b, sigma) for w in weights]
independent = torch.stack([-density.log_prob(y).sum() for density in densities])

torch.testing.assert_close(independent, offset + slope * mse)
torch.testing.assert_close(independent, nll)
print(f"NLL = {offset:.3f} + {slope:.0f} × MSE at all {len(weights)} weights")

# %%
# One curve, two axes
# -------------------
#
# Scaled to run from 0 to 1, the two losses are equal to rounding.
# So each gives the same curve on an axis of its own.


def zero_to_one(values):
    """Shift and stretch ``values`` to start at 0 and end at 1."""
    return (values - values.min()) / (values.max() - values.min())


torch.testing.assert_close(zero_to_one(nll), zero_to_one(mse), atol=1e-5, rtol=0)

fig, ax = plt.subplots(layout="constrained")
right = ax.twinx()
lines = ax.plot(weights, nll, "C0-", lw=5, alpha=0.5, label="NLL (left axis)")
lines += right.plot(weights, mse, "C1--", lw=2, label="MSE (right axis)")
lines.append(ax.axvline(true_w, ymax=0.6, color="C2", ls=":", label="weight of the data"))
ax.set(xlabel="weight w", ylabel="negative log-likelihood (nats)")
right.set_ylabel("mean squared error")
right.spines["right"].set_visible(True)
right.grid(False)
ax.set_title("NLL and MSE are one curve with two scales")
ax.legend(handles=lines, loc="upper center")
plt.show()

# %%
# What to take away
# -----------------
#
# For a fixed :math:`\sigma`, minimising the NLL and minimising the MSE give the same weight.
# Their *values* and slopes differ. What that means for a learning rate:
# :ref:`sphx_glr_auto_gallery_equivalence_plot_learning_rate.py`.
