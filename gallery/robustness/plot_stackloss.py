r"""
Robust regression on the stack-loss data, as R published it
===========================================================

Least squares, least absolute deviations, Huber and Student-t are fitted to 21 days of a plant.

The stack-loss data (:cite:t:`brownlee1965`) are the standard example of robust regression. The
point of the script is the *unit* of Huber's threshold: ``nn.HuberLoss(delta=1)`` cuts at one unit
of ``y``, statistics packages cut at 1.345 robust standard deviations of the residuals, and the two
give different answers. The second one is compared with the numbers that R's ``MASS::rlm``
published (:cite:p:`venables2002`). Theory: :ref:`losses`, :ref:`heavy-tails`.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.optimize import linprog
from scipy.stats import norm
from statsmodels.datasets import stackloss
from torch import nn

from mse_nll import fit_linear, student_t_negative_log_likelihood

frame = stackloss.load_pandas().data
names = ["intercept", "AIRFLOW", "WATERTEMP", "ACIDCONC"]
y = torch.tensor(frame["STACKLOSS"].to_numpy())
A = torch.cat([torch.ones(21, 1), torch.tensor(frame[names[1:]].to_numpy())], dim=1).double()

# %%
# Least squares and least absolute deviations
# -------------------------------------------
# LAD is a linear programme: each residual is split into a positive and a negative part.
fits = {"OLS": torch.linalg.lstsq(A, y).solution}

costs = np.r_[np.zeros(4), np.ones(42)]
bounds = [(None, None)] * 4 + [(0, None)] * 42
equations = np.c_[A.numpy(), np.eye(21), -np.eye(21)]
programme = linprog(costs, A_eq=equations, b_eq=y.numpy(), bounds=bounds)
fits["LAD"] = torch.from_numpy(programme.x[:4])

# %%
# Huber, with the threshold in two units
# --------------------------------------
# A Huber fit is a weighted least-squares fit with weights from its own residuals,
# :math:`w_i = \min(1, \delta / |e_i|)`: the two are computed in turn until nothing moves.


def huber_step(beta, delta):
    """One step of iteratively reweighted least squares: new coefficients, weights used."""
    w = (delta / (y - A @ beta).abs()).clamp(max=1.0)
    return torch.linalg.solve(A.T @ (w[:, None] * A), A.T @ (w * y)), w


def huber_fixed(delta, n_steps=400, beta=fits["OLS"]):
    """Huber's fit with a threshold in the unit of y."""
    for _ in range(n_steps):
        beta, _ = huber_step(beta, delta)
    return beta


fits["Huber, delta=1"] = huber_fixed(1.0)
print(f"delta = 1 unit of y: WATERTEMP {fits['Huber, delta=1'][2]:.3f}")
assert abs(fits["Huber, delta=1"][2] - 0.643) < 5e-4
# The gradient of nn.HuberLoss(delta=1) vanishes there: it is that loss's optimum.
beta = fits["Huber, delta=1"].clone().requires_grad_()
nn.HuberLoss(delta=1.0)(A @ beta, y).backward()
torch.testing.assert_close(beta.grad, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-8)

# %%
# The statistician's threshold is :math:`\delta = 1.345\,\hat\sigma`, with :math:`\hat\sigma` the
# median absolute residual divided by :math:`\Phi^{-1}(3/4)`, computed anew at each step. R writes
# that constant as 0.6745 and stops when the residuals move by less than one part in ten thousand,
# here at the ninth step.


def huber_rescaled(mad_constant, tolerance):
    """Huber's fit with a scale of its own: coefficients, scale, weights, number of steps."""
    beta, steps, moved = fits["OLS"], 0, 1.0
    while moved > tolerance:
        e = y - A @ beta
        scale = e.abs().median() / mad_constant
        beta, w = huber_step(beta, 1.345 * scale)
        moved, steps = ((y - A @ beta - e).norm() / e.norm()).item(), steps + 1
    return beta, scale, w, steps


as_r, r_scale, r_weights, r_steps = huber_rescaled(0.6745, tolerance=1e-4)
huber, scale, weights, _ = huber_rescaled(norm.ppf(0.75), tolerance=1e-13)
fits["Huber, 1.345 σ̂"] = huber

published = (-41.02653105, 0.82937387, 0.92610818, -0.12784916)
print(f"{'':10} {'converged':>12} {'as R stops':>12} {'R, published':>12}")
for name, converged, stopped, value in zip(names, huber, as_r, published, strict=True):
    print(f"{name:10} {converged:12.6f} {stopped:12.8f} {value:12.8f}")
    assert abs(stopped - value) < 6e-9
print(f"{'scale':10} {scale:12.6f} {r_scale:12.8f} {2.4407137948:12.8f}")
print("weights of 3, 4, 21:", " ".join(f"{r_weights[i - 1]:.7f}" for i in (3, 4, 21)))

# %%
# The published values are those of statsmodels' ``results_rlm.py``, which records R's output.
# Stopping as R does reproduces all the digits; iterating to the end moves the fifth decimal.
assert (r_steps, round(r_scale.item(), 10)) == (9, 2.4407137948)
for i, r_weight in ((3, 0.7858871), (4, 0.50494094), (21, 0.36814106)):
    assert abs(r_weights[i - 1] - r_weight) < 6e-8
assert abs(huber[2] - 0.92607) < 5e-6

# %%
# Student-t, with its scale fitted
# --------------------------------
# The scale is a parameter of the likelihood. Inputs are standardised for the optimiser only.
Z = (A[:, 1:] - A[:, 1:].mean(0)) / A[:, 1:].std(0)
theta = torch.tensor([17.0, 0.0, 0.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.LBFGS([theta], max_iter=300, line_search_fn="strong_wolfe")


def closure():
    """NLL and its gradient."""
    optimizer.zero_grad()
    loss = student_t_negative_log_likelihood(y, theta[0] + Z @ theta[1:4], theta[4].exp(), 4.0)
    loss.backward()
    return loss


optimizer.step(closure)
residuals = y - theta.detach()[0] - Z @ theta.detach()[1:4]
t_weights = 5.0 / (4.0 + (residuals / theta.detach()[4].exp()) ** 2)
own = fit_linear(A[:, 1:], y, weights=t_weights)  # the fit is its own weighted fit
slopes = theta.detach()[1:4] / A[:, 1:].std(0)
torch.testing.assert_close(slopes, own.coefficients, rtol=1e-4, atol=1e-4)
fits["Student-t(4)"] = torch.tensor([own.intercept, *own.coefficients], dtype=torch.float64)
print(f"{'':15}", " ".join(f"{name:>10}" for name in names))
for name, beta in fits.items():
    print(f"{name:15}", " ".join(f"{value:10.4f}" for value in beta))

# %%
# Who lost weight, and what the threshold decides
# -----------------------------------------------
fig, (ax, below) = plt.subplots(2, 1, figsize=(6.4, 7.2), layout="constrained")
ax.plot(range(1, 22), weights, "o", label="Huber, 1.345 σ̂")
ax.plot(range(1, 22), t_weights / t_weights.max(), "x", label="Student-t(4), largest = 1")
ax.set(xlabel="observation", ylabel="weight", xticks=[1, 3, 4, 9, 15, 21], ylim=(0, 1.05))
ax.set_title("Observations 3, 4 and 21 lose most weight in both fits")
ax.legend(loc="lower center")
deltas = torch.logspace(-1, 1, 17).tolist()
below.semilogx(deltas, [huber_fixed(d, 100)[2] for d in deltas], "k")
below.plot(1.0, fits["Huber, delta=1"][2], "s", label="δ = 1")
below.plot(1.345 * scale, huber[2], "o", label="δ = 1.345 σ̂")
below.axhline(fits["LAD"][2], color="0.5", linestyle=":", label="LAD")
below.axhline(fits["OLS"][2], color="0.5", linestyle="--", label="OLS")
below.set(xlabel="Huber's δ, in units of stack loss", ylabel="coefficient of WATERTEMP")
below.set_title("δ carries the unit of y:\nfrom LAD to OLS, it decides the answer")
below.legend()
plt.show()

# %%
# What to take away
# -----------------
# * Write ``nn.HuberLoss(delta=1.345 * sigma)`` with a robust ``sigma`` of the residuals.
# * The median absolute residual needs its factor, and the scale has to be iterated with the fit.
# * A down-weighted observation is a question about the plant, not an answer.
