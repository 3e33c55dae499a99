"""
With more data, the MSE fit closes in on the truth
==================================================

The error of a fitted slope falls like one over the square root of the number of points, unless the
inputs carry noise too.

A line is fitted to thousands of simulated samples of each size.
Three things are compared with theory: the slope's error under Gaussian and under Laplace noise,
the value
that the slope tends to when the inputs are measured with error, and the bias of the estimated
variance.
Theory and conditions stand in :ref:`properties`; the loss is :eq:`eq-mse`.
"""

# %%
# Four standard errors
# --------------------
#
# A simulated mean over independent repetitions has a standard error of its own, the Monte-Carlo
# error. Here a simulation *agrees* with theory if the two differ by less than four of them. The
# rule was fixed before the seed was.

import matplotlib.pyplot as plt
import torch

torch.manual_seed(0)


def mean_and_error(draws):
    """Mean over the repetitions, and its Monte-Carlo standard error."""
    return draws.mean().item(), draws.std().item() / len(draws) ** 0.5


def agrees(simulated, error, theory):
    """Say whether simulation and theory are within four standard errors."""
    return abs(simulated - theory) < 4 * error


# %%
# The set-up is :math:`y = 2x + 1 + \varepsilon` with noise of standard deviation 0.5. Every row of
# ``x`` and ``y`` is one sample, so a thousand fits are one line of algebra: the slope that
# minimises the MSE is the sample covariance over the sample variance.

weight, bias, sigma = 2.0, 1.0, 0.5
sizes = [10, 20, 50, 100, 200, 500, 1000]
repetitions = 2000


def fit_lines(x, y):
    """Slope and intercept that minimise the MSE, one pair for each row."""
    centred = x - x.mean(1, keepdim=True)
    slope = (centred * y).sum(1) / (centred**2).sum(1)
    return slope, y.mean(1) - slope * x.mean(1)


x, y = torch.randn(2, 3, 10)
design = torch.stack([x, torch.ones_like(x)], dim=2)
peer = torch.linalg.lstsq(design, y[..., None]).solution[..., 0]
torch.testing.assert_close(torch.stack(fit_lines(x, y), 1), peer)

# %%
# The error falls like one over √n
# --------------------------------
#
# Given the inputs, the slope's variance is :math:`\sigma^2 / \sum_i (x_i - \bar x)^2`. For standard
# normal inputs that sum is a :math:`\chi^2` variable with :math:`n - 1` degrees of freedom, so the
# mean squared error of the slope is exactly :math:`\sigma^2 / (n - 3)`. Nothing in this asks the
# noise to be Gaussian: Laplace noise of equal variance must give the same.

laplace = torch.distributions.Laplace(0.0, sigma / 2**0.5)
results = {"Gaussian noise": [], "Laplace noise": [], "Gaussian noise, noisy inputs": []}
for n in sizes:
    x = torch.randn(repetitions, n)
    measured = x + 0.5 * torch.randn(repetitions, n)
    y = weight * x + bias + sigma * torch.randn(repetitions, n)
    z = weight * x + bias + laplace.sample((repetitions, n))
    samples = (x, y), (x, z), (measured, y)
    for errors, (inputs, targets) in zip(results.values(), samples, strict=True):
        slope, _ = fit_lines(inputs, targets)
        errors.append(mean_and_error((slope - weight) ** 2))

for name in ("Gaussian noise", "Laplace noise"):
    for n, (simulated, error) in zip(sizes, results[name], strict=True):
        print(f"{name}, n = {n:4}: {simulated**0.5:.4f}, theory {sigma / (n - 3) ** 0.5:.4f}")
        assert agrees(simulated, error, sigma**2 / (n - 3))

# %%
# What more data does not mend
# ----------------------------
#
# Inputs measured with error break the one condition that consistency rests on, noise of mean zero
# at every *measured* input. With measurement noise of variance :math:`\tau^2`, the slope tends to
# :math:`w / (1 + \tau^2)`: more data make the fit surer of a wrong value.

limit = weight / (1 + 0.5**2)
slope, _ = fit_lines(measured, y)
simulated, error = mean_and_error(slope)
print(f"true slope {weight}, mean slope at n = {sizes[-1]}: {simulated:.4f}, theory {limit:.4f}")
assert agrees(simulated, error, limit)

fig, ax = plt.subplots(layout="constrained")
for (name, pairs), marker in zip(results.items(), "os^", strict=True):
    squares, errors = torch.tensor(pairs).T
    bars = 2 * errors / squares.sqrt()  # four Monte-Carlo errors of the root
    ax.errorbar(sizes, squares.sqrt(), bars, fmt=marker, mfc="none", capsize=3, label=name)
ax.plot(sizes, [sigma / (n - 3) ** 0.5 for n in sizes], "k-", lw=1, label=r"$\sigma/\sqrt{n-3}$")
ax.axhline(weight - limit, color="k", ls="--", lw=1, label="bias from noisy inputs")
ax.set(xscale="log", yscale="log", xlabel="points in the sample, n", ylabel="error of the slope")
ax.minorticks_off()
ax.set_yticks([0.02, 0.05, 0.1, 0.2, 0.5], ["0.02", "0.05", "0.1", "0.2", "0.5"])
ax.set_title(
    "The slope's error falls like 1/√n for either noise,\nbut not when the inputs are noisy"
)
ax.legend()
plt.show()

# %%
# The estimated variance is too small, and consistent
# ---------------------------------------------------
#
# The likelihood's :math:`\hat\sigma^2` is the minimal MSE itself. Its mean is :math:`\sigma^2 (n -
# p)/n`, where *p* counts every coefficient, the intercept too. Five coefficients are fitted below;
# an orthonormal basis of the design gives the residuals of all repetitions at once.

p = 5
factors, theories = [], []
for n in sizes:
    basis, _ = torch.linalg.qr(torch.cat([torch.ones(n, 1), torch.randn(n, p - 1)], 1))
    errors = sigma * torch.randn(repetitions, n)
    residuals = errors - errors @ basis @ basis.T  # the true line drops out
    factors.append(mean_and_error((residuals**2).mean(1) / sigma**2))
    theories.append((n - p) / n)
    assert agrees(*factors[-1], theories[-1])

# %%
# The same repetitions divided by :math:`n - p` instead of *n* are unbiased; the MSE divides by *n*.

fig, ax = plt.subplots(layout="constrained")
means, errors = torch.tensor(factors).T
ax.errorbar(
    sizes, means, 4 * errors, fmt="o", capsize=3, label=r"simulated $\hat\sigma^2/\sigma^2$"
)
ax.plot(sizes, theories, "k-", lw=1, label="theory, (n − p)/n")
ax.plot(sizes, means / torch.tensor(theories), "C1s", mfc="none", label="divided by n − p")
ax.set(xscale="log", xlabel="points in the sample, n", ylabel="mean / true variance")
ax.set_title("The minimal MSE is too small by (n − p)/n;\nthe bias is gone once n is large")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# * The slope is consistent under any noise of mean zero and finite variance; the error halves with
#   four times the data.
# * Noise in the inputs leaves a bias that no amount of data removes.
# * :math:`\hat\sigma^2 = \mathrm{MSE}` is biased by :math:`(n - p)/n`, and consistent.
#
# Next: :ref:`sphx_glr_auto_gallery_training_plot_efficiency.py`.
