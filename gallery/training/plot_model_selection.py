r"""
AIC and BIC: choosing the degree of a polynomial
================================================

The training MSE falls with each degree; AIC, BIC and the held-out loss have a minimum.

AIC :eq:`eq-aic` and BIC :eq:`eq-bic` of polynomials are computed from the likelihood and from the
MSE. Then the choice is repeated for thousands of samples, and the rate of one error is compared with
theory: :ref:`model-selection`.
"""

# %%
# A cubic with noise
# ------------------
#
# The columns are orthonormal and give the same models as the powers of *x*.

import math

import matplotlib.pyplot as plt
import torch
from scipy import stats
from torch.distributions import Normal

torch.manual_seed(0)
n, sigma, true_degree, max_degree = 60, 0.5, 3, 12
x = torch.linspace(-1, 1, n, dtype=torch.float64)
powers = x[:, None] ** torch.arange(max_degree + 1)
basis, _ = torch.linalg.qr(powers)
truth = 1 + 0.3 * x - 2 * x**2 + 2.5 * x**3


def draw(rows):
    """Samples of targets, one per row."""
    return truth + sigma * torch.randn(rows, n, dtype=torch.float64)


# %%
# One sample, three criteria
# --------------------------
#
# The number of parameters :math:`k` counts the coefficients, the intercept too. It leaves out
# :math:`\sigma`, which would add the same to each model. The held-out loss uses new targets at the
# same points.

y = draw(1)[0]
y_new = draw(100)
degrees = range(max_degree + 1)
mse, aic, bic, held_out = [], [], [], []
for degree in degrees:
    columns = basis[:, : degree + 1]
    fitted = columns @ (columns.T @ y)
    sigma_hat = (y - fitted).square().mean().sqrt()
    density = Normal(fitted, sigma_hat)
    nll = -density.log_prob(y).sum()
    k = degree + 1
    mse.append(sigma_hat**2)
    aic.append(2 * nll + 2 * k)
    bic.append(2 * nll + k * math.log(n))
    held_out.append(-2 * density.log_prob(y_new).sum() / len(y_new))

mse, aic, bic, held_out = (torch.stack(values) for values in (mse, aic, bic, held_out))
for name, values in {"training MSE": mse, "AIC": aic, "BIC": bic, "held-out": held_out}.items():
    print(f"{name:12} smallest at degree {values.argmin()}")
assert (mse.diff() < 0).all()
for values in (aic, bic, held_out):
    assert values.argmin() < max_degree, "a rare sample: the largest degree was chosen"

# %%
# The same from the MSE
# ---------------------
#
# With :math:`\hat\sigma^2` equal to the MSE, twice the negative log-likelihood (NLL) is
# :math:`n \log \mathrm{MSE}` plus :math:`n(\log 2\pi + 1)`. The second term is the same for each
# model of the same targets.

parameters = torch.arange(1, max_degree + 2)
constant = n * (math.log(2 * math.pi) + 1)
torch.testing.assert_close(aic, n * mse.log() + constant + 2 * parameters)
torch.testing.assert_close(bic, n * mse.log() + constant + math.log(n) * parameters)

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 6.0), layout="constrained", sharex=True)
top.plot(degrees, mse, "ko-")
top.axhline(sigma**2, color="k", ls=":", lw=1, label="noise variance")
top.set(ylabel="training MSE", title="The training MSE only falls")
top.legend()
bottom.plot(degrees, aic, "C0o-", label="AIC")
bottom.plot(degrees, bic, "C1s--", label="BIC")
bottom.plot(degrees, held_out, "C2^:", label="2 × held-out NLL")
bottom.set(xlabel="degree", ylabel="2 × nats", title="AIC, BIC and held-out loss have a minimum")
bottom.legend()
plt.show()

# %%
# Many samples
# ------------
#
# In an orthonormal basis each column lowers the residual sum of squares by its squared coefficient,
# so no new fit is needed.

repetitions = 5000
samples = draw(repetitions)
explained = (samples @ basis).square().cumsum(dim=1)
rss = samples.square().sum(dim=1, keepdim=True) - explained
criteria = {
    "AIC": n * (rss / n).log() + 2 * parameters,
    "BIC": n * (rss / n).log() + math.log(n) * parameters,
}

# %%
# How often is the degree after the true one preferred to it? The gain from a useless column follows
# an F distribution, which gives the chance that it exceeds the penalty.

d = true_degree
for name, penalty in {"AIC": 2.0, "BIC": math.log(n)}.items():
    preferred = criteria[name][:, d + 1] < criteria[name][:, d]
    share = preferred.double().mean().item()
    needed = (n - d - 2) * math.expm1(penalty / n)
    theory = stats.f.sf(needed, 1, n - d - 2)
    error = math.sqrt(theory * (1 - theory) / repetitions)
    print(f"{name}: degree {d + 1} beats {d} in {share:.3f} ± {error:.3f}, theory {theory:.3f}")
    assert abs(share - theory) < 5 * error

# %%
# The chance is larger for AIC, whose penalty per parameter stays at 2 while that of BIC grows with
# :math:`n`.

chosen = {}
fig, ax = plt.subplots(layout="constrained")
for offset, (name, values), hatch in zip((-0.2, 0.2), criteria.items(), ("", "//"), strict=True):
    counts = torch.bincount(values.argmin(dim=1), minlength=max_degree + 1)
    chosen[name] = (counts / repetitions).tolist()
    ax.bar([d + offset for d in degrees], chosen[name], 0.4, label=name, hatch=hatch)
ax.set(xlabel=f"degree chosen (true degree {true_degree})", ylabel="share of samples")
ax.set_title("BIC takes the true degree most often;\nAIC takes larger ones more often")
ax.legend()
plt.show()
assert chosen["BIC"][true_degree] > chosen["AIC"][true_degree]

# %%
# What to take away
# -----------------
#
# AIC and BIC need the number of rows, the MSE and the number of coefficients.
# In this example BIC finds the true degree more often, and AIC more often takes one too many, at
# the rate that theory gives.
# Compare the criteria on the same targets, and say which constants are dropped.
