r"""
Weight decay and ridge regression: SGD and Adam agree, AdamW does not
=====================================================================

The weight decay of SGD and of Adam is a ridge penalty, whose size depends on the loss.

The ``weight_decay`` at which training ends at one given ridge fit is found for four losses.
Then SGD, Adam and AdamW are run with it. Theory: :ref:`prior`. Ridge as a Gaussian prior:
:ref:`sphx_glr_auto_gallery_equivalence_plot_prior.py`.
"""

# %%
# The target: one ridge fit
# -------------------------
#
# Ridge regression minimises the *sum* of squares plus :math:`\lambda` times the squared norm.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(0)
n, d, sigma, lam = 30, 5, 2.0, 16.0
X = torch.randn(n, d, dtype=torch.float64)
y = X.sum(dim=1) + sigma * torch.randn(n, dtype=torch.float64)

identity = torch.eye(d, dtype=torch.float64)
ridge = torch.linalg.solve(X.T @ X + lam * identity, X.T @ y)
least_squares = torch.linalg.solve(X.T @ X, X.T @ y)

# %%
# One penalty, four values of ``weight_decay``
# --------------------------------------------
#
# SGD adds ``weight_decay`` times the weights to the gradient, and stops where that sum is zero.
# At the ridge fit it is zero for one value of ``weight_decay`` per loss.


def half_sum(prediction, target):
    """Half the sum of squares."""
    return 0.5 * (target - prediction).square().sum()


def mean_nll(prediction, target):
    """Mean Gaussian NLL at the known noise level."""
    return nn.functional.gaussian_nll_loss(prediction, target, torch.full_like(y, sigma**2))


def sum_nll(prediction, target):
    """Summed Gaussian NLL at the known noise level."""
    return n * mean_nll(prediction, target)


decays = {
    nn.functional.mse_loss: 2 * lam / n,
    half_sum: lam,
    mean_nll: lam / (n * sigma**2),
    sum_nll: lam / sigma**2,
}
for loss, decay in decays.items():
    w = ridge.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(X @ w, y), w)
    torch.testing.assert_close(gradient + decay * ridge, torch.zeros_like(ridge))
    print(f"{loss.__name__:9} weight_decay = {decay:.4f}")

# %%
# SGD, Adam and AdamW on the MSE
# ------------------------------
#
# All three train on all rows at once, with the value for the MSE.
# SGD and Adam add the decay to the gradient. AdamW shrinks the weights in a separate step
# :cite:p:`loshchilov2019`.


def train(optimizer_class, lr):
    """Return the weights at the end, and their distance from ridge after each step."""
    w = torch.zeros(d, dtype=torch.float64, requires_grad=True)
    optimizer = optimizer_class([w], lr=lr, weight_decay=2 * lam / n)
    distances = []
    for _ in range(1000):
        optimizer.zero_grad()
        nn.functional.mse_loss(X @ w, y).backward()
        optimizer.step()
        distances.append((w.detach() - ridge).norm().item())
    return w.detach(), distances


# %%
# SGD and Adam end at ridge.

by_sgd, sgd_distances = train(torch.optim.SGD, lr=0.1)
by_adam, adam_distances = train(torch.optim.Adam, lr=0.01)
by_adamw, adamw_distances = train(torch.optim.AdamW, lr=0.01)

torch.testing.assert_close(by_sgd, ridge, atol=1e-3, rtol=0)
torch.testing.assert_close(by_adam, ridge, atol=1e-3, rtol=0)

# %%
# AdamW ends elsewhere.

for name, w in {"SGD": by_sgd, "Adam": by_adam, "AdamW": by_adamw}.items():
    to_ridge = (w - ridge).norm()
    to_least_squares = (w - least_squares).norm()
    print(f"{name:5} ends {to_ridge:.4f} from ridge, {to_least_squares:.4f} from least squares")
assert (by_adamw - ridge).norm() > 0.01

fig, ax = plt.subplots(layout="constrained")
ax.plot(sgd_distances, "C0-", label="SGD")
ax.plot(adam_distances, "C1--", label="Adam")
ax.plot(adamw_distances, "C2-.", label="AdamW")
ax.set(xlabel="step", ylabel="distance from the ridge fit")
ax.set_title("With one weight decay, SGD and Adam end at ridge,\nAdamW elsewhere")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Trained on all rows, SGD and Adam with ``weight_decay`` end at a ridge fit. The value depends on
# the loss: the same ridge fit has four values here.
# AdamW with the same value ends elsewhere.
