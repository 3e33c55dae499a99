r"""
Two processes: averaging gradients assumes equal shards
=======================================================

Data-parallel training averages the gradients of its processes, whatever their number of rows.

Two processes on this machine share sixty rows over ``torch.distributed`` with the gloo backend and
``DistributedDataParallel`` (DDP). With equal shards a mean loss gives the full-batch gradient; with
unequal shards it does not, and one factor mends it, as for batches of unequal size
(:ref:`sphx_glr_auto_gallery_reductions_plot_batches.py`).
"""

# %%
# Rows that do not agree
# ----------------------
# The rows are sorted and a line is fitted to a parabola: how much each row counts then shows.

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
from torch.utils.data import DistributedSampler

from mse_nll import fit_linear

X = torch.linspace(0, 2, 60, dtype=torch.float64)[:, None]
y = X**2
splits = {"equal": (30, 30), "unequal": (50, 10)}

# %%
# Three losses for one process
# ----------------------------
# DDP adds the gradients up and divides by the number of processes. The cure makes of that a
# division by all rows, which ``all_reduce`` counts. The sum needs a smaller learning rate instead.


def cured_loss(error):
    """Scaled sum, of which DDP's average is the mean over the rows of all processes."""
    rows = torch.tensor(len(error))
    dist.all_reduce(rows)
    return error.square().sum() * dist.get_world_size() / rows.item()


losses = {"mean": (lambda error: error.square().mean(), 0.2), "cured": (cured_loss, 0.2)}
losses["sum"] = (lambda error: error.square().sum(), 0.2 / 30)

# %%
# What each process does
# ----------------------
# It trains a line under one loss after another; DDP averages the gradients in ``backward``.


def train_line(loss, lr, features, targets):
    """Return slope and intercept after each step from zero."""
    model = nn.Linear(1, 1, dtype=torch.float64)
    model.load_state_dict({"weight": torch.zeros(1, 1), "bias": torch.zeros(1)})
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    path = []
    for _ in range(150):
        optimizer.zero_grad()
        loss(targets - parallel(features)).backward()
        optimizer.step()
        path.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    return torch.stack(path)


# %%
# It joins the group through a shared file and takes its shard. Both processes hold the same
# parameters after every step, so rank 0 saves them for both.


def worker(rank, folder):
    """Run one process of the group."""
    if sys.platform == "linux":
        os.environ["GLOO_SOCKET_IFNAME"] = "lo"  # both processes are on this machine
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"file://{folder}/join", rank=rank, world_size=2)
    paths = {}
    for split, sizes in splits.items():
        shard = X.split(sizes)[rank], y.split(sizes)[rank]
        paths[split] = {name: train_line(*how, *shard) for name, how in losses.items()}
    if rank == 0:
        torch.save(paths, f"{folder}/paths.pt")
    dist.destroy_process_group()


# %%
# Starting and joining
# --------------------
# The processes are *forked* (Linux, macOS), so they need no importable main module. Python
# 3.12 and later warn when a process that has threads forks; the children here use nothing that
# those threads hold, so that one warning is silenced. A failed or hanging process raises here.

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
# The gradients
# -------------
# From zero, the first step is minus the learning rate times the gradient. The reference needs no
# process: :math:`-2\,\overline{xy}` for the slope and :math:`-2\,\bar y` for the intercept.

exact = torch.stack([-2 * (X * y).mean(), -2 * y.mean()])
for split, by_loss in paths.items():
    for name, (_, lr) in losses.items():
        gradient = -by_loss[name][0] / lr
        ratio = " ".join(f"{r:.3f}" for r in (gradient / exact).tolist())
        print(f"{split:8}{name:6} DDP / full batch, slope and intercept: {ratio}")
        right = torch.allclose(gradient, exact * (30 if name == "sum" else 1))
        assert right == ((split, name) != ("unequal", "mean"))

# %%
# More steps do not mend it: the mean loss ends at *weighted* least squares, where shards count
# alike, and the other two at least squares over all rows.

weights = torch.cat([torch.full((size, 1), 1 / size) for size in splits["unequal"]])
full = fit_linear(X, y).coefficients.item()
biased = fit_linear(X, y, weights=weights).coefficients.item()
for name, path in paths["unequal"].items():
    print(f"{name:6} slope {path[-1, 0].item():.3f} (least squares {full:.3f})")
    assert abs(path[-1, 0] - (biased if name == "mean" else full)) < 1e-3

fig, ax = plt.subplots(layout="constrained")
ax.plot(paths["equal"]["mean"][:, 0], "C2-", lw=5, alpha=0.5, label="mean loss, 30 and 30 rows")
ax.plot(paths["unequal"]["mean"][:, 0], "C0-", label="mean loss, 50 and 10 rows")
ax.plot(paths["unequal"]["cured"][:, 0], "C1--", label="cured loss, 50 and 10 rows")
ax.set(xlabel="step", ylabel="slope")
ax.set_title("Averaging the means of unequal shards\nfits another line")
ax.legend()
plt.show()

# %%
# What to take away
# -----------------
# Count rows over all processes, or keep shards equal. ``DistributedSampler`` does the latter by
# *repeating* rows: harmless in training, wrong in a reported loss, where they count twice.

shards = [list(DistributedSampler(range(7), 2, rank, shuffle=False)) for rank in range(2)]
print(f"Seven rows over two processes: {shards}")
assert sorted(shards[0] + shards[1]) == [0, 0, 1, 2, 3, 4, 5, 6]
