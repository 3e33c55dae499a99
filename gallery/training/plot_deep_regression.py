r"""
Neural network regression: estimate σ on held-out rows
======================================================

The training residuals of this network understate the noise, and its held-out residuals do not.

A network learns a function of ten features with ``nn.MSELoss``. Its residuals on training rows and
on validation rows give two estimates of :math:`\sigma`, which a third set of rows judges.
Theory: :ref:`deep-networks`.
"""

# %%
# A function with known noise
# ---------------------------
#
# Friedman's test function uses five of ten uniform features. One set of rows fits the weights, one
# estimates :math:`\sigma`, and one judges.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
noise_std = 1.0


def draw(n_rows):
    """Inputs scaled to unit variance, and targets with noise."""
    u = torch.rand(n_rows, 10)
    mean = 10 * torch.sin(math.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2
    mean = mean + 10 * u[:, 3] + 5 * u[:, 4]
    y = mean + noise_std * torch.randn(n_rows)
    return (u - 0.5) * math.sqrt(12), y[:, None]


train_x, train_y = draw(300)
validation_x, validation_y = draw(500)
test_x, test_y = draw(1000)

# %%
# Training on the MSE
# -------------------
#
# After each epoch the root mean square of the residuals is recorded.

model = nn.Sequential(
    nn.Linear(10, 64), nn.ReLU(),
    nn.Linear(64, 32), nn.ReLU(),
    nn.Linear(32, 1),
)  # fmt: skip
criterion = nn.MSELoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=32, shuffle=True)


@torch.no_grad()
def rms(x, y):
    """Root mean square residual of the model."""
    return criterion(model(x), y).sqrt().item()


on_training, on_validation = [], []
for _ in range(150):
    for inputs, targets in loader:
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()
    on_training.append(rms(train_x, train_y))
    on_validation.append(rms(validation_x, validation_y))

# %%
# Two estimates of σ
# ------------------
#
# The network has fitted part of the noise of its training rows, so their residuals fall below the
# noise in the data. On new rows the error of the network *adds* to the noise.

sigma_training = on_training[-1]
sigma_validation = on_validation[-1]
print(f"noise used {noise_std}")
print(f"σ̂ from training rows   {sigma_training:.3f}")
print(f"σ̂ from validation rows {sigma_validation:.3f}")
assert sigma_training < noise_std < sigma_validation

fig, ax = plt.subplots(layout="constrained")
ax.plot(range(1, 151), on_training, "C0-", label="training rows")
ax.plot(range(1, 151), on_validation, "C1--", label="validation rows")
ax.axhline(noise_std, color="0.5", ls=":", label="noise in the data")
ax.set(xlabel="epoch", ylabel="root mean square residual", ylim=(0, 3))
ax.set_title("Training residuals sink below the noise,\nheld-out residuals do not")
ax.legend()
plt.show()

# %%
# What a wrong σ costs
# --------------------
#
# The negative log-likelihood (NLL) of the test rows depends on the :math:`\sigma` that is reported
# with the predictions. So does the share of test rows inside a 95 % interval.

with torch.no_grad():
    prediction = model(test_x)
nll = {}
covered = {}
for name, sigma in {"training": sigma_training, "validation": sigma_validation}.items():
    variance = torch.full_like(test_y, sigma**2)
    nll[name] = nn.functional.gaussian_nll_loss(prediction, test_y, variance, full=True).item()
    inside = (test_y - prediction).abs() <= 1.96 * sigma
    covered[name] = inside.float().mean().item()
    print(f"σ̂ from {name:10} rows: NLL {nll[name]:.3f} per row, coverage {covered[name]:.1%}")

assert nll["validation"] < nll["training"]
assert covered["training"] < 0.9, "the network has not overfitted"
assert abs(covered["validation"] - 0.95) < 0.04

# %%
# What to take away
# -----------------
#
# Take :math:`\sigma` from rows that the weights have not seen, and judge it on a third set.
# The validation residuals hold the error of the network as well as the noise, and so do the errors
# of its predictions.
# A :math:`\sigma` that varies with the input:
# :ref:`sphx_glr_auto_gallery_robustness_plot_mean_variance_network.py`.
