r"""
A Gaussian prior on the weights is ridge regression
===================================================

Adding a log prior to the log-likelihood adds a squared penalty to the squared error.

With noise :math:`\mathcal N(0, \sigma^2)` and weights :math:`\mathcal N(0, \tau^2)` the maximum a
posteriori (MAP) fit is ridge regression with :math:`\lambda = \sigma^2/\tau^2`, :eq:`eq-map` and
:eq:`eq-ridge`. What that :math:`\lambda` is called, and by what it is divided, differs
between scikit-learn, ``weight_decay`` and books; :ref:`prior` has the derivation.
"""

# %%
# Few rows, many features
# -----------------------
#
# A prior matters where the data leave room: thirty rows, twelve features, known scales. The
# columns are centred, so that the intercept, which ridge does not penalise, drops out.

import matplotlib.pyplot as plt
import torch
from sklearn.linear_model import Ridge
from torch import nn
from torch.distributions import Normal

from mse_nll import negative_log_likelihood

torch.manual_seed(0)
n, d, sigma, tau = 30, 12, 2.0, 0.5
weights = tau * torch.randn(d, dtype=torch.float64)
X = torch.randn(n, d, dtype=torch.float64)
y = X @ weights + sigma * torch.randn(n, dtype=torch.float64)
X, y = X - X.mean(dim=0), y - y.mean()

lam = sigma**2 / tau**2
gram, moment = X.T @ X, X.T @ y
ridge = torch.linalg.solve(gram + lam * torch.eye(d), moment)
least_squares = torch.linalg.solve(gram, moment)
print(f"λ = σ²/τ² = {lam:.1f}")
print(f"Norm of the weights: ridge {ridge.norm():.3f}, least squares {least_squares.norm():.3f}")

# %%
# The MAP fit is that ridge
# -------------------------
#
# The log posterior is built from ``torch.distributions`` alone. Its gradient vanishes at the
# ridge solution and not at least squares. Scikit-learn's ``alpha`` multiplies the squared norm
# beside the *sum* of squares, so it is :math:`\lambda` itself.


def log_posterior(w):
    """Log-likelihood plus log prior, up to the evidence."""
    return Normal(X @ w, sigma).log_prob(y).sum() + Normal(0.0, tau).log_prob(w).sum()


for w, name in ((ridge, "ridge"), (least_squares, "least squares")):
    w = w.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(log_posterior(w), w)
    print(f"Gradient of the log posterior at {name}: {gradient.norm():.2f}")
    assert (gradient.norm() < 1e-10) == (name == "ridge")

sklearn_fit = Ridge(alpha=lam, fit_intercept=False).fit(X.numpy(), y.numpy())
torch.testing.assert_close(torch.from_numpy(sklearn_fit.coef_), ridge)

# %%
# The prior's width sets the shrinkage
# ------------------------------------
#
# A wide prior leaves least squares alone; a narrow one pulls every weight to zero. Which width is
# best has an exact answer here: the expected squared error of the weights, over noise and over
# weights drawn with standard deviation :math:`\tau`, is bias plus variance in closed form, and is
# lowest where the prior assumed is the prior used.

taus = torch.logspace(-2, 1, 60, dtype=torch.float64)
inverses = [torch.linalg.inv(gram + sigma**2 / t**2 * torch.eye(d)) for t in taus]
paths = [inverse @ moment for inverse in inverses]
bias = [tau**2 * (M @ gram - torch.eye(d)).square().sum() for M in inverses]
variance = [sigma**2 * (M @ gram @ M).trace() for M in inverses]
risk = torch.stack(bias) + torch.stack(variance)
assert (taus[risk.argmin()] / tau).log().abs() <= (taus[1] / taus[0]).log()

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.8), layout="constrained", sharex=True)
top.semilogx(taus, torch.stack(paths), lw=1)
top.set(ylabel="weights of the MAP fit")
top.set_title("A narrower prior shrinks every weight to zero")
bottom.semilogx(taus, risk, "C0-", label="MAP fit")
unpenalised = sigma**2 * torch.linalg.inv(gram).trace()
bottom.axhline(unpenalised, color="C1", ls="--", label="least squares")
for ax in (top, bottom):
    ax.axvline(tau, color="0.5", ls=":", label="τ used for the data")
bottom.set(xlabel="standard deviation τ of the prior", ylabel="expected squared error")
bottom.set_title("The prior that matches the weights errs least")
bottom.legend()
plt.show()

# %%
# One penalty, four numbers
# -------------------------
#
# SGD adds ``weight_decay`` times the weights to the gradient, so it is the factor of *half* the
# squared norm. What reproduces :math:`\lambda` depends on the loss beside it.

decays = {
    "MSE": (lambda w: nn.functional.mse_loss(X @ w, y), 2 * lam / n),
    "half the sum of squares": (lambda w: 0.5 * (y - X @ w).square().sum(), lam),
    "mean NLL": (lambda w: negative_log_likelihood(y, X @ w, sigma, "mean"), 1 / (n * tau**2)),
    "summed NLL": (lambda w: negative_log_likelihood(y, X @ w, sigma, "sum"), 1 / tau**2),
}
for name, (loss, decay) in decays.items():
    w = ridge.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(w), w)
    torch.testing.assert_close(gradient, -decay * ridge)
    print(f"{name:24} weight_decay = {decay:.4f}")

# %%
# SGD, Adam and AdamW
# -------------------
#
# Full-batch training on the MSE with the same ``weight_decay``. SGD and Adam add it to the
# gradient and end at ridge. AdamW shrinks the weights apart from the gradient
# :cite:p:`loshchilov2019` and ends elsewhere. It cannot be a fixed prior: its path does not change
# when the loss is multiplied by a constant
# (:ref:`sphx_glr_auto_gallery_equivalence_plot_learning_rate.py`), while the balance of a
# likelihood and a prior would.

ends = {}
fig, ax = plt.subplots(layout="constrained")
for name, lr, style in (("SGD", 0.1, "C0-"), ("Adam", 0.01, "C1--"), ("AdamW", 0.01, "C2-.")):
    w = torch.zeros(d, dtype=torch.float64, requires_grad=True)
    optimizer = getattr(torch.optim, name)([w], lr=lr, weight_decay=2 * lam / n)
    distance = []
    for _ in range(700):
        optimizer.zero_grad()
        nn.functional.mse_loss(X @ w, y).backward()
        optimizer.step()
        distance.append((w.detach() - ridge).norm().item())
    ends[name] = w.detach()
    ax.semilogy(distance, style, label=name)
ax.set(xlabel="step", ylabel="distance from ridge", ylim=(1e-10, 10))
ax.set_title("SGD and Adam with weight decay reach ridge,\nAdamW does not")
ax.legend()
plt.show()

for name, w in ends.items():
    to_ridge, to_ls = (w - ridge).norm(), (w - least_squares).norm()
    print(f"{name:5} distance to ridge {to_ridge:.4f}, to least squares {to_ls:.4f}")
torch.testing.assert_close(ends["SGD"], ridge, atol=1e-4, rtol=0)
torch.testing.assert_close(ends["Adam"], ridge, atol=1e-4, rtol=0)
assert (ends["AdamW"] - ridge).norm() > 0.1

# %%
# What to take away
# -----------------
#
# A penalty is a prior once the scale of the loss beside it is known:
# :math:`\lambda = \sigma^2/\tau^2` for the sum of squares, divided by the rows for a mean.
# ``weight_decay`` also reaches biases unless parameter groups leave them out, and in AdamW it is
# no prior of this kind.
