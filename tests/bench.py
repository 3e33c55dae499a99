"""Time the scalar-sigma loss beside its peers, and the import: python tests/bench.py.

Prints medians of interleaved repetitions and exits non-zero if the loss costs more than 1.25 times
``F.mse_loss``, forward and backward, on a million elements. Not a test: timings depend on the
machine and on what else it does.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import torch
from torch.nn import functional as F  # noqa: N812 (PyTorch's own habit)

from mse_nll import negative_log_likelihood

N_ELEMENTS = 1_000_000
N_REPEATS = 41
LIMIT = 1.25


def losses(y: torch.Tensor, sigma: float) -> dict[str, Callable[[torch.Tensor], torch.Tensor]]:
    """Return the losses as functions of the predictions; all but the first are the same NLL."""
    variance = torch.full_like(y, sigma**2)
    return {
        "F.mse_loss": lambda y_pred: F.mse_loss(y_pred, y, reduction="sum"),
        "mse_nll.negative_log_likelihood": lambda y_pred: negative_log_likelihood(y, y_pred, sigma),
        "F.gaussian_nll_loss": lambda y_pred: F.gaussian_nll_loss(
            y_pred, y, variance, full=True, reduction="sum"
        ),
        "torch.distributions.Normal": lambda y_pred: (
            -torch.distributions.Normal(y_pred, sigma).log_prob(y).sum()
        ),
    }


def seconds(loss: Callable[[torch.Tensor], torch.Tensor], y_pred: torch.Tensor) -> float:
    """Return the time of one forward and one backward pass."""
    y_pred.grad = None
    start = time.perf_counter()
    loss(y_pred).backward()
    return time.perf_counter() - start


def import_seconds(module: str) -> float:
    """Return the time that a fresh Python takes to import a module."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(result.stdout)


def main() -> int:
    """Print both tables; return 1 if the loss is over its limit."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(N_ELEMENTS, generator=generator)
    y_pred = torch.randn(N_ELEMENTS, generator=generator, requires_grad=True)
    competitors = losses(y, sigma=0.5)
    times: dict[str, list[float]] = {name: [] for name in competitors}
    for _ in range(N_REPEATS):  # interleaved, so that a busy moment hurts all alike
        for name, loss in competitors.items():
            times[name].append(seconds(loss, y_pred))
    base = median(times["F.mse_loss"])
    print(f"forward and backward, {N_ELEMENTS} elements, {torch.get_num_threads()} threads")
    for name, values in times.items():
        print(f"  {name:<34}{1e3 * median(values):8.2f} ms  {median(values) / base:6.2f} x")
    for module in ("torch", "mse_nll"):
        print(f"import {module:<10}{median(import_seconds(module) for _ in range(3)):6.2f} s")
    ratio = median(times["mse_nll.negative_log_likelihood"]) / base
    print(f"limit {LIMIT} x: {'kept' if ratio <= LIMIT else 'EXCEEDED'}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
