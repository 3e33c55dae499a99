r"""
Training loop with MSELoss: it estimates the noise level too
============================================================

A linear model trained on the MSE ends near least squares, and its MSE is near the noise variance.

A model of five features is trained with a ``DataLoader`` and ``torch.nn.MSELoss``. Its residuals
give :math:`\hat\sigma` and the negative log-likelihood (NLL), :eq:`eq-nll`, which are compared with
the closed form. Why this is maximum likelihood: :ref:`four-steps`.
"""

# %%
# Data with known weights
# -----------------------

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mse_nll import negative_log_likelihood

torch.manual_seed(42)
n_samples, n_features, noise_std = 500, 5, 0.3
true_weights = torch.randn(n_features, 1)
true_bias = 0.5
X = torch.randn(n_samples, n_features)
y = X @ true_weights + true_bias + noise_std * torch.randn(n_samples, 1)

# %%
# The loop
# --------
#
# The mean of the batch losses is reported after each epoch. The last batch is smaller than the
# others, so this is not exactly the mean over rows:
# :ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`.

loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
model = nn.Linear(n_features, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

history = []
for epoch in range(1, 101):
    losses = []
    for inputs, targets in loader:
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    history.append(sum(losses) / len(losses))
    if epoch % 20 == 0:
        print(f"Epoch {epoch:3d}: MSE = {history[-1]:.6f}")

# %%
# What the loop has estimated
# ---------------------------
#
# The root mean square of the residuals is the maximum likelihood estimate of :math:`\sigma`.
# The fit has followed some of the noise, so :math:`\hat\sigma^2` is too small on average. Dividing by
# the rows minus the six fitted parameters corrects that.

with torch.no_grad():
    prediction = model(X)
final_mse = criterion(prediction, y).item()
sigma_ml = math.sqrt(final_mse)
sigma_unbiased = math.sqrt(final_mse * n_samples / (n_samples - n_features - 1))

print(f"Final MSE: {final_mse:.6f}")
print(f"σ, maximum likelihood: {sigma_ml:.4f} (used for the data: {noise_std})")
print(f"σ, degrees of freedom: {sigma_unbiased:.4f}")

# %%
# With :math:`\hat\sigma^2` equal to the MSE, the NLL depends on the MSE alone,
# :eq:`eq-profile-nll`.

nll = negative_log_likelihood(y, prediction, sigma_ml).item()
profile = n_samples / 2 * (math.log(2 * math.pi * final_mse) + 1)
print(f"Final NLL: {nll:.4f} nats, {nll / n_samples:.4f} per row")
assert math.isclose(nll, profile, rel_tol=1e-4)

# %%
# The closed form
# ---------------
#
# Least squares minimises the MSE without a loop.

design = torch.cat([X, torch.ones(n_samples, 1)], dim=1).double()
solution = torch.linalg.lstsq(design, y.double()).solution
least_mse = (y - design @ solution).square().mean().item()
least_nll = n_samples / 2 * (math.log(2 * math.pi * least_mse) + 1)
print(f"Least squares: MSE {least_mse:.6f}, NLL {least_nll:.4f}")
assert least_mse <= final_mse

# %%
# The loop ends a little above that minimum. The difference of the weights is small compared with
# their standard errors.

variance = least_mse * n_samples / (n_samples - n_features - 1)
standard_errors = (variance * torch.linalg.inv(design.T @ design).diagonal()).sqrt()
difference = (model.weight.detach().flatten() - solution[:n_features, 0]).abs()
print(f"largest difference of a weight {difference.max().item():.4f}")
print(f"smallest standard error        {standard_errors.min().item():.4f}")
assert difference.max() < standard_errors.max(), "another seed may need more epochs"

fig, ax = plt.subplots(layout="constrained")
ax.semilogy(range(1, 101), history, "C0-", label="training MSE")
ax.axhline(least_mse, color="C1", ls="--", label="least squares")
ax.axhline(noise_std**2, color="C2", ls=":", label="noise variance")
ax.set(xlabel="epoch", ylabel="MSE")
ax.set_title("The training loss falls to the noise variance, not to zero")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Training on the MSE is maximum likelihood for the weights, and the residuals give
# :math:`\hat\sigma`.
# The loss settles near the noise variance, as does the MSE of least squares.
# With a network: :ref:`sphx_glr_auto_gallery_training_plot_deep_regression.py`.
