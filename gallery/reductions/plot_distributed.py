r"""
Distributed training (DDP): averaged gradients assume equal shards
==================================================================

Data-parallel training averages the gradients of its processes, whatever their numbers of rows.

Two processes on this machine share sixty rows through ``DistributedDataParallel`` (DDP) with the
gloo backend. With equal shards a mean loss gives the gradient of all rows. With unequal shards it
does not, and a factor corrects it, as for batches of unequal size
(:ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`).
"""

# %%
# Rows that disagree
# ------------------
#
# A line is fitted to a parabola, so it depends on how much each row counts. The rows are sorted.

import multiprocessing
import os
import sys
import tempfile
import warnings

import matplotlib.pyplot as plt
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

X = torch.linspace(0, 2, 60, dtype=torch.float64)[:, None]
y = X**2
EQUAL, UNEQUAL = (30, 30), (50, 10)

# %%
# Two losses for a process
# ------------------------
#
# DDP adds the gradients and divides by the number of processes. The second loss multiplies by that
# number, and divides the sum of squares by the rows of *all* processes, which ``all_reduce`` counts.


def mean_loss(error):
    """Mean over the rows of this process."""
    return error.square().mean()


def scaled_loss(error):
    """After DDP's division, the mean over the rows of all processes."""
    rows = torch.tensor(len(error))
    dist.all_reduce(rows)
    return error.square().sum() * dist.get_world_size() / rows.item()


# %%
# What each process does
# ----------------------
#
# It trains a line on its own rows. DDP averages the gradients in ``backward``, so both processes
# take the same step.


def train_line(loss, features, targets):
    """Return slope and intercept after each step from zero."""
    model = nn.Linear(1, 1, dtype=torch.float64)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    path = []
    for _ in range(150):
        optimizer.zero_grad()
        loss(targets - parallel(features)).backward()
        optimizer.step()
        path.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    return torch.stack(path)


# %%
# Rank 0 saves the paths for both.


def worker(rank, folder):
    """Join the group through a shared file, take the rows of this rank, and train."""
    if sys.platform == "linux":
        os.environ["GLOO_SOCKET_IFNAME"] = "lo"  # both processes are on this machine
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{folder}/join", rank=rank, world_size=2)
    equal = X.split(EQUAL)[rank], y.split(EQUAL)[rank]
    unequal = X.split(UNEQUAL)[rank], y.split(UNEQUAL)[rank]
    paths = {
        "mean, 30 + 30 rows": train_line(mean_loss, *equal),
        "mean, 50 + 10 rows": train_line(mean_loss, *unequal),
        "scaled, 50 + 10 rows": train_line(scaled_loss, *unequal),
    }
    if rank == 0:
        torch.save(paths, f"{folder}/paths.pt")
    dist.destroy_process_group()


# %%
# Starting the processes
# ----------------------
#
# The processes are *forked* (Linux, macOS), so they need no importable main module. Python 3.12
# and later warn when a process with threads forks; that warning is silenced.

fork = multiprocessing.get_context("fork")
with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
    warnings.filterwarnings("ignore", ".*use of fork", DeprecationWarning)
    group = [fork.Process(target=worker, args=(rank, folder)) for rank in range(2)]
    for process in group:
        process.start()
    for process in group:
        process.join(timeout=60)
    codes = [process.exitcode for process in group]  # None: still running
    for process in group:
        process.kill()
    if codes != [0, 0]:
        raise RuntimeError(f"exit codes of the processes: {codes}")
    paths = torch.load(f"{folder}/paths.pt")

# %%
# The first gradient
# ------------------
#
# From zero, the first step is minus the learning rate times the gradient. The gradient of all rows
# is :math:`-2\,\overline{xy}` for the slope and :math:`-2\,\bar y` for the intercept.

all_rows = torch.stack([-2 * (X * y).mean(), -2 * y.mean()])
gradients = {name: -path[0] / 0.2 for name, path in paths.items()}
for name, gradient in gradients.items():
    slope, intercept = (gradient / all_rows).tolist()
    print(f"{name:20} DDP / all rows: slope {slope:.3f}, intercept {intercept:.3f}")

torch.testing.assert_close(gradients["mean, 30 + 30 rows"], all_rows)
torch.testing.assert_close(gradients["scaled, 50 + 10 rows"], all_rows)
assert not torch.allclose(gradients["mean, 50 + 10 rows"], all_rows, rtol=0.1)

# %%
# Where training ends
# -------------------
#
# With the mean loss and unequal shards, training ends at a *weighted* least-squares line, in which
# the two shards count alike. The other two end at the least-squares line of all rows.

design = torch.cat([X, torch.ones_like(X)], dim=1)
shard_weights = torch.cat([torch.full((size, 1), 1 / size) for size in UNEQUAL]).double()
root = shard_weights.sqrt()
least_squares = torch.linalg.lstsq(design, y).solution.flatten()
weighted = torch.linalg.lstsq(root * design, root * y).solution.flatten()

for name, path in paths.items():
    print(f"{name:20} slope {path[-1, 0].item():.3f} (least squares {least_squares[0].item():.3f})")
ends = {name: path[-1] for name, path in paths.items()}
torch.testing.assert_close(ends["mean, 30 + 30 rows"], least_squares, atol=2e-3, rtol=0)
torch.testing.assert_close(ends["scaled, 50 + 10 rows"], least_squares, atol=2e-3, rtol=0)
torch.testing.assert_close(ends["mean, 50 + 10 rows"], weighted, atol=2e-3, rtol=0)

fig, ax = plt.subplots(layout="constrained")
ax.plot(paths["mean, 30 + 30 rows"][:, 0], "C2-", lw=5, alpha=0.5, label="mean, 30 + 30 rows")
ax.plot(paths["mean, 50 + 10 rows"][:, 0], "C0-", label="mean, 50 + 10 rows")
ax.plot(paths["scaled, 50 + 10 rows"][:, 0], "C1--", label="scaled, 50 + 10 rows")
ax.set(xlabel="step", ylabel="slope")
ax.set_title("Averaging the means of unequal shards\nfits another line")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
#
# DDP divides by the number of processes, not by the number of rows.
# With unequal shards a mean loss therefore fits another line.
# Divided by the rows of all processes and scaled by their number, the sum of squares gives the
# gradient of all rows.
