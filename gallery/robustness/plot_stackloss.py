r"""
Huber regression: the unit of delta, on the stack-loss data
===========================================================

Huber's threshold has the unit of the target; R's MASS::rlm computes it from the residuals.

``nn.HuberLoss(delta=1)`` cuts at one unit of ``y``, R's ``MASS::rlm`` at 1.345 robust standard
deviations of the residuals (:cite:p:`venables2002`). On the stack-loss data
(:cite:t:`brownlee1965`) the two give different fits, and the second is compared with R's own.
Theory: :ref:`losses`, :ref:`heavy-tails`.
"""

# %%
# Twenty-one days of a plant
# --------------------------
#
# The loss of ammonia is regressed on three settings.

import matplotlib.pyplot as plt
import torch
from statsmodels.datasets import stackloss
from torch import nn

frame = stackloss.load_pandas().data
names = ["AIRFLOW", "WATERTEMP", "ACIDCONC"]
y = torch.tensor(frame["STACKLOSS"].to_numpy(dtype=float))
X = torch.tensor(frame[names].to_numpy(dtype=float))
design = torch.cat([torch.ones(21, 1, dtype=torch.float64), X], dim=1)
least_squares = torch.linalg.lstsq(design, y[:, None]).solution[:, 0]

# %%
# Huber's fit by reweighting
# --------------------------
#
# Huber's fit is a weighted least-squares fit with weights from its own residuals,
# :math:`w_i = \min(1, \delta / |e_i|)`. Fit and weights are computed in turn.


def reweight(coefficients, delta):
    """One step: the weights, and the weighted least-squares fit with them."""
    weights = (delta / (y - design @ coefficients).abs()).clamp(max=1.0)
    root = weights.sqrt()[:, None]
    fit = torch.linalg.lstsq(root * design, root * y[:, None]).solution[:, 0]
    return fit, weights


def huber_fixed(delta, n_steps):
    """Huber's fit with a threshold in the unit of y."""
    coefficients = least_squares
    for _ in range(n_steps):
        coefficients, _ = reweight(coefficients, delta)
    return coefficients


# %%
# A threshold of one unit of ``y``
# --------------------------------
#
# This is the minimum of ``nn.HuberLoss(delta=1)``: its gradient vanishes there.

one_unit = huber_fixed(1.0, 400)
coefficients = one_unit.clone().requires_grad_()
nn.HuberLoss(delta=1.0)(design @ coefficients, y).backward()
torch.testing.assert_close(coefficients.grad, torch.zeros_like(one_unit), rtol=0, atol=1e-7)
print(f"delta = 1 unit of y: coefficient of WATERTEMP {one_unit[2]:.4f}")

# %%
# A threshold of 1.345 robust standard deviations
# -----------------------------------------------
#
# The robust standard deviation, computed anew at each step, is the median absolute residual over
# 0.6745, the upper quartile of the standard normal. R stops when the residuals move by less than one
# part in ten thousand, here at the ninth step.


def huber_rescaled(tolerance):
    """Huber's fit with a scale of its own: coefficients, scale, weights, number of steps."""
    coefficients, steps, moved = least_squares, 0, 1.0
    while moved > tolerance:
        residuals = y - design @ coefficients
        scale = residuals.abs().median() / 0.6745
        coefficients, weights = reweight(coefficients, 1.345 * scale)
        moved = (y - design @ coefficients - residuals).norm() / residuals.norm()
        steps += 1
    return coefficients, scale, weights, steps


as_r, r_scale, r_weights, r_steps = huber_rescaled(tolerance=1e-4)
converged, scale, _, _ = huber_rescaled(tolerance=1e-13)
assert r_steps == 9

# %%
# Against R
# ---------
#
# R's output is recorded in statsmodels' ``results_rlm.py``. Stopping as R does gives its digits.
# Further steps change the later ones.

published = [-41.02653105, 0.82937387, 0.92610818, -0.12784916]
print(f"{'':10} {'converged':>12} {'as R stops':>12} {'R, recorded':>12}")
for name, *values in zip(["intercept", *names], converged, as_r, published, strict=True):
    print(f"{name:10} " + " ".join(f"{value:12.8f}" for value in values))
print(f"{'scale':10} {scale:12.8f} {r_scale:12.8f} {2.4407137948:12.8f}")

torch.testing.assert_close(as_r, torch.tensor(published, dtype=torch.float64), rtol=0, atol=6e-9)
torch.testing.assert_close(r_scale.item(), 2.4407137948, rtol=0, atol=1e-9)

# %%
# The three smallest weights, of observations 3, 4 and 21, are recorded too.

lightest = [day + 1 for day in r_weights.argsort()[:3].sort().values.tolist()]
print(f"smallest weights: observations {lightest}")
assert lightest == [3, 4, 21]
recorded = torch.tensor([0.7858871, 0.50494094, 0.36814106], dtype=torch.float64)
torch.testing.assert_close(r_weights[[2, 3, 20]], recorded, rtol=0, atol=6e-8)

# %%
# What the threshold decides
# --------------------------
#
# Above some threshold no error is cut, and Huber's fit is least squares.

deltas = torch.logspace(-1, 1, 25).tolist()
by_delta = [huber_fixed(delta, 100)[2] for delta in deltas]
torch.testing.assert_close(huber_fixed(10.0, 100), least_squares)

fig, ax = plt.subplots(layout="constrained")
ax.semilogx(deltas, by_delta, "k-", label="Huber's fit")
ax.plot(1.0, one_unit[2], "C0s", ms=8, label="δ = 1 unit of y")
ax.plot(1.345 * scale, converged[2], "C1o", ms=8, label="δ = 1.345 s")
ax.axhline(least_squares[2], color="0.5", ls="--", label="least squares")
ax.set_xticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
ax.minorticks_off()
ax.set(xlabel="δ, in units of stack loss", ylabel="coefficient of WATERTEMP")
ax.set_title("Huber's threshold decides the fit")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# The threshold of ``nn.HuberLoss`` has the unit of ``y``, so ``delta=1`` gives another fit in another
# unit. That of ``MASS::rlm`` follows the residuals.
# Small weights show which days to look at.
