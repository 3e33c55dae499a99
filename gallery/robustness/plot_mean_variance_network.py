r"""
Mean-variance network: GaussianNLLLoss and β-NLL
================================================

A network trained with GaussianNLLLoss can take part of the signal for noise; here β-NLL does not.

A network with two outputs learns a sine with small, constant noise.
It is trained twice from the same start: with ``nn.GaussianNLLLoss``, and with the same loss weighted
by a detached :math:`\hat\sigma` (β-NLL, :cite:t:`seitzer2022`). What else helps:
:ref:`mean-and-variance`.
"""

# %%
# A sine with little noise
# ------------------------
#
# The curve is that of the paper, with fewer periods and points.

import copy
import math

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.set_num_threads(1)  # such a small network is faster on one thread
torch.manual_seed(0)
x = torch.linspace(0, 5, 64)[:, None]
truth = 0.4 * torch.sin(2 * math.pi * x)
y = truth + 0.01 * torch.randn(64, 1)

# %%
# A network with two outputs
# --------------------------
#
# One output is the mean and one the variance. ``softplus`` keeps the variance positive, and a small
# constant keeps it away from zero.


class MeanAndVariance(nn.Module):
    """Predict mean and variance of the target."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(1, 32), nn.Tanh(),
            nn.Linear(32, 32), nn.Tanh(),
            nn.Linear(32, 2),
        )  # fmt: skip

    def forward(self, x):
        """Return mean and variance, both of shape (n, 1)."""
        mean, raw = self.layers((x - 2.5) / 1.5).chunk(2, dim=1)
        return mean, nn.functional.softplus(raw) + 1e-6


# %%
# Two losses
# ----------
#
# The gradient of the NLL for a mean is the error over :math:`\hat\sigma^2`. Multiplied by
# :math:`\hat\sigma^{2\beta}`, it is the error over :math:`\hat\sigma^{2 - 2\beta}`.


def nll(mean, target, variance):
    """The loss of nn.GaussianNLLLoss."""
    return nn.functional.gaussian_nll_loss(mean, target, variance)


def beta_nll(mean, target, variance, beta=0.5):
    """The same per element, weighted by a power of the variance that gets no gradient."""
    each = nn.functional.gaussian_nll_loss(mean, target, variance, reduction="none")
    return (variance.detach() ** beta * each).mean()


def gradient(loss):
    """Gradient of the summed loss for a mean of zero and variances of 1 and 1/4."""
    mean = torch.zeros(2, requires_grad=True)
    value = 2 * loss(mean, torch.ones(2), torch.tensor([1.0, 0.25]))
    return torch.autograd.grad(value, mean)[0]


torch.testing.assert_close(gradient(nll), torch.tensor([-1.0, -4.0]))
torch.testing.assert_close(gradient(beta_nll), torch.tensor([-1.0, -2.0]))

# %%
# Training
# --------
#
# The error of the mean is measured against the truth. The four thousand steps can take ten seconds.


def train(model, loss_function):
    """Train in place, and return the root mean squared error of the mean after each step."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    history = []
    for _ in range(2000):
        mean, variance = model(x)
        loss = loss_function(mean, y, variance)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append((mean.detach() - truth).square().mean().sqrt().item())
    return history


by_nll = MeanAndVariance()
by_beta = copy.deepcopy(by_nll)
nll_errors = train(by_nll, nll)
beta_errors = train(by_beta, beta_nll)

# %%
# The fit by β-NLL has the smaller error. It also has the lower NLL, although it minimises another
# loss.

results = {}
values = {}
for name, model in {"NLL": by_nll, "β-NLL": by_beta}.items():
    with torch.no_grad():
        mean, variance = model(x)
    results[name] = (mean[:, 0], variance[:, 0].sqrt())
    values[name] = nll(mean, y, variance).item()
    print(f"trained with {name:5}: NLL {values[name]:6.3f}")
print(f"error of the mean: NLL {nll_errors[-1]:.3f}, β-NLL {beta_errors[-1]:.3f}")
assert beta_errors[-1] < nll_errors[-1], "from this start the NLL has found the sine as well"
assert values["β-NLL"] < values["NLL"]

# %%
# Where the NLL's mean is flat, its :math:`\hat\sigma` has grown to cover the sine. The gradient of
# the mean there is divided by this large :math:`\hat\sigma^2`.

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.8), layout="constrained")
top.plot(x, y, "k.", ms=4, label="targets")
for (name, (mean, sigma)), style in zip(results.items(), ("C0--", "C1-"), strict=True):
    top.plot(x, mean, style, label=f"{name}, mean ± 2σ̂")
    low, high = mean - 2 * sigma, mean + 2 * sigma
    top.fill_between(x[:, 0], low, high, color=style[:2], alpha=0.25, lw=0)
top.set(xlabel="x", ylabel="y", ylim=(-1.0, 1.6))
top.set_title("The network trained with the NLL\ntakes part of the sine for noise")
top.legend(loc="upper right", fontsize="small")
bottom.plot(nll_errors, "C0--", label="NLL")
bottom.plot(beta_errors, "C1-", label="β-NLL")
bottom.axhline(0.01, color="0.5", ls=":", label="noise in the targets")
bottom.set(xlabel="step of Adam", ylabel="error of the mean", ylim=(0, None))
bottom.set_title("With β-NLL the error of the mean keeps falling")
bottom.legend(fontsize="small")
plt.show()

# %%
# What to take away
# -----------------
#
# A falling NLL does not show that the mean is good: print the error of the mean as well.
# Weighting by a detached :math:`\hat\sigma` gives points of large :math:`\hat\sigma` more pull, and
# here it finds the sine.
# The weighted loss is no log-likelihood, so compare models by the plain NLL.
