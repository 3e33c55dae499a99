r"""
MSE and the Gaussian NLL choose the same weight
===============================================

With the noise level fixed, the two losses put every candidate weight in the same order.

The mean squared error is computed in three ways, then the Gaussian negative log-likelihood (NLL)
and the MSE are evaluated on one grid of weights.
They share a minimiser because one is an increasing affine function of the other, :eq:`eq-affine`.
The derivation is in :ref:`four-steps`; what the constants hide is in :ref:`constants`.
"""

# %%
# Three ways to write the MSE
# ---------------------------
#
# By hand, as a module, and as a function: PyTorch's losses take ``(input, target)``, prediction
# first. The functions of ``mse_nll`` take ``(y_true, y_pred)``, target first.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import fit_linear, negative_log_likelihood

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
# The data follow a line with known intercept and known noise.
# Only the weight is unknown, and each of 50 candidates is scored by both losses.

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
# Why: the NLL is an affine function of the MSE
# ---------------------------------------------
#
# Affine, not proportional: the NLL is :math:`\tfrac{n}{2\sigma^2}` times the MSE *plus*
# :math:`\tfrac{n}{2}\log(2\pi\sigma^2)`. Neither constant depends on the weight and the slope is
# positive, so the order of any two candidates is kept.
# The density of ``torch.distributions.Normal`` is the independent witness.

slope = n / (2 * sigma**2)
offset = n / 2 * torch.log(torch.tensor(2 * torch.pi * sigma**2))
torch.testing.assert_close(nll, offset + slope * mse)

witness = [-torch.distributions.Normal(w * X + true_b, sigma).log_prob(y).sum() for w in weights]
torch.testing.assert_close(nll, torch.stack(witness))
assert torch.equal(nll.argsort(), mse.argsort())
print(f"NLL = {offset.item():.3f} + {slope:.0f} × MSE at all {len(weights)} weights")

# %%
# Two axes, one curve
# -------------------
#
# Each loss fills an axis of its own: the curves lie on each other, though the scales differ.
# Scaled to run from 0 to 1 they are equal to rounding.


def zero_to_one(values):
    """Shift and stretch ``values`` to start at 0 and end at 1."""
    return (values - values.min()) / (values.max() - values.min())


torch.testing.assert_close(zero_to_one(nll), zero_to_one(mse), atol=1e-5, rtol=0)

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 7.2), layout="constrained")
twin = top.twinx()
lines = top.plot(weights, nll, "C0-", lw=4, alpha=0.6, label="NLL (left axis)")
lines += twin.plot(weights, mse, "C1--", lw=2, label="MSE (right axis)")
lines.append(
    top.axvline(true_w, ymax=0.6, color="C2", ls=":", label=f"w = {true_w}, used for the data")
)
top.set(xlabel="weight w", ylabel="negative log-likelihood (nats)")
twin.set_ylabel("mean squared error")
twin.grid(False)
top.set_title("NLL and MSE are lowest at the same weight")
top.legend(handles=lines, loc="upper center")

bottom.plot(weights, zero_to_one(nll), "C0-", lw=4, alpha=0.6, label="NLL, scaled to 0…1")
bottom.plot(weights, zero_to_one(mse), "C1--", lw=2, label="MSE, scaled to 0…1")
bottom.axvline(true_w, ymax=0.6, color="C2", ls=":", label=f"w = {true_w}, used for the data")
bottom.set(xlabel="weight w", ylabel="scaled loss")
bottom.set_title("Scaled alike, the two losses are one curve")
bottom.legend(loc="upper center")
plt.show()

# %%
# The exact minimiser
# -------------------
#
# A grid can only return one of its own points. With the intercept known, the derivative of either
# loss vanishes at :math:`\hat w = \sum_i x_i (y_i - b) \big/ \sum_i x_i^2`, wherever that lies
# between two grid points. It is the same for both losses since their derivatives
# differ by the factor :math:`n / 2\sigma^2` only.

exact = (X.double() * (y.double() - true_b)).sum() / X.double().square().sum()
spacing = (weights[1] - weights[0]).item()
standard_error = sigma / X.square().sum().sqrt().item()

print(f"Exact minimiser: ŵ = {exact.item():.4f} (grid spacing {spacing:.4f})")
print(f"Its distance from {true_w} in standard errors: {(exact - true_w) / standard_error:.2f}")
assert abs(weights[mse.argmin()] - exact) <= spacing / 2
fit = fit_linear(X, y - true_b, fit_intercept=False)
torch.testing.assert_close(fit.coefficients.squeeze(), exact, atol=1e-6, rtol=0)

w = exact.clone().requires_grad_()
for loss in (nn.functional.mse_loss, lambda pred, y: negative_log_likelihood(y, pred, sigma)):
    (gradient,) = torch.autograd.grad(loss(w * X.double() + true_b, y.double()), w)
    assert abs(gradient) < 1e-10

# %%
# What to take away
# -----------------
#
# For any fixed :math:`\sigma`, minimising the NLL and minimising the MSE give the same weights.
# That weight is an estimate: it differs from the one that made the data by sampling error, and
# from the grid's answer by the width of a grid cell.
# The *values* of the two losses differ, and so do their gradients' sizes: see
# :ref:`sphx_glr_auto_gallery_equivalence_plot_learning_rate.py`.
