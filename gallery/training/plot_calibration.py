r"""
Only rows the network has not seen can tell its σ
=================================================

A network trained by MSE believes its own residuals; held-out rows show by how much it errs.

In a linear model :math:`\hat\sigma^2 = \text{MSE}` and the standard errors of the weights follow
from the likelihood. A network keeps neither: its training residuals are too small, and its Fisher
information cannot be inverted. What survives is a check on rows held out, and an estimate of
:math:`\sigma` from them. The reasons: :ref:`deep-networks`.
"""

# %%
# Three sets of rows
# ------------------
#
# One to train on, one to calibrate on, one to judge. The noise is Gaussian with one σ.

import matplotlib.pyplot as plt
import torch
from scipy import stats
from torch import nn

from mse_nll import RegressionNetwork, coverage, root_mean_squared_error, train

torch.manual_seed(42)
NOISE_STD = 0.3


def draw(n):
    """Rows of a smooth function of five features, plus noise."""
    X = torch.randn(n, 5)
    return X, torch.sin(2 * X[:, :1]) + 0.5 * X[:, 1:2] + NOISE_STD * torch.randn(n, 1)


X, y = draw(200)
calibration_x, calibration_y = draw(400)
test_x, test_y = draw(2000)

# %%
# Train, and watch both residuals
# -------------------------------

model = RegressionNetwork(input_dim=5)
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
epochs, of_training, of_calibration = range(20, 401, 20), [], []
for _ in epochs:
    train(model, nn.MSELoss(), [(X, y)], optimizer, n_epochs=20)
    with torch.no_grad():
        of_training.append(root_mean_squared_error(y, model(X)).item())
        of_calibration.append(root_mean_squared_error(calibration_y, model(calibration_x)).item())
print(f"σ̂ from training rows    {of_training[-1]:.4f}")
print(
    f"σ̂ from calibration rows {of_calibration[-1]:.4f}   (noise {NOISE_STD}, and errors of the fit)"
)
assert of_training[-1] < NOISE_STD < min(of_calibration)

fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
ax.plot(epochs, of_training, "C0o-", ms=4, label="training rows")
ax.plot(epochs, of_calibration, "C1s-", ms=4, label="calibration rows")
ax.axhline(NOISE_STD, color="C2", ls="--", label="noise used")
ax.set(xlabel="epoch", ylabel="root mean squared residual", ylim=0)
ax.set_title("Training residuals fall below the noise,\nheld-out residuals never do")
ax.legend()
plt.show()

# %%
# Standard errors do not survive
# ------------------------------
#
# For a linear model the standard errors come from the inverse of :math:`J^\top J / \sigma^2`, with
# a row of derivatives :math:`\partial\hat y_i/\partial\theta` for each observation. Here there are
# more parameters than rows, so the matrix is singular and no weight has a standard error. More
# rows do not cure it: to scale a ReLU unit's incoming weights up and its outgoing weights down
# changes no prediction anywhere, so along that direction the derivative is zero.

rows = []
for prediction in model(X):
    gradients = torch.autograd.grad(prediction, model.parameters(), retain_graph=True)
    rows.append(torch.cat([gradient.flatten() for gradient in gradients]))
jacobian = torch.stack(rows).double()
n_parameters, rank = jacobian.shape[1], int(torch.linalg.matrix_rank(jacobian))
print(f"Fisher information: {n_parameters} × {n_parameters}, rank {rank}")
assert rank <= len(X) < n_parameters

direction = [torch.zeros_like(parameter) for parameter in model.parameters()]
weight, bias, outgoing = list(model.parameters())[:3]
unit = int(outgoing.norm(dim=0).argmax())
direction[0][unit], direction[1][unit] = weight.detach()[unit], bias.detach()[unit]
direction[2][:, unit] = -outgoing.detach()[:, unit]
flat = torch.cat([part.flatten() for part in direction]).double()
size_of_terms = (jacobian.abs() @ flat.abs()).max()
assert (jacobian @ flat).abs().max() < 1e-5 * size_of_terms  # they cancel on every row

# %%
# Two recalibrations
# ------------------
#
# *Scale*: take :math:`\hat\sigma` from the calibration rows; it is the maximum likelihood estimate
# there, with the mean held fixed. *Quantile*: take the half-width itself as the
# :math:`\lceil (m + 1)p \rceil`-th smallest of the :math:`m` absolute residuals. That needs no
# Gaussian: for exchangeable rows it covers at least :math:`p` on average (split conformal
# prediction).

with torch.no_grad():
    prediction = model(test_x)
    residuals = (calibration_y - model(calibration_x)).abs().flatten().sort().values


def widths(level):
    """Half-width of the interval of one level, three ways."""
    z = stats.norm.ppf(0.5 + level / 2)
    rank = min(int(-(-(len(residuals) + 1) * level // 1)), len(residuals))
    return {
        "training σ̂": z * of_training[-1],
        "calibration σ̂": z * of_calibration[-1],
        "calibration quantile": residuals[rank - 1].item(),
    }


def covered(level):
    """Share of the test rows inside each of the three intervals."""
    return {
        name: coverage(test_y, prediction - width, prediction + width).item()
        for name, width in widths(level).items()
    }


# %%
# Judged on the test rows
# -----------------------
#
# The error of a coverage has two parts: the test rows are a sample, and so are the calibration
# rows. Both are nearly binomial, and their variances add.

error = (0.95 * 0.05 * (1 / len(test_y) + 1 / len(residuals))) ** 0.5
for name, share in covered(0.95).items():
    print(f"95 % interval, {name:21s} covers {share:.3f}  (standard error {error:.3f})")
    assert (abs(share - 0.95) < 3 * error) == name.startswith("calibration")

levels = torch.linspace(0.05, 0.99, 48).tolist()
shares = [covered(level) for level in levels]
fig, ax = plt.subplots(figsize=(6.4, 4.6), layout="constrained")
for name, style in zip(shares[0], ("C0-", "C1--", "C2:"), strict=True):
    ax.plot(levels, [share[name] for share in shares], style, label=name)
ax.plot([0, 1], [0, 1], "k-", lw=0.8, label="as promised")
ax.set(xlabel="level promised", ylabel="share of test rows covered")
ax.set_title("Held-out residuals keep what intervals promise")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# Keep rows for calibration that neither training nor early stopping has looked at. The recalibrated
# interval is right *on average over rows like these*: check it by bin (:ref:`diagnostics`); away
# from the data it promises nothing. With an output for the variance, rescale that by the root mean
# square of the standardised residuals; see :cite:t:`guo2017` for classifiers, and
# :cite:t:`kuleshov2018` for whole predictive distributions.
