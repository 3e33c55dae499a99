"""Kernels forked from one warm process: what many pages import is imported once.

Starting a kernel and importing torch costs a page about four seconds before its first line runs.
When two or more pages are to run, one process imports what two of them import, and each page's
kernel is a fork of it: as fresh as any (nothing but imports has happened), ready in half a second,
sharing memory. A single page gets a kernel of the ordinary kind, as on a system that cannot fork.

Run as a script, this file is that process.
"""

import ctypes
import json
import multiprocessing
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

SHOWN_TO_FEW = 2  # pages that make an import worth sharing
BUILD = "MSE_NLL_BUILD"  # in the environment: the build's process, and its checkout's lock
IMPORT = re.compile(r"^(?:import|from) ([a-z_][\w.]*)", re.MULTILINE)
CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)


def die_with(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """End this process when its parent does, however that ends (Linux; elsewhere kernels poll)."""
    if sys.platform == "linux":
        set_signal_at_parents_death = 1
        ctypes.CDLL(None).prctl(set_signal_at_parents_death, how)
    if os.getppid() != parent:  # it has ended already
        os._exit(1)


def end_with_the_build() -> None:
    """In a worker: end when the build does, so that nothing is written into the next."""
    if multiprocessing.current_process().name != "MainProcess":
        die_with(int(os.environ[BUILD].split()[0]))


def leave(*_: Any) -> NoReturn:
    """End in order at a signal."""
    raise SystemExit(0)


# --- the warm process -----------------------------------------------------------------------------


def serve(build: int, listener: socket.socket, lifeline: int, modules: list[str]) -> None:
    """Import ``modules``, then fork a kernel at each request, until ``lifeline`` closes."""
    signal.signal(signal.SIGTERM, leave)
    die_with(build, signal.SIGTERM)
    os.environ["JPY_PARENT_PID"] = str(
        os.getpid()
    )  # read when ipykernel is imported: kernels watch us
    # What ipykernel sets before a page can import matplotlib, which reads it once.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    for name in ["ipykernel.kernelapp", *modules]:
        try:
            import_module(name)
        except Exception as error:  # the page that imports it says so, at its line
            print(f"not imported beforehand: {name}: {error!r}", file=sys.stderr)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # kernels that end leave nothing behind
    while True:
        ready, _, _ = select.select([listener, lifeline], [], [])
        if lifeline in ready:
            return
        connection, _ = listener.accept()
        with connection.makefile() as lines:
            request = json.loads(lines.readline())
        if os.fork() == 0:  # pragma: no cover - the kernel, which is another process
            become_kernel(request, connection, [listener.fileno(), lifeline])
        connection.close()


def become_kernel(
    request: dict[str, Any], connection: socket.socket, unneeded: list[int]
) -> NoReturn:
    """Be the kernel that ``request`` describes; ``connection`` closes when it ends."""
    status = 1
    try:
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        die_with(int(os.environ["JPY_PARENT_PID"]))
        for descriptor in unneeded:
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        connection.sendall(f"{os.getpid()}\n".encode())
        sys.argv = ["ipykernel_launcher", *request["arguments"]]
        import_module("ipykernel.kernelapp").launch_new_instance()
        status = 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


# --- the build ------------------------------------------------------------------------------------


class ForkedKernel:
    """A kernel forked by the warm process, with what the kernel's manager asks of a process."""

    stdin = stdout = stderr = None

    def __init__(
        self, address: str, arguments: list[str], environment: dict[str, str], folder: str
    ) -> None:
        request = {"arguments": arguments, "environment": environment, "folder": folder}
        self.connection = socket.socket(socket.AF_UNIX)
        try:
            self.connection.connect(address)
            self.connection.sendall((json.dumps(request) + "\n").encode())
            answer = self.connection.recv(32).decode()
        except OSError as error:
            answer = str(error)
        if not answer.strip().isdigit():
            self.connection.close()
            raise RuntimeError(
                f"the process that pages' kernels are forked from has died ({answer})"
            )
        self.pid = int(answer)

    def ended(self, flags: int = 0) -> bool:
        """Whether the kernel has closed its end, which it does by ending."""
        if self.connection.fileno() >= 0:
            try:
                self.connection.recv(1, flags)
            except BlockingIOError:
                return False
            except ConnectionError:
                pass
            self.connection.close()
        return True

    def poll(self) -> int | None:
        """None while the kernel runs."""
        return 0 if self.ended(socket.MSG_DONTWAIT) else None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the kernel has ended."""
        if self.poll() is None:
            self.connection.settimeout(timeout)
            self.ended()
        return 0

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


def imports_to_share(sources: list[str]) -> list[str]:
    """What the cells of at least two of ``sources`` import, in the order in which it is met."""
    counted: Counter[str] = Counter()
    for source in sources:
        code = "\n".join(body for _, body in CELL.findall(source))
        counted.update(list(dict.fromkeys(IMPORT.findall(code))))
    return [name for name, pages in counted.items() if pages >= SHOWN_TO_FEW]


class WarmProcess:
    """The process that kernels are forked from, as the build sees it."""

    address = ""
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, modules: list[str]) -> None:
        """Start it; requests wait until its imports are done."""
        self.address = f"{tempfile.mkdtemp(prefix='kernels-')}/socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            numbers = [str(os.getpid()), str(listener.fileno())]
            command = [sys.executable, __file__, *numbers, *modules]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()], start_new_session=True
            )

    def stop(self) -> None:
        """Stop it, and with it any kernel that is left."""
        if self.process is not None:
            self.process.stdin.close()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            shutil.rmtree(Path(self.address).parent, ignore_errors=True)
            self.address = ""


warm = WarmProcess()


def start_when_it_pays(app: Any, env: Any, docnames: list[str]) -> None:
    """Before pages are read: start the warm process when two or more are to run."""
    if not hasattr(os, "fork") or app.config.nb_execution_mode == "off":
        return
    paths = [Path(env.doc2path(name)) for name in docnames]
    sources = [path.read_text(encoding="utf-8") for path in paths if path.suffix == ".md"]
    sources = [source for source in sources if CELL.search(source)]
    if len(sources) >= SHOWN_TO_FEW:
        use_for_kernels()
        warm.start(imports_to_share(sources))


def use_for_kernels() -> None:
    """Let kernels be forked from the warm process while there is one."""
    from importlib.metadata import EntryPoint

    from jupyter_client.provisioning.factory import KernelProvisionerFactory as Factory

    Factory.provisioners["warm"] = EntryPoint(
        "warm", "warm_provisioner:WarmProvisioner", Factory.GROUP_NAME
    )
    Factory.instance().default_provisioner_name = "warm"


def stop(app: Any, *_: Any) -> None:
    """After pages are read, and at the end of a build that failed."""
    warm.stop()


def setup(app: Any) -> dict[str, bool]:
    """Register both hooks."""
    app.connect("env-before-read-docs", start_when_it_pays, priority=900)
    app.connect("env-updated", stop)
    app.connect("build-finished", stop)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    del sys.path[0]  # this folder: a page imports what its reader can
    with socket.socket(fileno=int(sys.argv[2])) as given:
        try:
            serve(int(sys.argv[1]), given, sys.stdin.fileno(), sys.argv[3:])
        finally:
            shutil.rmtree(Path(given.getsockname()).parent, ignore_errors=True)
