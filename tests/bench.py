"""Time the losses beside PyTorch's and the linear fit beside others: python tests/bench.py.

Prints medians of interleaved repetitions as ratios, and exits non-zero where a limit is exceeded. Not a
test: timings depend on the machine and on what else it does. With a GPU, the losses are timed there too.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import statsmodels.api as sm
import torch
from torch.nn import functional as F  # noqa: N812 (PyTorch's own habit)

from mse_nll import fit_linear, negative_log_likelihood

Timed = dict[str, Callable[[], object]]


def ratios(calls: Timed, repeats: int) -> dict[str, float]:
    """Time the calls in turns, so that a busy moment hurts all alike; ratios to the first."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    base = median(next(iter(times.values())))
    return {name: median(values) / base for name, values in times.items()}


def losses(n: int, device: str, backward: bool) -> Timed:
    """The same NLL computed in several ways on ``n`` elements, beside ``F.mse_loss``."""
    y = torch.randn(n, device=device)
    y_pred = torch.randn(n, device=device, requires_grad=backward)
    sigma, variance = torch.tensor(0.5, device=device), torch.full_like(y, 0.25)
    ways = {
        "F.mse_loss": lambda p: F.mse_loss(p, y, reduction="sum"),
        "ours, number": lambda p: negative_log_likelihood(y, p, 0.5),
        "ours, 0-d tensor": lambda p: negative_log_likelihood(y, p, sigma),
        "ours, tensor": lambda p: negative_log_likelihood(y, p, variance),
        "F.gaussian_nll_loss": lambda p: F.gaussian_nll_loss(
            p, y, variance, full=True, reduction="sum"
        ),
        "distributions.Normal": lambda p: -torch.distributions.Normal(p, 0.5).log_prob(y).sum(),
    }
    torch.compiler.reset()
    compiled = torch.compile(lambda p, s: negative_log_likelihood(y, p, s), fullgraph=True)
    ways["ours, number, compiled"] = lambda p: compiled(p, 0.5)
    ways["ours, tensor, compiled"] = lambda p: compiled(p, variance)

    def timed(loss: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], object]:
        def call() -> None:
            y_pred.grad = None
            value = loss(y_pred)
            if backward:
                value.backward()  # type: ignore[no-untyped-call]  # PyTorch gives it no types
            if device == "cuda":
                torch.cuda.synchronize()

        return call

    return {name: timed(loss) for name, loss in ways.items()}


def fits(n: int, d: int) -> Timed:
    """A linear fit with intercept, standard errors and an interval, beside others'."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, d))
    y = X @ rng.normal(size=d) + rng.normal(size=n)
    inputs, targets = torch.from_numpy(X), torch.from_numpy(y)

    def statsmodels() -> None:
        fit = sm.OLS(y, sm.add_constant(X)).fit(method="qr")
        _ = fit.bse, fit.get_prediction(sm.add_constant(X[:10])).conf_int(obs=True)

    def ours() -> None:
        fit = fit_linear(inputs, targets)
        _ = fit.standard_errors, fit.predict(inputs[:10]).prediction_interval

    def coefficients_alone() -> None:
        design = torch.cat([torch.ones(n, 1, dtype=inputs.dtype), inputs], dim=1)
        torch.linalg.lstsq(design, targets.unsqueeze(-1), driver="gels")

    return {"statsmodels": statsmodels, "fit_linear": ours, "lstsq": coefficients_alone}


def import_seconds(module: str) -> float:
    """The time that a fresh Python takes to import a module."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return float(result.stdout)


def main() -> int:
    """Print the tables; return 1 if a limit is exceeded."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    exceeded = []
    devices = {"cpu": (32, 1000, 10**6)}
    if torch.cuda.is_available():
        devices["cuda"] = (32, 10**6, 10**8)
    for device, sizes in devices.items():
        for backward in (False, True):
            passes = "forward and backward" if backward else "forward"
            print(f"losses on {device}, {passes}: ratio to F.mse_loss")
            columns = [ratios(losses(n, device, backward), 41 if n > 10**4 else 301) for n in sizes]
            print(f"  {'elements':<24}" + "".join(f"{n:>12,}" for n in sizes))
            for name in columns[0]:
                print(f"  {name:<24}" + "".join(f"{column[name]:12.2f}" for column in columns))
            if device == "cpu" and backward and columns[-1]["ours, number"] > 1.25:
                exceeded.append("a number as sigma, a million elements: more than 1.25")
    print("linear fits, one thread: ratio to statsmodels' OLS.fit(method='qr')")
    for n, d, limit in ((1000, 5, 1.2), (100_000, 20, 1.2), (1_000_000, 10, 1.0)):
        found = ratios(fits(n, d), 5 if n > 10**4 else 51)
        print(f"  {n:>9,} x {d:<3}" + "".join(f"  {name} {r:.2f}" for name, r in found.items()))
        if found["fit_linear"] > limit:
            exceeded.append(f"fit_linear at {n} x {d}: more than {limit}")
    for module in ("torch", "mse_nll"):
        print(f"import {module:<10}{median(import_seconds(module) for _ in range(3)):6.2f} s")
    print("limits exceeded:", "; ".join(exceeded) or "none")
    return int(bool(exceeded))


if __name__ == "__main__":
    sys.exit(main())
