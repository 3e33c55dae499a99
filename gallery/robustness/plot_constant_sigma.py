r"""
Learning a constant σ with GaussianNLLLoss and an nn.Parameter
==============================================================

A variance that is trained together with a line ends at the mean squared residual.

A constant :math:`\sigma` can be computed from the residuals after a fit by MSE,
:eq:`eq-profile-nll`, or be one more parameter of the optimiser. Both end at the same line and the
same :math:`\hat\sigma`. A :math:`\sigma` that depends on :math:`x`: :ref:`mean-and-variance`.
"""

# %%
# Data and the closed form
# ------------------------
#
# The line of least squares does not depend on :math:`\sigma`. With it, the negative log-likelihood
# (NLL) is smallest at :math:`\hat\sigma^2 = \text{MSE}`.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.manual_seed(0)
X = torch.randn(200, 1)
y = 2 * X + 1 + 0.3 * torch.randn(200, 1)

design = torch.cat([X, torch.ones_like(X)], dim=1)
solution = torch.linalg.lstsq(design, y).solution
mse = (y - design @ solution).square().mean().item()
print(f"least squares: slope {solution[0].item():.4f}, MSE {mse:.5f}")

# %%
# A log-variance as a parameter
# -----------------------------
#
# Its exponential is positive. As an ``nn.Parameter`` it reaches the optimiser through
# ``parameters()``.


class LineWithNoise(nn.Module):
    """A linear mean and one variance for all observations."""

    def __init__(self):
        super().__init__()
        self.line = nn.Linear(1, 1)
        self.log_variance = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        """Return mean and variance, both of shape (n, 1)."""
        mean = self.line(x)
        return mean, self.log_variance.exp().expand_as(mean)


# %%
# ``expand_as`` gives the variance the shape of the predictions. Gradients flow through it to the
# parameter.

model = LineWithNoise()
criterion = nn.GaussianNLLLoss(full=True)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
slopes, sigmas = [], []
for _ in range(1000):
    mean, variance = model(X)
    loss = criterion(mean, y, variance)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    slopes.append(model.line.weight.item())
    sigmas.append(math.exp(0.5 * model.log_variance.item()))

# %%
# Both ways end at the same place
# -------------------------------
#
# Slope, variance and loss agree with the closed form.

learned = model.log_variance.exp().item()
print(f"learned:       slope {slopes[-1]:.4f}, variance {learned:.5f}")
torch.testing.assert_close(slopes[-1], solution[0].item(), rtol=1e-3, atol=0)
torch.testing.assert_close(learned, mse, rtol=1e-2, atol=0)
nll = 0.5 * (math.log(2 * math.pi * mse) + 1)
torch.testing.assert_close(loss.item(), nll, rtol=0, atol=1e-4)

# %%
# This estimate is biased. The unbiased variance divides by the rows minus the two fitted
# coefficients.

unbiased = mse * 200 / (200 - 2)
print(f"learned σ {math.sqrt(learned):.4f}, unbiased {math.sqrt(unbiased):.4f}, used 0.3")

# %%
# On the way there
# ----------------
#
# While the line is wrong, :math:`\hat\sigma` covers its errors as well. It falls as the line
# improves.

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained", sharex=True)
top.plot(slopes, "C0-", label="learned slope")
top.axhline(solution[0].item(), color="C1", ls="--", label="least squares")
top.set(ylabel="slope", title="The line ends at least squares")
top.legend()
bottom.plot(sigmas, "C0-", label="learned σ̂")
bottom.axhline(math.sqrt(mse), color="C1", ls="--", label="√MSE of least squares")
bottom.set(xlabel="step of Adam", ylabel="σ̂", title="σ̂ covers the early errors, then falls to √MSE")
bottom.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# To learn a constant :math:`\sigma`, register a log-variance and expand its exponential to the shape
# of the predictions.
# A fit by MSE gives the same line, and the root of its MSE the same :math:`\hat\sigma`.
