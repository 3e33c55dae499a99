r"""
One learned σ beside the mean ends at the root of the MSE
=========================================================

A log-variance parameter is trained together with a line and ends at the mean squared residual.

The noise has one level, unknown. Either fit by MSE and read :math:`\hat\sigma^2` off the residuals
afterwards, :eq:`eq-profile-nll`, or give the optimiser one more parameter: both end at the same
line and the same :math:`\hat\sigma`. On the way there are two traps, the spread of the
*predictions* and a variance without dimensions. Variances that follow :math:`x`:
:ref:`mean-and-variance`.
"""

# %%
# Data and the closed form
# ------------------------
#
# With :math:`\sigma` constant the mean's optimum does not depend on it: least squares finds the
# line, and the NLL is then least at :math:`\hat\sigma^2 = \text{MSE}`.

import matplotlib.pyplot as plt
import torch
from torch import nn

from mse_nll import (
    fit_linear,
    heteroscedastic_negative_log_likelihood,
    linear_data,
    negative_log_likelihood,
)

torch.manual_seed(42)
X, y = linear_data(200, torch.tensor([[2.0]]), bias=1.0, noise_std=0.3)
exact = fit_linear(X, y)
print(f"least squares: slope {exact.coefficients.item():.4f}, MSE {float(exact.sigma) ** 2:.5f}")

# %%
# A log-variance as ``nn.Parameter``
# ----------------------------------
#
# The logarithm may be any real number, so no clamp is needed. The parameter must be *registered*:
# as an attribute of the module it reaches the optimiser through ``parameters()``.


class LineWithNoise(nn.Module):
    """A linear mean and one log-variance for all observations."""

    def __init__(self, input_dim):
        super().__init__()
        self.mean = nn.Linear(input_dim, 1)
        self.log_variance = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        """Return mean and log-variance, both of shape (n, 1)."""
        mean = self.mean(x)
        return mean, self.log_variance.expand_as(mean)


model = LineWithNoise(1)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
history = []
for _ in range(1000):
    loss = heteroscedastic_negative_log_likelihood(y, *model(X), reduction="mean")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    sigma = (0.5 * model.log_variance.detach()).exp()
    history.append((loss.item(), sigma.item(), model.mean.weight.item()))

# %%
# Both ways end at the same place
# -------------------------------

learned = model.log_variance.exp().item()
print(f"learned:       slope {model.mean.weight.item():.4f}, variance {learned:.5f}")
torch.testing.assert_close(learned, float(exact.sigma) ** 2, rtol=1e-3, atol=0)
torch.testing.assert_close(model.mean.weight.item(), exact.coefficients.item(), rtol=1e-3, atol=0)
at_end = negative_log_likelihood(y, model.mean(X), sigma).item()
torch.testing.assert_close(at_end, -float(exact.log_likelihood), rtol=1e-4, atol=0)

# %%
# The optimum is the biased estimate, below the unbiased one by the factor :math:`(n - p)/n`, and
# on rows a flexible model has memorised it is far too small: use held-out rows there.

print(f"learned σ {learned**0.5:.4f}, unbiased {float(exact.sigma_unbiased):.4f}, used 0.3")

# %%
# Trap one: the spread of the predictions
# ---------------------------------------
#
# ``torch.var(predictions)`` says how far the line climbs over these inputs, nothing about the
# noise. The variance wanted is that of the *residuals*.

predictions = model.mean(X).detach()
print(f"variance of predictions {predictions.var():.4f}")
print(f"mean squared residual   {(y - predictions).square().mean():.4f}")
assert predictions.var() > 10 * learned

# %%
# Trap two: a variance without dimensions
# ---------------------------------------
#
# ``nn.GaussianNLLLoss`` accepts a variance of the input's shape, one that lacks or has length 1 in
# the last dimension only, or a Python float. A 0-d tensor, which is what a scalar parameter gives,
# passes for a vector of predictions, because dropping its only dimension leaves none; for a column
# of shape (n, 1) it raises.

criterion = nn.GaussianNLLLoss(full=True)
variance = model.log_variance.exp()
criterion(predictions.flatten(), y.flatten(), variance)
try:
    criterion(predictions, y, variance)
except ValueError as error:
    print("column and 0-d variance:", error)
else:
    raise AssertionError("a 0-d variance was expected to raise")

# %%
# Expand it, and the gradient still flows to the parameter. ``variance.item()`` would silence the
# error too, but it cuts the graph: the parameter would never learn.

value = criterion(predictions, y, variance.expand_as(predictions))
(gradient,) = torch.autograd.grad(value, model.log_variance, retain_graph=True)
print(f"expanded: {value:.4f}, the parameter gets a gradient: {gradient is not None}")
torch.testing.assert_close(
    value, negative_log_likelihood(y, predictions, variance.sqrt(), reduction="mean")
)
assert not criterion(predictions, y, variance.item()).requires_grad

# %%
# σ first grows, then shrinks
# ---------------------------
#
# While the line is wrong, :math:`\hat\sigma` covers its errors as well; it falls as the line
# improves. A wide :math:`\hat\sigma` makes the mean's gradient small, a narrow one makes it steep:
# the learning rate that suited MSE may not suit this loss.

_, sigmas, slopes = zip(*history, strict=True)
fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained", sharex=True)
top.plot(slopes, "C0", label="learned slope")
top.axhline(exact.coefficients.item(), color="C1", ls="--", label="least squares")
top.set(ylabel="slope", title="The line ends at least squares")
top.legend()
bottom.plot(sigmas, "C0", label="learned σ̂")
bottom.axhline(float(exact.sigma), color="C1", ls="--", label="√MSE of least squares")
bottom.set(xlabel="Adam steps", ylabel="σ̂", title="σ̂ covers the early errors, then falls to √MSE")
bottom.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# For a constant :math:`\sigma`, fit by MSE and take the root: nothing is gained by learning it.
# Learn it when another term of the loss needs it, as with several outputs of different noise or a
# prior; keep it as a registered log-variance and expand it to the predictions' shape.
