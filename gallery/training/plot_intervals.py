"""
The loss's curvature gives intervals that cover
===============================================

Two intervals, one for the mean and one for a new point, hold the truth as often as they promise.

The Hessian of the negative log-likelihood :eq:`eq-nll` is taken by autograd, inverted, and compared
with the closed form. Then the coverage of both intervals is counted over repeated samples, with the
exact quantiles and with the large-sample ones. The theory is on :ref:`uncertainty`.
"""

# %%
# A line with Gaussian noise of standard deviation 0.5, and few points, so that the difference
# between large-sample and exact intervals shows. :func:`~mse_nll.fit_linear` gives the maximum
# likelihood estimate.

import matplotlib.pyplot as plt
import torch
from scipy import stats

from mse_nll import fit_linear, negative_log_likelihood

torch.manual_seed(0)
weight, bias, sigma, n, p = 2.0, 1.0, 0.5, 12, 2
X = torch.linspace(0, 5, n, dtype=torch.float64)[:, None]
y = weight * X[:, 0] + bias + sigma * torch.randn(n, dtype=torch.float64)
fit = fit_linear(X, y)

# %%
# Standard errors from the Hessian
# --------------------------------
#
# The loss as a function of all three parameters, differentiated twice at its minimum: this is the
# observed information. Its inverse estimates the covariance of the estimates.


def loss(parameters):
    """Summed negative log-likelihood of intercept, slope and sigma."""
    intercept, slope, sigma = parameters
    return negative_log_likelihood(y, intercept + slope * X[:, 0], sigma)


estimate = torch.tensor([fit.intercept, fit.coefficients[0], fit.sigma], dtype=torch.float64)
hessian = torch.autograd.functional.hessian(loss, estimate)
covariance = torch.linalg.inv(hessian)
for name, value, variance in zip(["b", "w", "σ"], estimate, covariance.diag(), strict=True):
    print(f"{name} = {value:.3f} ± {variance.sqrt():.3f}")

# %%
# The closed form :math:`\hat\sigma^2 (X^\top X)^{-1}` agrees for the coefficients, and so does
# :math:`\hat\sigma^2 / (2n)` for the variance of :math:`\hat\sigma`. The usual standard errors
# divide the residual sum of squares by :math:`n - p`, and are larger by that factor.

torch.testing.assert_close(covariance[2, 2].item(), fit.sigma**2 / (2 * n))
torch.testing.assert_close(covariance[:2, :2] * n / (n - p), fit.covariance)

# %%
# The mean, or a new point?
# -------------------------
#
# The line is known better than any single point can be: the wide band adds the noise of the new
# point to the uncertainty of the line, and does not vanish with more data.

grid = torch.linspace(-1, 6, 100, dtype=torch.float64)[:, None]
band = fit.predict(grid, level=0.95)
fig, ax = plt.subplots(layout="constrained")
ax.plot(X[:, 0], y, "ko", ms=4, label="data")
ax.plot(grid[:, 0], band.mean, "C0-", label="fit")
for interval, style, name in [
    (band.confidence_interval, "C0--", "the mean"),
    (band.prediction_interval, "C1:", "a new point"),
]:
    lower, upper = interval
    ax.plot(grid[:, 0], lower, style, label=f"95 % interval of {name}")
    ax.plot(grid[:, 0], upper, style)
ax.set(
    xlabel="x",
    ylabel="y",
    title="The interval of a new point is wider\nthan the interval of the mean",
)
ax.legend()
plt.show()

# %%
# Coverage, counted
# -----------------
#
# Each sample size has twenty thousand samples, one a row. Both intervals at :math:`x_0 = 4` are
# built twice: with Student's t and :math:`n - p`, and as a large-sample likelihood interval, 1.96
# and the maximum likelihood :math:`\hat\sigma`. The second kind covers too rarely, and exactly how
# rarely is known: :math:`P(|t_{n-p}| < 1.96\sqrt{(n-p)/n})`.


def count(n, repetitions=20_000, x0=4.0):
    """Share of samples whose intervals hold the mean, and a new point, at x0."""
    x = torch.linspace(0, 5, n, dtype=torch.float64)
    Z = torch.stack([torch.ones_like(x), x], 1)
    z0 = torch.tensor([1.0, x0], dtype=torch.float64)
    noise = sigma * torch.randn(repetitions, n + 1, dtype=torch.float64)
    error = noise[:, :n] @ torch.linalg.pinv(Z).T  # estimates minus truth
    rss = ((noise[:, :n] - error @ Z.T) ** 2).sum(1)
    leverage = z0 @ torch.linalg.inv(Z.T @ Z) @ z0
    shares = []
    for quantile, variance in [(stats.t.ppf(0.975, n - p), rss / (n - p)), (1.96, rss / n)]:
        for deviation, spread in [(0.0, leverage), (noise[:, n], 1 + leverage)]:
            inside = (error @ z0 - deviation).abs() <= quantile * (variance * spread).sqrt()
            shares.append(inside.double().mean().item())
    return shares


sizes = [4, 6, 8, 12, 20, 50, 100]
counted = torch.tensor([count(n) for n in sizes]).T
exact = torch.full((len(sizes),), 0.95)
naive = torch.tensor([1 - 2 * stats.t.sf(1.96 * ((n - p) / n) ** 0.5, n - p) for n in sizes])
theory = torch.stack([exact, exact, naive, naive])
error = (theory * (1 - theory) / 20_000) ** 0.5  # binomial
print(f"largest deviation: {((counted - theory).abs() / error).max():.1f} binomial errors")
assert ((counted - theory).abs() < 4 * error).all()

fig, ax = plt.subplots(layout="constrained")
names = ["t, mean", "t, new point", "likelihood, mean", "likelihood, new point"]
for share, bar, name, style in zip(
    counted, error, names, ["C0o", "C0s", "C1^", "C1D"], strict=True
):
    ax.errorbar(sizes, share, 4 * bar, fmt=style, mfc="none", capsize=3, label=name)
ax.plot(sizes, exact, "C0-", lw=1)
ax.plot(sizes, naive, "C1--", lw=1)
ax.set(xscale="log", xlabel="points in the sample, n", ylabel="share of intervals that cover")
ax.set_title(
    "95 % intervals with Student's t cover exactly;\nlarge-sample ones need n in the dozens"
)
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# * The Hessian of the summed loss, sigma included, is the observed information; invert it for
#   standard errors. A Hessian of the *mean* loss must be multiplied by *n* first.
# * Report the interval of the mean or of a new point, and say which.
# * With few points, use :math:`n - p` and Student's t.
