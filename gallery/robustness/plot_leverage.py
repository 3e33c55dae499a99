r"""
Robust losses bound the error in y, not the lever in x
======================================================

A decimal point slips, in a target or in an input, and a robust loss mends only the first.

A bounded :math:`\psi` limits what one *error* can do. In regression each error is multiplied by
its input, so a wrong input far from the others still commands the line: its :math:`\psi(e)\,x` is
large however small :math:`\psi(e)` is. Four fits are compared, with the leverage that gives the
point away and a fit by trimming that survives it (:cite:p:`rousseeuw1987`). The pull of each loss
is in the table of :ref:`losses`.
"""

import matplotlib.pyplot as plt
import torch

from mse_nll import fit_linear, student_t_negative_log_likelihood

generator = torch.Generator().manual_seed(0)
x = torch.linspace(0.5, 5.0, 20, dtype=torch.float64)
y = 1.0 + 2.0 * x + 0.3 * torch.randn(20, dtype=torch.float64, generator=generator)
slip = 15  # the row whose decimal point slips
factor = torch.ones(20, dtype=torch.float64).index_fill(0, torch.tensor(slip), 10.0)
x_slipped, y_slipped = factor * x, factor * y
cases = {"as recorded": (x, y), "slip in y": (x, y_slipped), "slip in x": (x_slipped, y)}

# %%
# Leverage
# --------
# The :term:`leverage` :math:`h_i` of an observation is the share of its own target in its
# prediction: :math:`h_i = \mathbf{x}_i^\top(\mathbf{X}^\top\mathbf{X})^{-1}\mathbf{x}_i`. It
# depends on the inputs alone and sums to the number of coefficients; a value above twice the
# average, :math:`2p/n`, deserves a look.


def leverage(x):
    """Diagonal of the hat matrix of a line."""
    A = torch.stack([torch.ones_like(x), x], dim=1)
    return (A * torch.linalg.solve(A.T @ A, A.T).T).sum(dim=1)


for name, (x_case, _) in cases.items():
    h = leverage(x_case)
    others = h[torch.arange(20) != slip].max()
    print(f"{name:12} row {slip}: {h[slip]:.3f}, largest of the others: {others:.3f}")
print(f"2p/n = {2 * 2 / 20:.3f}")

# %%
# They sum to two, and raising one target by one raises its fitted value by :math:`h_i`.

raised = y.clone()
raised[slip] += 1.0
X = x_slipped[:, None]
change = fit_linear(X, raised).predict(X).mean[slip] - fit_linear(X, y).predict(X).mean[slip]
torch.testing.assert_close(change, leverage(x_slipped)[slip])
torch.testing.assert_close(leverage(x_slipped).sum(), torch.tensor(2.0, dtype=torch.float64))

# %%
# Four fits
# ---------
# MAE's best line passes through two of the points, so it is found by trying all pairs. Trimming
# takes the line that is best over its 15 closest rows, and refits these by least squares.

i, j = torch.combinations(torch.arange(20)).T


def best_pair(x, y, keep=20):
    """The line through two of the points that is best for MAE over its `keep` closest rows."""
    slope = (y[j] - y[i]) / (x[j] - x[i])
    lines = torch.stack([y[i] - slope * x[i], slope], dim=1)
    errors = (y - lines[:, :1] - lines[:, 1:] * x).abs().sort(dim=1).values
    return lines[errors[:, :keep].sum(dim=1).argmin()]


def weighted(x, y, w=None):
    """Weighted least squares."""
    fit = fit_linear(x[:, None], y, weights=w)
    return torch.tensor([fit.intercept, fit.coefficients[0]], dtype=torch.float64)


def trimmed(x, y, keep=15):
    """Least squares on the rows that some line fits best."""
    a, b = best_pair(x, y, keep)
    kept = (y - a - b * x).abs().argsort()[:keep]
    return weighted(x[kept], y[kept])


# %%
# Huber and Student-t are iteratively reweighted: :math:`w = \psi(e)/e`, the scale updated with
# each step.


def huber(x, y, n_steps=60):
    """Huber's fit, threshold 1.345 robust standard deviations."""
    beta = weighted(x, y)
    for _ in range(n_steps):
        e = (y - beta[0] - beta[1] * x).abs()
        beta = weighted(x, y, (1.345 * 1.4826 * e.quantile(0.5) / e).clamp(max=1.0))
    return beta


def student_t(x, y, start, n_steps=60):
    """Student-t fit with four degrees of freedom, and its scale."""
    beta, s2 = start, ((y - start[0] - start[1] * x) ** 2).median()
    for _ in range(n_steps):
        e2 = (y - beta[0] - beta[1] * x) ** 2
        w = 5.0 / (4.0 + e2 / s2)
        beta, s2 = weighted(x, y, w), (w * e2).mean()
    return beta, s2.sqrt()


fits = {}
for name, (x_case, y_case) in cases.items():
    fits["MSE", name] = weighted(x_case, y_case)
    fits["MAE", name] = best_pair(x_case, y_case)
    fits["Huber", name] = huber(x_case, y_case)
    fits["trimmed", name] = trimmed(x_case, y_case)
print(f"{'slopes':8}", " ".join(f"{name:>12}" for name in cases))
for method in ("MSE", "MAE", "Huber", "trimmed"):
    print(f"{method:8}", " ".join(f"{fits[method, name][1]:12.3f}" for name in cases))

# %%
# With the slip in ``y`` the robust fits hold; with the slip in ``x`` they go the way of MSE.
# Trimming drops the point in both cases.

for method in ("MAE", "Huber"):
    assert abs(fits[method, "slip in y"][1] - 2) < 0.2
    assert abs(fits[method, "slip in x"][1] - 2) > 1.0
assert all(abs(fits["trimmed", name][1] - 2) < 0.2 for name in cases)

fig, axes = plt.subplots(2, 1, figsize=(6.4, 7.2), layout="constrained")
titles = ("Slip in y: robust losses hold", "Slip in x: only trimming holds")
for ax, name, title in zip(axes, ("slip in y", "slip in x"), titles, strict=True):
    x_case, y_case = cases[name]
    ends = torch.stack([x_case.min(), x_case.max()])
    ax.plot(x_case, y_case, "o", color="0.5", markersize=4)
    for method, style in (("MSE", "-"), ("MAE", "--"), ("Huber", "-."), ("trimmed", ":")):
        a, b = fits[method, name]
        ax.plot(ends, a + b * ends, style, linewidth=2, label=method)
    ax.set(xlabel="x", ylabel="y", title=title, ylim=(-5, y_case.max().item() + 5))
    ax.legend()
plt.show()

# %%
# A loss that forgets, and where it starts
# ----------------------------------------
# Student-t's pull returns to zero, so it *can* ignore the lever. But its likelihood has two maxima
# here, and the start decides between them.

for start in ("MSE", "trimmed"):
    beta, s = student_t(x_slipped, y, fits[start, "slip in x"])
    nll = student_t_negative_log_likelihood(y, beta[0] + beta[1] * x_slipped, s.item(), 4.0)
    print(f"started from the {start} line: slope {beta[1]:.3f}, NLL {nll.item():.3f}")
    assert (abs(beta[1] - 2) < 0.2) == (start == "trimmed")

# %%
# What to take away
# -----------------
# * Compute the leverages before trusting any fit: a small residual proves nothing at a large one.
# * Mend or drop a wrong input, or trim, or start a forgetting loss from a trimmed fit.
