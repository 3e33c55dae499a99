"""Pages' kernels start warm: each is forked from a process that has imported what most pages import.

Starting a kernel and importing torch takes about four seconds; forked by the standard library's fork
server, it takes half of one. Such a kernel is as fresh as any: nothing but imports has happened in it.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import svg_figures
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from sphinx.application import Sphinx

PRELOADED = ["ipykernel.kernelapp", "torch", "matplotlib", "sympy", "scipy.stats", "mse_nll"]
forking = multiprocessing.get_context("forkserver")


def fork(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Begin a process that calls ``target`` with everything imported."""
    # What an ordinary kernel is told before matplotlib and ipykernel are imported.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ.setdefault("JPY_PARENT_PID", str(os.getpid()))
    forking.set_forkserver_preload(PRELOADED)
    process = forking.Process(target=target, args=arguments)
    process.start()
    return process


def end_with_parent() -> None:
    """End this process when the one that asked for it does, however that ends."""
    multiprocessing.parent_process().join()
    os._exit(1)


@cache
def follow_parent(process: int) -> None:
    """Watch the parent of this process, once."""
    threading.Thread(target=end_with_parent, daemon=True).start()


def in_worker(app: Sphinx, *_: Any) -> None:
    """In a worker that reads pages: end with the build."""
    if multiprocessing.parent_process() is not None:
        follow_parent(os.getpid())


def run_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be a kernel, in a process of its own."""
    follow_parent(os.getpid())
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["ipykernel_launcher", *arguments]
    svg_figures.register()
    here = str(Path(__file__).parent)
    sys.path[:] = [path for path in sys.path if path != here]  # a page imports what its reader can
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


class ForkedKernel:
    """A kernel's process with what jupyter_client asks of a ``subprocess.Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, *arguments: Any) -> None:
        self.process = fork(run_kernel, *arguments)
        self.terminate, self.kill = self.process.terminate, self.process.kill

    def poll(self) -> int | None:
        """The exit status; None while the kernel runs."""
        return self.process.exitcode

    def wait(self) -> int | None:
        """The exit status, when the kernel has ended."""
        self.process.join()
        return self.process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel."""
        os.kill(self.process.pid, number)


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel where jupyter_client's own provisioner starts a process."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start a kernel with the arguments, environment and folder that were asked for."""
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        folder = str(kwargs.get("cwd") or Path.cwd())
        self.process = ForkedKernel(arguments, dict(kwargs["env"]), folder)
        self.pid = self.process.process.pid
        return self.connection_info


def setup(app: Sphinx) -> dict[str, bool]:
    """Let every kernel of the build start this way."""
    factory = KernelProvisionerFactory
    named = EntryPoint("warm", "kernels:WarmProvisioner", factory.GROUP_NAME)
    factory.provisioners["warm"] = named
    factory.instance().default_provisioner_name = "warm"
    app.connect("source-read", in_worker)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
