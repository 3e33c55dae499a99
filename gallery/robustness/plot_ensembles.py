r"""
An ensemble adds the doubt about the mean to the noise
======================================================

Ten networks agree where the data are and part where they are not; their variances add up.

A predicted :math:`\hat\sigma^2(x)` is the noise in :math:`y` at :math:`x`: *aleatoric*, it stays
however many rows are added. The spread of the predicted means over networks is the doubt about
the curve: *epistemic*, it shrinks with rows and grows away from them
:cite:p:`lakshminarayanan2017`. The law of total variance puts them together.
How each network is built: :ref:`mean-and-variance`.
"""

# %%
# Data with a gap
# ---------------
#
# A sine whose noise grows with :math:`x`; no row lies below 0, between 2 and 3 or beyond 5.

import math

import matplotlib.pyplot as plt
import torch

from mse_nll import beta_negative_log_likelihood

N_MEMBERS, HIDDEN = 10, 32


def draw(n_rows, seed):
    """Rows with x in [0, 2] or [3, 5], and noise 0.1 + 0.05 x."""
    generator = torch.Generator().manual_seed(seed)
    x = 4 * torch.rand(n_rows, 1, generator=generator)
    x = torch.where(x > 2, x + 1, x)
    noise = (0.1 + 0.05 * x) * torch.randn(n_rows, 1, generator=generator)
    return x, torch.sin(2 * x) + noise


# %%
# Ten members, one batch of matrices
# ----------------------------------
#
# Each member has its own random start and sees all rows: for networks the start alone makes them
# differ, and a bootstrap of the rows would cost each a good third of the data. Every member
# predicts a mean and a log-variance, trained by β-NLL.


def forward(parameters, x):
    """Mean and variance of each member: shape (members, rows, 1)."""
    w1, b1, w2, b2, w3, b3 = parameters
    hidden = torch.tanh(torch.baddbmm(b1, (x - 2.5).expand(N_MEMBERS, -1, -1), w1))
    hidden = torch.tanh(torch.baddbmm(b2, hidden, w2))
    mean, log_variance = torch.baddbmm(b3, hidden, w3).chunk(2, dim=-1)
    return mean, log_variance.exp()


def fit_ensemble(x, y, steps=600):
    """Train all members at once; a sum of losses keeps their gradients apart."""
    generator = torch.Generator().manual_seed(0)
    parameters = []
    for fan_in, fan_out in [(1, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 2)]:
        for rows in (fan_in, 1):
            start = torch.randn(N_MEMBERS, rows, fan_out, generator=generator)
            parameters.append((start / math.sqrt(fan_in)).requires_grad_())
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    targets = y.expand(N_MEMBERS, -1, -1)
    for _ in range(steps):
        mean, variance = forward(parameters, x)
        loss = beta_negative_log_likelihood(targets, mean, variance.log()) / len(x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return parameters


grid = torch.linspace(-0.5, 6, 261)[:, None]
with_rows = ((grid >= 0) & (grid <= 2)) | ((grid >= 3) & (grid <= 5))
fits = {}
for n_rows in (100, 800):
    x, y = draw(n_rows, seed=1)
    parameters = fit_ensemble(x, y)
    with torch.no_grad():
        fits[n_rows] = x, y, *forward(parameters, grid)

# %%
# The law of total variance
# -------------------------
#
# The ensemble's prediction is a mixture: pick a member at random, then a target from its Gaussian.
#
# .. math::
#
#     \operatorname{Var}(y \mid x)
#     = \underbrace{\tfrac1M \sum_m \hat\sigma_m^2(x)}_{\text{aleatoric}}
#     + \underbrace{\tfrac1M \sum_m \bigl(\hat\mu_m(x) - \bar\mu(x)\bigr)^2}_{\text{epistemic}}
#
# The check draws from the mixture and looks at the variance of what comes out.

x, y, means, variances = fits[100]
aleatoric, epistemic = variances.mean(0), means.var(0, unbiased=False)
total = aleatoric + epistemic

generator = torch.Generator().manual_seed(2)
noise = torch.randn(2000, *means.shape, generator=generator)
drawn = (means + variances.sqrt() * noise).reshape(-1, len(grid))
torch.testing.assert_close(drawn.var(0), total[:, 0], rtol=0.06, atol=0)
print(f"largest deviation: {(drawn.var(0) / total[:, 0] - 1).abs().max():.1%}")

# %%
# What more rows change, and what not
# -----------------------------------
#
# Eight times the rows leave the noise where it was and shrink the doubt where rows are.

print("rows   aleatoric σ   epistemic σ, at rows   in the gap   beyond x = 5   (medians)")
gap, beyond, doubt = (grid > 2.2) & (grid < 2.8), grid > 5.3, {}
for n_rows, (_, _, mean, variance) in fits.items():
    spread = mean.std(0, unbiased=False)
    noise_std = variance.mean(0).sqrt()[with_rows].median()
    doubt[n_rows] = [spread[where].median().item() for where in (with_rows, gap, beyond)]
    print(f"{n_rows:4d}   {noise_std:11.3f}", *(f"{value:15.3f}" for value in doubt[n_rows]))
    assert doubt[n_rows][0] < min(doubt[n_rows][1:])
    assert abs(noise_std - (0.1 + 0.05 * grid[with_rows]).median()) < 0.06
assert doubt[800][0] < 0.6 * doubt[100][0]

# %%
# Two kinds of uncertainty, seen apart
# ------------------------------------
#
# Above, every member's mean. Below, both standard deviations: the aleatoric one is a guess where
# no rows are, for nothing was there to measure; the epistemic one gives the warning.

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 7.0), layout="constrained", sharex=True)
top.plot(x, y, "k.", ms=3, alpha=0.5, label="100 rows")
top.plot(grid[:, 0], means[:, :, 0].T, "C0-", lw=0.8)
top.plot([], [], "C0-", lw=0.8, label="means of ten members")
top.plot(grid, torch.sin(2 * grid), "C1--", label="truth")
top.set(ylabel="y", ylim=(-2.5, 2.5))
top.set_title("Members agree at the rows and part away from them")
top.legend(loc="lower left", fontsize="small")
bottom.semilogy(grid, aleatoric.sqrt(), "C2-", label="aleatoric")
bottom.semilogy(grid, epistemic.sqrt(), "C0--", label="epistemic")
bottom.semilogy(grid, 0.1 + 0.05 * grid, "k:", label="noise used")
for axes in (top, bottom):
    for low, high in [(-0.5, 0), (2, 3), (5, 6)]:
        axes.axvspan(low, high, color="0.5", alpha=0.2, lw=0)
bottom.set(xlabel="x (no rows in the grey ranges)", ylabel="standard deviation")
bottom.set_title("Without rows the noise is a guess, and the doubt grows")
bottom.legend(loc="upper left", fontsize="small")
plt.show()

# %%
# What to take away
# -----------------
#
# Average the variances, add the variance of the means, and report the parts apart: the first asks
# for better measurements, the second for more rows. One network trained by MSE or NLL gives no
# epistemic part at all; dropout at prediction time samples one in the same sense, from one network.
# The spread of an ensemble is a useful warning, not a calibrated one:
# :ref:`sphx_glr_auto_gallery_training_plot_calibration.py` shows how to check.
