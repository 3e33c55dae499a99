r"""
Weights of 1/σ² are a likelihood, masks a careful zero
======================================================

Dividing each square by its variance is maximum likelihood; a mask must act before the square.

Where every row has its own known :math:`\sigma_i`, the Gaussian NLL weights the squared residuals
by :math:`1/\sigma_i^2` (:ref:`unequal-variance`). What those weights are divided by, and what
becomes of missing targets, decides whether a training loop still minimises that likelihood.
"""

# %%
# Weights come out of the likelihood
# ----------------------------------
#
# One hundred rows whose noise grows with the feature. The NLL with a tensor of
# :math:`\sigma_i` equals half the weighted sum of squares plus a constant.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import fit_linear, heteroscedastic_data, negative_log_likelihood

torch.manual_seed(42)
X, y, noise_std = heteroscedastic_data(100)
X, y, noise_std = X.double(), y.double(), noise_std.double()
weights = 1 / noise_std**2

line = 0.3 + 1.8 * X  # any predictions will do
nll = negative_log_likelihood(y, line, noise_std)
half_weighted = 0.5 * (weights * (y - line) ** 2).sum()
torch.testing.assert_close(nll - half_weighted, 0.5 * (2 * torch.pi * noise_std**2).log().sum())

# %%
# Divide by :math:`\sum w` or by :math:`n`?
# -----------------------------------------
#
# For the whole data set either is a constant: same fit, another learning rate.
# Batch by batch it is not. Dividing each batch by the sum of *its own* weights counts the rows of
# precise batches for less, so the mean gradient over an epoch is not zero at the optimum.

design = torch.cat([torch.ones_like(X), X], dim=1)
best = torch.linalg.solve(design.T @ (weights * design), design.T @ (weights * y))
fit = fit_linear(X, y, weights=weights)
torch.testing.assert_close(fit.coefficients.flatten(), best[1])


def epoch_gradient(divide_by_own_weights):
    """Return the mean gradient over batches of ten at the weighted least-squares fit."""
    coefficients = best.clone().requires_grad_()
    batches = zip(design.split(10), y.split(10), weights.split(10), strict=True)
    losses = []
    for rows, targets, w in batches:
        total = (w * (targets - rows @ coefficients) ** 2).sum()
        losses.append(total / (w.sum() if divide_by_own_weights else len(w)))
    return torch.autograd.grad(torch.stack(losses).mean(), coefficients)[0].norm().item()


print(f"Mean gradient at the optimum, divided by rows:        {epoch_gradient(False):.6f}")
print(f"Mean gradient at the optimum, by each batch's weight: {epoch_gradient(True):.6f}")
assert epoch_gradient(False) < 1e-10 < 1e-3 < epoch_gradient(True)

# %%
# Why the square: 1/σ² and not 1/σ
# --------------------------------
#
# Any positive weights give an unbiased line. The exact standard error of its slope, for weights
# :math:`\sigma_i^{-p}`, is lowest at :math:`p = 2`: there the fit is maximum likelihood, and
# Aitken's theorem :cite:p:`aitken1936` says that no linear unbiased estimate does better.


def slope_error(power):
    """Return the standard error of the slope under weights σ to the minus ``power``."""
    w = noise_std**-power
    inverse = torch.linalg.inv(design.T @ (w * design))
    covariance = inverse @ (design.T @ (w**2 * noise_std**2 * design)) @ inverse
    return covariance[1, 1].sqrt().item()


powers = [k / 10 for k in range(41)]
errors = [slope_error(power) for power in powers]
for name, power in (("1", 0), ("1/σ", 1), ("1/σ²", 2)):
    print(f"weights {name:5} standard error of the slope {slope_error(power):.4f}")
assert powers[errors.index(min(errors))] == 2.0
information = torch.linalg.inv(design.T @ (weights * design))[1, 1].sqrt().item()
assert abs(slope_error(2) - information) < 1e-12

fig, ax = plt.subplots(layout="constrained")
ax.plot(powers, errors, "C0-")
ax.plot([0, 1, 2], [slope_error(power) for power in (0, 1, 2)], "C1o")
for power, name in ((0, "unweighted"), (1, "1/σ"), (2, "1/σ²")):
    ax.annotate(name, (power, slope_error(power)), xytext=(6, 8), textcoords="offset points")
ax.set(xlabel="p, for weights of σ to the power −p", ylabel="standard error of the slope")
ax.set_title("The slope is known best with weights 1/σ²")
plt.show()

# %%
# A mask after the square is too late
# -----------------------------------
#
# Missing targets are often NaN. Multiplying the loss by zero keeps them, for ``0 * nan`` is
# NaN. ``torch.where`` on the *loss* mends the value, but its backward pass multiplies by zero what
# is NaN inside, and the gradient is lost all the same.

targets = torch.tensor([1.0, 2.0, float("nan"), 4.0])
observed = ~targets.isnan()


def by_product(prediction):
    """Multiply the finished losses by the mask."""
    return (nn.functional.mse_loss(prediction, targets, reduction="none") * observed).sum() / 3


def by_where_on_loss(prediction):
    """Replace the finished losses by zero."""
    each = nn.functional.mse_loss(prediction, targets, reduction="none")
    return torch.where(observed, each, 0.0).sum() / 3


def by_where_on_target(prediction):
    """Replace the missing targets first, then drop their losses, then count what is left."""
    filled = torch.where(observed, targets, 0.0)
    each = nn.functional.mse_loss(prediction, filled, reduction="none")
    return (each * observed).sum() / observed.sum().clamp(min=1)


def by_index(prediction):
    """Select the rows that have a target."""
    return nn.functional.mse_loss(prediction[observed], targets[observed])


by_hand = torch.tensor([2 * (1.5 - 1) / 3, 0.0, 0.0, 2 * (4.5 - 4) / 3])
for masked in (by_product, by_where_on_loss, by_where_on_target, by_index):
    prediction = torch.tensor([1.5, 2.0, 3.0, 4.5], requires_grad=True)
    loss = masked(prediction)
    (gradient,) = torch.autograd.grad(loss, prediction)
    slopes = " ".join(f"{slope:.3f}" for slope in gradient.tolist())
    print(f"{masked.__name__:18} loss {loss.item():.4f}  gradient {slopes}")
    good = masked in (by_where_on_target, by_index)
    assert torch.allclose(gradient, by_hand) == good

# %%
# What to take away
# -----------------
#
# Use :math:`1/\sigma_i^2`, divided by a constant. Replace or drop missing targets before they
# meet a prediction, and divide by the number observed: a batch with none gives zero with the
# clamp and NaN with indexing. Batches with unequal counts are the subject of
# :ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`.
