r"""
Conformal prediction: intervals of a network from held-out residuals
====================================================================

Quantiles of held-out residuals give intervals that cover as often as they promise.

A network is trained on the MSE, and its training residuals are too small. Two other intervals use
rows held out: a Gaussian one with the :math:`\hat\sigma` of those rows, and the quantiles of their
absolute residuals (split conformal prediction). Theory: :ref:`deep-networks`.
"""

# %%
# Three sets of rows
# ------------------
#
# They serve training, calibration and test. The noise has heavier tails than a Gaussian.

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.distributions import Laplace, Normal

torch.manual_seed(0)
noise = Laplace(0.0, 0.3)


def draw(n_rows):
    """A smooth function of five features, plus noise."""
    X = torch.randn(n_rows, 5)
    mean = torch.sin(2 * X[:, :1]) + 0.5 * X[:, 1:2]
    return X, mean + noise.sample((n_rows, 1))


train_x, train_y = draw(400)
calibration_x, calibration_y = draw(4000)
test_x, test_y = draw(4000)

# %%
# A network
# ---------
#
# After sixty steps the training residuals are smaller than those of new rows.

model = nn.Sequential(nn.Linear(5, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for _ in range(60):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(train_x), train_y).backward()
    optimizer.step()

with torch.no_grad():
    train_residuals = (train_y - model(train_x)).abs().flatten()
    calibration_residuals = (calibration_y - model(calibration_x)).abs().flatten()
    test_residuals = (test_y - model(test_x)).abs().flatten()

sigma_training = train_residuals.square().mean().sqrt()
sigma_calibration = calibration_residuals.square().mean().sqrt()
print(f"σ̂ from training rows    {sigma_training:.3f}")
print(f"σ̂ from calibration rows {sigma_calibration:.3f}")
assert sigma_training < sigma_calibration

# %%
# Three half-widths for one level
# -------------------------------
#
# A Gaussian interval of level :math:`p` is the prediction :math:`\pm z_p \hat\sigma`.
# Split conformal prediction takes the half-width itself from the :math:`m` calibration rows: the
# :math:`\lceil (m + 1)\,p \rceil`-th smallest absolute residual. If calibration and new rows are
# exchangeable, it covers at least :math:`p` on average
# (`Angelopoulos and Bates <https://arxiv.org/abs/2107.07511>`__, section 1).

ordered = calibration_residuals.sort().values
m = len(ordered)


def half_widths(level):
    """Half-width of an interval of the given level, by three methods."""
    z = Normal(0.0, 1.0).icdf(torch.tensor(0.5 + level / 2))
    rank = math.ceil((m + 1) * level)
    return {
        "training σ̂": z * sigma_training,
        "calibration σ̂": z * sigma_calibration,
        "conformal": ordered[rank - 1],
    }


def coverage(level):
    """Share of the test rows inside each interval."""
    return {
        name: (test_residuals <= half_width).float().mean().item()
        for name, half_width in half_widths(level).items()
    }


# %%
# Judged on the test rows
# -----------------------
#
# A coverage has errors from the test rows and from the calibration rows. Both are nearly binomial,
# and their variances add.


def standard_error(level):
    """Standard error of a conformal coverage."""
    return math.sqrt(level * (1 - level) * (1 / len(test_y) + 1 / m))


for level in (0.5, 0.8, 0.95):
    shares = coverage(level)
    print(f"level {level:4}:", ", ".join(f"{name} {share:.3f}" for name, share in shares.items()))
    deviation = abs(shares["conformal"] - level) / standard_error(level)
    assert deviation < 4, f"level {level}: conformal coverage is {deviation:.1f} errors off"

assert coverage(0.95)["training σ̂"] < 0.95 - 2 * standard_error(0.95)
assert coverage(0.5)["calibration σ̂"] > 0.5 + 4 * standard_error(0.5)

# %%
# The training :math:`\hat\sigma` covers too rarely at the high levels. The calibration
# :math:`\hat\sigma` has the right size, but the noise is not Gaussian, so its intervals cover too
# much at the middle levels.

levels = torch.linspace(0.02, 0.98, 49).tolist()
shares = [coverage(level) for level in levels]
fig, ax = plt.subplots(figsize=(6.4, 4.8), layout="constrained")
for name, style in {"training σ̂": "C0-.", "calibration σ̂": "C1--", "conformal": "C2-"}.items():
    ax.plot(levels, [share[name] for share in shares], style, label=name)
ax.plot([0, 1], [0, 1], ":", color="0.5", label="as promised")
ax.set(xlabel="level promised", ylabel="share of test rows covered")
ax.set_title("Conformal intervals cover as promised at each level")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Keep rows for calibration that training has not seen.
# Their residuals give a :math:`\hat\sigma` of the right size, and their quantiles give intervals that
# do not assume Gaussian noise.
# The coverage is an average over all test rows. To check it by bin: :ref:`diagnostics`.
