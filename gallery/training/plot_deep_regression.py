r"""
A network's training residuals understate the noise
===================================================

Training on the MSE is a Gaussian likelihood fit; the noise must be read off held-out rows.

:class:`~mse_nll.RegressionNetwork` learns a nonlinear function of ten features with Adam and
``nn.MSELoss``. Held-out negative log-likelihood, residuals and intervals then show which estimate
of :math:`\sigma` can be trusted. See :ref:`deep-networks`, and :ref:`constants` for the role of
:math:`\sigma` beside a fixed loss.
"""

# %%
# A function with known noise
# ---------------------------
#
# Friedman's test function uses five of ten uniform features, which the network receives scaled to
# unit variance. The rows are split in three: one part fits the weights, one estimates
# :math:`\sigma`, one judges both.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mse_nll import RegressionNetwork, coverage, negative_log_likelihood, train

torch.manual_seed(0)
noise_std = 1.0
u = torch.rand(1900, 10)
mean = 10 * torch.sin(math.pi * u[:, :1] * u[:, 1:2]) + 20 * (u[:, 2:3] - 0.5) ** 2
mean = mean + 10 * u[:, 3:4] + 5 * u[:, 4:5]
y = mean + noise_std * torch.randn(1900, 1)
X = (u - 0.5) * math.sqrt(12)
parts = {"train": slice(0, 400), "validation": slice(400, 900), "test": slice(900, 1900)}

# %%
# Training on the MSE
# -------------------
#
# Every ten epochs the root mean square of the residuals is recorded on each part. On the
# training rows it would be :math:`\hat\sigma`, the maximum likelihood estimate,
# :eq:`eq-profile-nll`.

model = RegressionNetwork(input_dim=10, hidden_dims=(64, 32))
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
loader = DataLoader(TensorDataset(X[parts["train"]], y[parts["train"]]), 32, shuffle=True)

rms = {name: [] for name in parts}
for _ in range(20):
    train(model, nn.MSELoss(), loader, optimizer, n_epochs=10)
    with torch.no_grad():
        residual = y - model(X)
    for name, rows in parts.items():
        rms[name].append(residual[rows].square().mean().sqrt().item())

for name in parts:
    print(f"{name:10} σ̂ after {len(rms[name]) * 10} epochs: {rms[name][-1]:.3f}")
assert rms["train"][-1] < noise_std < rms["validation"][-1]

# %%
# The network has begun to fit the noise of the training rows. Their residuals fall below the noise
# that was put in, which no honest prediction can do, while the others stay above it.

epochs = range(10, 201, 10)
fig, ax = plt.subplots(layout="constrained")
ax.semilogy(epochs, rms["train"], "C0-", label="training rows")
ax.semilogy(epochs, rms["validation"], "C1--", label="validation rows")
ax.semilogy(epochs, rms["test"], "C2-.", label="test rows")
ax.axhline(noise_std, color="0.5", ls=":", label="noise in the data")
ax.set(xlabel="epoch", ylabel="root mean square residual")
ax.set_title("Training residuals sink below the noise,\nheld-out residuals do not")
ax.legend()
plt.show()

# %%
# What a wrong :math:`\sigma` costs
# ---------------------------------
#
# The weights are the same, yet the test NLL depends on the :math:`\sigma` that is reported with
# them. With :math:`r = \text{MSE}_\text{test} / \sigma^2`, each row pays
# :math:`\tfrac12 (r - 1 - \log r)` nats more than with the best :math:`\sigma` for these rows.

with torch.no_grad():
    prediction = model(X)
target, predicted = y[parts["test"]], prediction[parts["test"]]
test_mse = rms["test"][-1] ** 2
best = 0.5 * (math.log(2 * math.pi * test_mse) + 1)

for name in ("train", "validation"):
    sigma = rms[name][-1]
    nll = negative_log_likelihood(target, predicted, sigma, reduction="mean").item()
    r = test_mse / sigma**2
    print(f"σ̂ from {name:10} rows: test NLL {nll:.3f} nats a row, {nll - best:.3f} too much")
    assert math.isclose(nll - best, 0.5 * (r - 1 - math.log(r)), abs_tol=1e-5)

# %%
# Intervals tell the same story in other units: a 95 % interval should hold 95 % of new targets.

shares = {}
for name in ("train", "validation"):
    half = 1.96 * rms[name][-1]
    shares[name] = float(coverage(target, predicted - half, predicted + half))
    print(f"σ̂ from {name:10} rows: {shares[name]:.1%} of test targets inside 95 % intervals")
assert shares["train"] < 0.90 < shares["validation"]

# %%
# Are the residuals Gaussian?
# ---------------------------
#
# Held-out residuals are noise *plus* the error of the network, so they need not be, even where the
# noise is. Sorted and divided by :math:`\hat\sigma` they are compared with normal quantiles:
# on the diagonal, the Gaussian and its scale are both right; a steeper line means that
# :math:`\hat\sigma` is too small.

standard = torch.distributions.Normal(0.0, 1.0)
quantiles = standard.icdf((torch.arange(1000) + 0.5) / 1000)
residual = (target - predicted).flatten().sort().values
excess = (residual / residual.std()).pow(4).mean().item() - 3
print(f"Excess kurtosis of the test residuals: {excess:.2f} (0 for a Gaussian)")

fig, ax = plt.subplots(layout="constrained")
for name, style in (("train", "C0."), ("validation", "C1x")):
    ax.plot(quantiles[::8], residual[::8] / rms[name][-1], style, ms=5, label=f"scale: {name} rows")
ax.plot([-3, 3], [-3, 3], ":", color="0.5", label="standard normal")
ax.set(xlabel="quantile of the standard normal", ylabel=r"test residual / $\hat\sigma$")
ax.set_title(
    "Test residuals fit the validation rows' scale;\nfor the training rows' scale they are too wide"
)
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Training on the MSE needs no :math:`\sigma`; predicting with uncertainty does. Take it from rows
# that the weights have not seen, and judge it on a third set. One number for all inputs is itself
# an assumption: :ref:`sphx_glr_auto_gallery_robustness_plot_mean_variance_network.py` lets it vary.
