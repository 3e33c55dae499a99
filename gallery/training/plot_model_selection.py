"""
Training MSE only falls; AIC, BIC and held-out likelihood turn
==============================================================

One Gaussian likelihood chooses a degree in several ways, once and then for thousands of samples.

AIC :eq:`eq-aic` and BIC :eq:`eq-bic` come from the maximised likelihood of
:func:`~mse_nll.fit_linear`, and again from the MSE alone. Then the share of samples in which each
criterion takes one degree too many is compared with theory. The page: :ref:`model-selection`.
"""

# %%
# A cubic with Gaussian noise. The columns are Legendre polynomials: the same models as powers of
# *x*, without the numerical trouble.

import matplotlib.pyplot as plt
import torch
from numpy.polynomial.legendre import legvander
from scipy import stats

from mse_nll import fit_linear, negative_log_likelihood

torch.manual_seed(0)
n, sigma, true_degree, degrees = 60, 0.5, 3, range(13)
x = torch.linspace(-1, 1, n, dtype=torch.float64)
basis = torch.from_numpy(legvander(x.numpy(), max(degrees)))
truth = basis[:, :4] @ torch.tensor([1.0, 0.5, -0.5, 0.8], dtype=torch.float64)
y = truth + sigma * torch.randn(n, dtype=torch.float64)
y_new = truth + sigma * torch.randn(20, n, dtype=torch.float64)

# %%
# One sample, four criteria
# -------------------------
#
# The number of parameters *k* counts the coefficients, the intercept too, and not sigma: it would
# add the same to every row. The held-out set has twenty new targets at every *x*; its loss is
# scaled back to *n* points, and doubled to lie beside AIC.


def fit_degree(degree, y):
    """Fit a polynomial; column 0 of the basis is the intercept."""
    return fit_linear(basis[:, : degree + 1], y, fit_intercept=False)


rows = []
for degree in degrees:
    fit = fit_degree(degree, y)
    predictions = basis[:, : degree + 1] @ fit.coefficients
    held_out = negative_log_likelihood(y_new, predictions.expand(20, n), fit.sigma).item() / 20
    rows.append((fit.sigma**2, fit.aic(), fit.bic(), 2 * held_out))
mse, aic, bic, held_out = torch.tensor(rows, dtype=torch.float64).T
names = {"training MSE": mse, "AIC": aic, "BIC": bic, "held-out NLL": held_out}
for name, values in names.items():
    print(f"{name:13} smallest at degree {values.argmin()}")
assert (mse.diff() < 0).all()
assert all(values.argmin() < max(degrees) for values in (aic, bic, held_out))

# %%
# The same from the MSE
# ---------------------
#
# With sigma at its maximum, twice the loss is :math:`n \log \mathrm{MSE} + n(\log 2\pi + 1)`. The
# second term is the same for every model of the same targets, and many programs drop it.

k = torch.arange(1, len(degrees) + 1)
constant = n * (torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64)) + 1)
torch.testing.assert_close(aic, n * mse.log() + constant + 2 * k)
torch.testing.assert_close(bic, n * mse.log() + constant + k * torch.log(torch.tensor(n)))

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained", sharex=True)
top.plot(degrees, mse, "ko-")
top.axhline(sigma**2, color="k", ls=":", lw=1)
top.set(ylabel="training MSE", title="Training MSE only falls")
for (name, values), style in zip(list(names.items())[1:], ["C0o-", "C1s--", "C2^:"], strict=True):
    bottom.plot(degrees, values, style, label="2 × held-out NLL" if values is held_out else name)
bottom.set(xlabel="degree", ylabel="2 × nats", title="AIC, BIC and held-out NLL turn")
bottom.legend()
plt.show()

# %%
# Many samples at once
# --------------------
#
# An orthonormal basis gives the residual sum of squares of every degree without a new fit: each
# further column takes its squared coefficient away.

repetitions = 5000
Q, _ = torch.linalg.qr(basis)
Y = truth + sigma * torch.randn(repetitions, n, dtype=torch.float64)
rss = (Y**2).sum(1, keepdim=True) - ((Y @ Q) ** 2).cumsum(1)
torch.testing.assert_close(rss[0, 5].item() / n, fit_degree(5, Y[0]).sigma ** 2)
new = truth + sigma * torch.randn(repetitions, n, dtype=torch.float64)
fitted = torch.stack([Y @ Q[:, : d + 1] @ Q[:, : d + 1].T for d in degrees], 1)
new_rss = ((new[:, None] - fitted) ** 2).sum(2)
criteria = {
    "AIC": n * (rss / n).log() + 2 * k,
    "BIC": n * (rss / n).log() + k * torch.log(torch.tensor(n)),
    "held-out NLL": n * (rss / n).log() + n * new_rss / rss,
}

# %%
# Is the degree after the true one preferred to it? The gain of a useless column follows an F
# distribution, whatever the sigma, so the chance that it outweighs the penalty is known exactly.

d = true_degree
for name, penalty in [("AIC", 2.0), ("BIC", torch.log(torch.tensor(n)).item())]:
    share = (criteria[name][:, d + 1] < criteria[name][:, d]).double().mean().item()
    gain = (n - d - 2) * torch.expm1(torch.tensor(penalty / n)).item()
    theory = stats.f.sf(gain, 1, n - d - 2)
    error = (theory * (1 - theory) / repetitions) ** 0.5
    print(f"{name}: degree {d + 1} beats {d} in {share:.3f} ± {error:.3f}, theory {theory:.3f}")
    assert abs(share - theory) < 4 * error

# %%
# AIC keeps taking too much at any *n*; the chance for BIC goes to zero. The third choice, by one
# new sample as large as the first, is noisy too.

fig, ax = plt.subplots(layout="constrained")
for offset, (name, values) in zip((-0.25, 0.0, 0.25), criteria.items(), strict=True):
    chosen = torch.bincount(values.argmin(1), minlength=len(degrees)) / repetitions
    ax.bar(
        [d + offset for d in degrees],
        chosen.tolist(),
        0.25,
        label=name,
        hatch={0.0: "//"}.get(offset),
    )
ax.set(xlabel="degree chosen (true degree 3)", ylabel="share of samples")
ax.set_title("BIC takes the true degree most often;\nAIC keeps a tail of larger ones")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# * AIC and BIC need only *n*, the minimal MSE and the number of coefficients.
# * Compare them for the same targets only, and say what *k* counts and which constants are dropped.
# * AIC aims at prediction and overfits at a fixed rate; BIC aims at the true model if it is there.
