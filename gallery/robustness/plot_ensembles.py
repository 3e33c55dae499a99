r"""
Deep ensembles: aleatoric and epistemic uncertainty
===================================================

The spread of this ensemble grows away from the data, and is often less than half the error.

Five networks that predict a mean and a variance are trained from different starts.
Their average variance describes the noise (*aleatoric*), and the spread of their means the
uncertainty about the curve (*epistemic*) :cite:p:`lakshminarayanan2017`. The truth is known here, so
the spread is compared with the real error. The networks: :ref:`mean-and-variance`.
"""

# %%
# Data with a gap
# ---------------
#
# A sine whose noise grows with :math:`x`. No row lies below 0, between 2 and 3 or above 5.

import matplotlib.pyplot as plt
import torch
from torch import nn

torch.set_num_threads(1)  # such small networks are faster on one thread
torch.manual_seed(0)
n = 100
x = 4 * torch.rand(n, 1)
x = torch.where(x > 2, x + 1, x)
y = torch.sin(2 * x) + (0.1 + 0.05 * x) * torch.randn(n, 1)

# %%
# A network with two outputs
# --------------------------
#
# ``softplus`` keeps the variance positive. The loss is the β-NLL :cite:p:`seitzer2022` with
# :math:`\beta = 1/2`, the Gaussian negative log-likelihood (NLL) weighted by a detached
# :math:`\hat\sigma`.


class MeanAndVariance(nn.Module):
    """Predict mean and variance of the target."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(1, 32), nn.Tanh(),
            nn.Linear(32, 32), nn.Tanh(),
            nn.Linear(32, 2),
        )  # fmt: skip

    def forward(self, x):
        """Return mean and variance, both of shape (n, 1)."""
        mean, raw = self.layers(x - 2.5).chunk(2, dim=1)
        return mean, nn.functional.softplus(raw) + 1e-4


# %%
# All members see the same rows.


def train():
    """Train one member on all rows, from a random start of its own."""
    model = MeanAndVariance()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(400):
        mean, variance = model(x)
        nll = nn.functional.gaussian_nll_loss(mean, y, variance, reduction="none")
        loss = (variance.detach().sqrt() * nll).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


members = [train() for _ in range(5)]

# %%
# The law of total variance
# -------------------------
#
# The ensemble's prediction is a mixture of the members' Gaussians. Its variance is the average of
# their variances plus the variance of their means.

grid = torch.linspace(-1, 6, 281)[:, None]
with torch.no_grad():
    predictions = [model(grid) for model in members]
means = torch.stack([mean for mean, _ in predictions])
variances = torch.stack([variance for _, variance in predictions])

aleatoric = variances.mean(dim=0)
epistemic = means.var(dim=0, unbiased=False)
total = aleatoric + epistemic

# %%
# Draws from the mixture have this variance.

noise = torch.randn(4000, *means.shape)
drawn = (means + variances.sqrt() * noise).reshape(-1, len(grid))
deviation = (drawn.var(dim=0) / total[:, 0] - 1).abs().max()
print(f"variance drawn and variance computed differ by {deviation:.1%} at most")
assert deviation < 0.06

# %%
# The spread beside the real error
# --------------------------------
#
# The epistemic standard deviation is larger where there are no rows. The error of the ensemble's
# mean is often more than twice as large.

with_rows = ((grid >= 0) & (grid <= 2)) | ((grid >= 3) & (grid <= 5))
spread = epistemic.sqrt()
error = (means.mean(dim=0) - torch.sin(2 * grid)).abs()
for name, where in {"with rows": with_rows, "without rows": ~with_rows}.items():
    within = (error[where] < 2 * spread[where]).float().mean()
    print(f"{name:12} median spread {spread[where].median():.3f}, ", end="")
    print(f"median error {error[where].median():.3f}, error within two spreads: {within:.0%}")

assert spread[~with_rows].median() > spread[with_rows].median()
within = (error < 2 * spread).float().mean()
assert within < 0.9, "the spread of these members is as large as their error"

# %%
# One reason: all members were trained on the same rows, so they share the errors that come from the
# noise of those rows. The spread measures what differs between random starts.

fig, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 7.0), layout="constrained", sharex=True)
top.plot(x, y, "k.", ms=4, alpha=0.5, label="rows")
top.plot(grid, means[:, :, 0].T, "C0-", lw=0.8, label=["means of five members"] + [None] * 4)
top.plot(grid, torch.sin(2 * grid), "C1--", label="truth")
top.set(ylabel="y", ylim=(-2.5, 2.5))
top.set_title("Members agree at the rows and part away from them")
top.legend(loc="lower left", fontsize="small")
bottom.plot(grid, error, "C1--", label="error of the mean")
bottom.plot(grid, spread, "C0-", label="epistemic standard deviation")
for ax in (top, bottom):
    for low, high in [(-1, 0), (2, 3), (5, 6)]:
        ax.axvspan(low, high, color="0.5", alpha=0.2, lw=0)
bottom.set(xlabel="x (no rows in the grey ranges)", ylabel="error, standard deviation", ylim=(0, 1))
bottom.set_title("The spread warns away from the rows,\nand understates the error")
bottom.legend(loc="upper center", fontsize="small")
plt.show()

# %%
# What to take away
# -----------------
#
# Average the variances of the members, and add the variance of their means.
# Do not read the spread as an error bar.
# Intervals from held-out rows: :ref:`sphx_glr_auto_gallery_training_plot_calibration.py`.
