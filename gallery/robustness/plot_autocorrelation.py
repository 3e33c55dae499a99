r"""
Autocorrelated errors: the line is right, its standard error is not
===================================================================

Two series that wander are regressed on each other by least squares and by generalised least
squares.

The errors follow :math:`\varepsilon_t = \rho\,\varepsilon_{t-1} + u_t`, and so does the input.
Least squares treats 200 neighbours as 200 witnesses, and its 95 % interval covers far less than it
says. The likelihood of the dependent errors mends that. The argument is on :ref:`dependence`.
"""

import matplotlib.pyplot as plt
import torch

from mse_nll import fit_linear, negative_log_likelihood

n, rho = 200, 0.8
lags = (torch.arange(n)[:, None] - torch.arange(n)).abs()
correlation = rho ** lags.double()  # of errors t and s: rho^|t - s|
root = torch.linalg.cholesky(correlation)
generator = torch.Generator().manual_seed(1)


def series(columns):
    """Columns of autocorrelated noise with standard deviation one."""
    return root @ torch.randn(n, columns, dtype=torch.float64, generator=generator)


x = series(1)
y = 1.0 + 2.0 * x + series(1)

# %%
# How to see it
# -------------
# Residuals in the order of time: neighbours resemble each other. Their autocorrelation leaves the
# band :math:`\pm 1.96/\sqrt n` that independent errors would keep to, at lag after lag.

ordinary = fit_linear(x, y)
e = (y - ordinary.predict(x).mean).flatten()
autocorrelation = [(e[lag:] @ e[: n - lag] / (e @ e)).item() for lag in range(21)]

fig, (ax, below) = plt.subplots(2, 1, figsize=(6.4, 6.4), layout="constrained")
ax.plot(e, linewidth=1)
ax.axhline(0, color="0.5", linewidth=1)
ax.set(xlabel="time", ylabel="residual", title="Residuals in order stay on one side for long")
below.vlines(range(21), 0, autocorrelation)
below.axhspan(-1.96 / n**0.5, 1.96 / n**0.5, color="0.5", alpha=0.3, label="independent: 95 %")
below.set(xlabel="lag", ylabel="autocorrelation", title="Their autocorrelation fades slowly")
below.legend()
plt.show()

# %%
# The likelihood of dependent errors
# ----------------------------------
# Given its neighbour, an error is Gaussian about :math:`\rho\,\varepsilon_{t-1}`, so the joint
# density is again a product. Its NLL is a Gaussian NLL of the *innovations*, the first error
# having a standard deviation larger by :math:`1/\sqrt{1-\rho^2}`.


def ar1_nll(e, rho, sigma):
    """NLL of errors with innovations of standard deviation sigma."""
    mean = torch.cat([torch.zeros(1, dtype=e.dtype), rho * e[:-1]])
    first = sigma / (1 - rho**2) ** 0.5
    return negative_log_likelihood(e, mean, torch.cat([first.reshape(1), sigma.expand(n - 1)]))


scale = torch.tensor((1 - rho**2) ** 0.5, dtype=torch.float64)
joint = torch.distributions.MultivariateNormal(torch.zeros(n).double(), correlation)
torch.testing.assert_close(ar1_nll(e, torch.tensor(rho).double(), scale), -joint.log_prob(e))

theta = torch.zeros(4, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([theta], max_iter=200, line_search_fn="strong_wolfe")


def closure():
    """NLL of the whole series and its gradient."""
    optimizer.zero_grad()
    loss = ar1_nll((y - theta[0] - theta[1] * x).flatten(), theta[2].tanh(), theta[3].exp())
    loss.backward()
    return loss


optimizer.step(closure)
nll = closure().item()
rho_hat = theta[2].tanh().item()
aic, aic_ar1 = ordinary.aic(count_sigma=True), 2 * nll + 2 * 4
print(f"independent errors: slope {ordinary.coefficients[0]:.3f}, AIC {aic:.2f}")
print(f"AR(1) errors:       slope {theta[1]:.3f}, AIC {aic_ar1:.2f}, rho {rho_hat:.3f}")
assert aic_ar1 < aic - 50

# %%
# The same slope comes from generalised least squares: subtract :math:`\hat\rho` times the previous
# row from each row, of ``y`` and of every column, and use ordinary least squares
# (:cite:p:`cochrane1949`).


def whiten(v, rho):
    """Independent rows of equal variance, if the rows of v were AR(1)."""
    return torch.cat([(1 - rho**2) ** 0.5 * v[:1], v[1:] - rho * v[:-1]])


A = torch.cat([torch.ones_like(x), x], dim=1)
gls = fit_linear(whiten(A, rho_hat), whiten(y, rho_hat), fit_intercept=False)
torch.testing.assert_close(gls.coefficients, theta.detach()[:2], rtol=1e-4, atol=1e-4)
print(f"error of the slope: {ordinary.standard_errors[1]:.4f}, GLS {gls.standard_errors[1]:.4f}")

# %%
# Two thousand data sets
# ----------------------
# The input is kept and the errors are drawn anew. Each data set estimates its own :math:`\rho`
# from the residuals.

errors = series(2000)


def slopes(matrix, targets):
    """Slope and claimed standard error by least squares, one data set in each leading row."""
    inverse = torch.linalg.inv(matrix.mT @ matrix)
    beta = inverse @ matrix.mT @ targets
    variance = (targets - matrix @ beta).square().sum(dim=1) / (n - 2)
    return beta[:, 1, 0], (variance[:, 0] * inverse[:, 1, 1]).sqrt()


targets = errors.T[:, :, None]  # data set, time, 1; the true slope is taken off
ols_slope, ols_error = slopes(A.expand(2000, n, 2), targets)
residuals = errors - A @ torch.linalg.lstsq(A, errors).solution
r = ((residuals[1:] * residuals[:-1]).sum(0) / residuals.square().sum(0))[:, None, None]
rows = torch.cat([A.expand(2000, n, 2), targets], dim=2)
rows = torch.cat([(1 - r**2).sqrt() * rows[:, :1], rows[:, 1:] - r * rows[:, :-1]], dim=1)
gls_slope, gls_error = slopes(rows[..., :2], rows[..., 2:])

inverse = torch.linalg.inv(A.T @ A)
exact = (inverse @ A.T @ correlation @ A @ inverse)[1, 1].sqrt()
covered = {}
for name, b, se in (("ordinary", ols_slope, ols_error), ("GLS", gls_slope, gls_error)):
    covered[name] = (b.abs() < 1.96 * se).double().mean().item()
    print(f"{name:8} spread {b.std():.4f}, claimed {se.mean():.4f}, covers {covered[name]:.3f}")
assert abs(ols_slope.std() / exact - 1) < 0.06  # the exact spread of the ordinary slope
assert covered["ordinary"] < 0.75 < 0.9 < covered["GLS"]

# %%
# What to take away
# -----------------
# * Dependence leaves the line centred; it takes away rows. Standard errors and AIC count rows that
#   are not there.
# * Look at residuals in their order, by time, place or group; shuffled rows hide it.
# * Put the dependence into the likelihood: whiten, or use standard errors that allow for it.
