r"""
A loop on the MSE estimates the noise as well
=============================================

A linear model trained on mini-batches ends near least squares, its MSE near the noise variance.

Five hundred rows, five features and ``torch.nn.MSELoss``: after training, the
residuals give :math:`\hat\sigma` and with it the negative log-likelihood :eq:`eq-nll`.
Every number is then compared with the closed form, :func:`~mse_nll.fit_linear`.
Why minimising the MSE is a likelihood fit is shown in :ref:`four-steps`.
"""

# %%
# Data with known weights
# -----------------------
#
# The weights are drawn first, then the features, then the noise.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from mse_nll import fit_linear, linear_data, negative_log_likelihood, train

torch.manual_seed(42)
n_samples, n_features, noise_std = 500, 5, 0.3
true_weights = torch.randn(n_features, 1)
X, y = linear_data(n_samples, true_weights, bias=0.5, noise_std=noise_std)

loader = DataLoader(TensorDataset(X, y), batch_size=32, shuffle=True)
state = torch.get_rng_state()  # kept to repeat the run below
model = nn.Linear(n_features, 1)
print(f"{len(loader)} batches, the last of {n_samples % 32} rows")

# %%
# The loop
# --------
#
# The mean of the batch losses is the epoch's loss that many loops report. The last batch is
# smaller, so each of its rows then counts for more than a row elsewhere: weighting by
# the number of rows gives the mean over rows.

criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
over_batches, over_rows = [], []
for epoch in range(1, 101):
    losses, rows = [], []
    for inputs, targets in loader:
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        rows.append(len(inputs))
    over_batches.append(sum(losses) / len(losses))
    over_rows.append(sum(a * b for a, b in zip(losses, rows, strict=True)) / sum(rows))
    if epoch % 20 == 0:
        print(f"Epoch {epoch:3d}: MSE = {over_batches[-1]:.6f}  by rows {over_rows[-1]:.6f}")

# %%
# :func:`~mse_nll.train` is this loop with the weighted mean: repeated from the same state of the
# random number generator, it returns the same history.

torch.set_rng_state(state)
again = nn.Linear(n_features, 1)
history = train(again, criterion, loader, torch.optim.SGD(again.parameters(), lr=0.01), 100)
torch.testing.assert_close(history, over_rows)
torch.testing.assert_close(again.weight, model.weight)

# %%
# What the loop has estimated
# ---------------------------
#
# The residuals' root mean square is the maximum likelihood estimate of :math:`\sigma`. It is
# biased downwards, because the fitted weights have followed some of the noise: dividing by the
# rows minus the six fitted parameters mends that for :math:`\sigma^2`.
# With :math:`\hat\sigma^2 = \text{MSE}` the NLL depends on the MSE alone, :eq:`eq-profile-nll`.

with torch.no_grad():
    prediction = model(X)
final_mse = criterion(prediction, y).item()
sigma_ml = math.sqrt(final_mse)
sigma_unbiased = math.sqrt(final_mse * n_samples / (n_samples - n_features - 1))
nll = negative_log_likelihood(y, prediction, sigma_ml).item()

print(f"Final MSE: {final_mse:.6f}")
print(f"σ, maximum likelihood:  {sigma_ml:.4f} (used for the data: {noise_std})")
print(f"σ, degrees of freedom:  {sigma_unbiased:.4f}")
print(f"Final NLL: {nll:.4f} nats, {nll / n_samples:.4f} a row")
profile = n_samples / 2 * (math.log(2 * math.pi * final_mse) + 1)
assert math.isclose(nll, profile, rel_tol=1e-6)

# %%
# The closed form
# ---------------
#
# Least squares needs no loop. No weights can have a smaller MSE on these rows, nor a smaller NLL.
# The loop stops a little above: at a constant learning rate, each batch keeps pulling the
# weights about.

fit = fit_linear(X, y)
difference = (model.weight.detach().flatten() - fit.coefficients.flatten()).abs().max()
print(f"Least squares: σ {float(fit.sigma):.4f}, unbiased {float(fit.sigma_unbiased):.4f}")
print(f"Least squares: NLL {-float(fit.log_likelihood):.4f}")
print(f"Largest difference of a weight: {difference.item():.4f}")
print(f"Its standard errors: {float(fit.standard_errors.max()):.4f} at most")
assert float(fit.sigma) ** 2 <= final_mse
assert -float(fit.log_likelihood) <= nll
assert difference < fit.standard_errors.max()

# %%
# Two averages of one loss
# ------------------------
#
# The training loss falls to the noise variance and stays there: that floor is not a failure of the
# optimiser but what no weights can explain. The average over batches wanders about the one over
# rows.

epochs = range(1, 101)
fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 7.0), layout="constrained", sharex=True)
top.semilogy(epochs, over_rows, "C0-", label="training MSE")
top.axhline(float(fit.sigma) ** 2, color="C1", ls="--", label="least squares")
top.axhline(noise_std**2, color="C2", ls=":", label="noise variance")
top.set_ylabel("MSE of an epoch")
top.set_title("The loss falls to the noise variance, not to zero")
top.legend()
gap = [a - b for a, b in zip(over_batches, over_rows, strict=True)]
bottom.plot(epochs[10:], gap[10:], "C3.-")
bottom.axhline(0, color="0.5", lw=1)
bottom.set(xlabel="epoch", ylabel="mean over batches − mean over rows")
bottom.set_title("A short last batch makes the mean over batches\nmiss the mean over rows")
plt.show()

# %%
# What to take away
# -----------------
#
# Training on the MSE is maximum likelihood for the weights; the residuals then give
# :math:`\hat\sigma`. Weight an epoch's loss by rows, and say which estimate of
# :math:`\sigma` is printed. The NLL counts rows: for targets of several columns every *element*
# is an observation, so an :math:`n` taken from ``shape[0]`` alone would be too small there.
# :ref:`sphx_glr_auto_gallery_training_plot_deep_regression.py` repeats this with a network.
