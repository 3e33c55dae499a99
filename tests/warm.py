"""Calls in processes of their own, forked as the build forks its kernels from one that knows torch."""

import os
import runpy
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "docs" / "_ext"))

from kernels import fork  # noqa: E402 - found in the folder named above


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it wrote."""

    status: int | None
    out: str
    err: str


def inside(
    function: Callable[..., int | None], arguments: tuple[Any, ...], streams: list[str]
) -> None:
    """Call ``function`` where both streams are files."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    for number, name in enumerate(streams, start=1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), number)
    sys.exit(function(*arguments))


def call(function: Callable[..., int | None], *arguments: Any, timeout: float = 300) -> Ended:
    """Call ``function`` in a process of its own, and wait until it ends or its time does."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / "out", Path(folder) / "err"]
        process = fork(inside, function, arguments, list(map(str, streams)))
        process.join(timeout)
        process.kill()
        process.join()
        return Ended(process.exitcode, *(stream.read_text("utf-8") for stream in streams))


def run_alone(script: str, folder: Path) -> None:
    """Run a script in ``folder``, warnings as errors, the package out of reach."""
    for name in [name for name in sys.modules if name.split(".")[0] == "mse_nll"]:
        del sys.modules[name]
    sys.modules["mse_nll"] = None
    warnings.simplefilter("error")
    os.chdir(folder)
    runpy.run_path(script, run_name="__main__")
