r"""
Ridge regression is MAP estimation with a Gaussian prior
========================================================

Adding a log prior to the log-likelihood adds a squared penalty to the squared error.

With noise :math:`\mathcal N(0, \sigma^2)` and weights :math:`\mathcal N(0, \tau^2)` the maximum a
posteriori (MAP) fit is ridge regression with :math:`\lambda = \sigma^2/\tau^2`, :eq:`eq-map` and
:eq:`eq-ridge`. Theory: :ref:`prior`. The same penalty as an optimiser's ``weight_decay``:
:ref:`sphx_glr_auto_gallery_equivalence_plot_weight_decay.py`.
"""

# %%
# Few rows, many features
# -----------------------
#
# Both scales are known. The columns are centred, so that the intercept, which is not penalised,
# drops out.

import matplotlib.pyplot as plt
import torch
from sklearn.linear_model import Ridge
from torch.distributions import Normal

torch.manual_seed(0)
n, d, sigma, tau = 30, 12, 2.0, 0.5
true_weights = tau * torch.randn(d, dtype=torch.float64)
X = torch.randn(n, d, dtype=torch.float64)
y = X @ true_weights + sigma * torch.randn(n, dtype=torch.float64)
X = X - X.mean(dim=0)
y = y - y.mean()

# %%
# Ridge regression
# ----------------
#
# The penalty :math:`\lambda` stands beside the *sum* of squares, as scikit-learn's ``alpha`` does.

identity = torch.eye(d, dtype=torch.float64)


def ridge(lam):
    """Minimise the sum of squares plus ``lam`` times the squared norm of the weights."""
    return torch.linalg.solve(X.T @ X + lam * identity, X.T @ y)


lam = sigma**2 / tau**2
least_squares = ridge(0.0)
sklearn_fit = Ridge(alpha=lam, fit_intercept=False).fit(X.numpy(), y.numpy())
torch.testing.assert_close(torch.from_numpy(sklearn_fit.coef_), ridge(lam))

print(f"λ = σ²/τ² = {lam:.1f}")
print(f"norm of the weights by least squares {least_squares.norm():.3f}")
print(f"norm of the weights by ridge         {ridge(lam).norm():.3f}")

# %%
# The MAP fit is this ridge
# -------------------------
#
# The log posterior is written with ``torch.distributions``, up to a constant.
# Its gradient vanishes at the ridge solution. At least squares the gradient of the prior is left.


def log_posterior(w):
    """Log-likelihood plus log prior."""
    log_likelihood = Normal(X @ w, sigma).log_prob(y).sum()
    log_prior = Normal(0.0, tau).log_prob(w).sum()
    return log_likelihood + log_prior


def gradient_at(w):
    """Gradient of the log posterior."""
    w = w.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(log_posterior(w), w)
    return gradient


at_ridge = gradient_at(ridge(lam))
at_least_squares = gradient_at(least_squares)
print(f"gradient of the log posterior at ridge:         {at_ridge.norm():.6f}")
print(f"gradient of the log posterior at least squares: {at_least_squares.norm():.6f}")
assert at_ridge.norm() < 1e-9
torch.testing.assert_close(at_least_squares, -least_squares / tau**2)

# %%
# The width of the prior sets the shrinkage
# -----------------------------------------
#
# The wider the prior, the larger the weights.
# Their expected squared error, averaged over the noise and over true weights of standard deviation
# :math:`\tau`, is a squared bias plus a variance. Both have a closed form.


def expected_error(lam):
    """Mean squared error of the ridge weights, over noise and true weights."""
    inverse = torch.linalg.inv(X.T @ X + lam * identity)
    bias = tau**2 * (inverse @ X.T @ X - identity).square().sum()
    variance = sigma**2 * (inverse @ X.T).square().sum()
    return bias + variance


widths = torch.logspace(-2, 1, 61, dtype=torch.float64)
norms = torch.stack([ridge(sigma**2 / width**2).norm() for width in widths])
errors = torch.stack([expected_error(sigma**2 / width**2) for width in widths])

best = widths[errors.argmin()]
print(f"expected error smallest at a prior of width {best:.2f}; the weights have {tau}")
assert (norms.diff() > 0).all()
assert abs(errors.argmin() - (widths - tau).abs().argmin()) <= 1
assert errors.min() < expected_error(0.0)

# %%
# The error is smallest at the width that the weights were drawn with.

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.4), layout="constrained", sharex=True)
top.semilogx(widths, norms, "C0-", label="MAP (ridge)")
top.axhline(least_squares.norm(), color="C1", ls="--", label="least squares")
top.set_ylabel("norm of the weights")
top.set_title("A narrower prior shrinks the weights to zero")
top.legend()
bottom.semilogx(widths, errors, "C0-", label="MAP (ridge)")
bottom.axhline(expected_error(0.0), color="C1", ls="--", label="least squares")
bottom.axvline(tau, color="0.5", ls=":", label="true width")
bottom.set(xlabel="standard deviation τ of the prior", ylabel="expected squared error")
bottom.set_title("The prior that the weights came from\nhas the smallest error")
bottom.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# A squared penalty beside the sum of squares is a Gaussian prior with
# :math:`\lambda = \sigma^2/\tau^2`.
# It shrinks the weights. Their expected error is smallest at the width they were drawn with, and
# larger without a prior.
