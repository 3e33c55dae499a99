"""Kernels forked from one warm process: what is shared, and what happens when it dies."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import kernels
import nbformat
import pytest
from jupyter_client.provisioning.factory import KernelProvisionerFactory
from nbclient import NotebookClient
from warm_provisioner import WarmProvisioner

PAGE = """# A page

```{{code-cell}} python
import {0}
from {1} import b
```

import prose
"""


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def ends(pid: int) -> bool:
    """Whether a process ends within ten seconds."""
    for _ in range(100):
        if not alive(pid):
            return True
        time.sleep(0.1)
    return False


def run(*cells: str) -> list[str]:
    """What cells print, run as the build runs them."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in notebook.cells]


@pytest.fixture
def warm(monkeypatch: pytest.MonkeyPatch):
    """A warm process that imported what no kernel has by itself, and kernels that come from it."""
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", "warm")
    kernels.use_for_kernels()
    kernels.warm.start(["xmlrpc.server", "a_module_that_is_not_there"])
    yield kernels.warm
    kernels.warm.stop()


def test_shared_imports_are_those_of_two_pages() -> None:
    """What the cells of two pages import is shared; prose and one page's own imports are not."""
    sources = [
        PAGE.format("torch", "numpy"),
        PAGE.format("torch", "scipy.stats"),
        PAGE.format("os", "re"),
    ]
    assert kernels.imports_to_share(sources) == ["torch"]


def test_a_forked_kernel_is_a_kernel(warm: kernels.WarmProcess) -> None:
    """It has the shared imports and a session of its own; the next page knows none of its names."""
    report = (
        "import os, sys; x = 1; print('xmlrpc.server' in sys.modules, os.getpid() == os.getsid(0))"
    )
    pids = run(report, "print(os.getpid(), os.getppid())")
    assert pids[0] == "True True\n"
    pid, parent = map(int, pids[1].split())
    assert parent == warm.process.pid
    assert run("print('x' in dir())") == ["False\n"]
    assert ends(pid)


def test_kernels_can_start_processes(warm: kernels.WarmProcess) -> None:
    """A cell's own processes end as in any Python: their status is not lost."""
    assert run("import subprocess; print(subprocess.run(['false']).returncode)") == ["1\n"]


def test_stop_leaves_nothing(warm: kernels.WarmProcess, tmp_path: Path) -> None:
    """When the warm process stops, kernels that still run end with it, and its socket goes."""
    kernel = start_kernel(warm, tmp_path)
    assert kernel.poll() is None
    folder, parent = Path(warm.address).parent, warm.process.pid
    warm.stop()
    assert ends(kernel.pid)
    assert not alive(parent)
    assert not folder.exists()
    assert kernel.wait(10) == 0


def start_kernel(warm: kernels.WarmProcess, folder: Path) -> kernels.ForkedKernel:
    """A kernel that waits for a client that never comes."""
    return kernels.ForkedKernel(
        warm.address, ["-f", str(folder / "kernel.json")], dict(os.environ), str(folder)
    )


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_a_kernel_can_be_ended(warm: kernels.WarmProcess, tmp_path: Path, end: str) -> None:
    """The manager ends a kernel that a page has left hanging, and sees that it has ended."""
    kernel = start_kernel(warm, tmp_path)
    getattr(kernel, end)()
    assert kernel.wait(10) == 0
    assert ends(kernel.pid)


def test_a_dead_warm_process_is_named(warm: kernels.WarmProcess, tmp_path: Path) -> None:
    """A page that needs a kernel of a warm process that died fails, and the message says why."""
    warm.process.kill()
    warm.process.wait()
    with pytest.raises(
        RuntimeError, match="the process that pages' kernels are forked from has died"
    ):
        start_kernel(warm, tmp_path)


def test_a_warm_process_that_dies_later_ends_its_kernels(warm: kernels.WarmProcess) -> None:
    """A page whose kernel loses its warm process fails rather than hangs."""
    with pytest.raises(RuntimeError, match="died"):
        run("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(30)")


def test_a_build_that_is_killed_takes_its_warm_process_along(tmp_path: Path) -> None:
    """The warm process and its kernels end with the build that started them, however that ends."""
    script = f"""
import os, sys, time
sys.path.insert(0, {str(Path(kernels.__file__).parent)!r})
import kernels
kernels.warm.start(["a_module_that_is_not_there"])
arguments = ["-f", {str(tmp_path / "kernel.json")!r}]
kernel = kernels.ForkedKernel(kernels.warm.address, arguments, dict(os.environ), "/")
print(kernels.warm.process.pid, kernel.pid, flush=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=-1, stderr=-1, text=True) as build:
        pids = [int(part) for part in build.stdout.readline().split()]
        assert all(map(alive, pids))
        build.kill()
        assert "not imported beforehand: a_module_that_is_not_there" in build.stderr.read()
    assert all(map(ends, pids))


def test_connections_that_break_are_kernels_that_ended() -> None:
    """A reset connection means the same as a closed one."""

    class Reset(socket.socket):
        def recv(self, *_: int) -> bytes:
            raise ConnectionResetError

    kernel = kernels.ForkedKernel.__new__(kernels.ForkedKernel)
    kernel.connection = Reset()
    assert kernel.poll() == 0
    assert kernel.poll() == 0


def test_a_warm_process_that_will_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build does not wait for ever for an import that hangs."""
    warm = kernels.WarmProcess()
    warm.start(["xmlrpc.server"])
    os.kill(warm.process.pid, signal.SIGSTOP)
    wait = warm.process.wait
    pid = warm.process.pid

    def impatient(timeout: float | None = None) -> int:
        if timeout:
            raise subprocess.TimeoutExpired("kernels.py", timeout)
        return wait()

    monkeypatch.setattr(warm.process, "wait", impatient)
    warm.stop()
    assert not alive(pid)


def project(
    tmp_path: Path, pages: int, mode: str = "force"
) -> tuple[SimpleNamespace, SimpleNamespace, list[str]]:
    """As much of an application as the hook reads."""
    names = [f"page_{number}" for number in range(pages)] + ["script"]
    for name in names:
        suffix = "rst" if name == "script" else "md"
        (tmp_path / f"{name}.{suffix}").write_text(PAGE.format("json", "math"), encoding="utf-8")
    found = {name: str(next(tmp_path.glob(f"{name}.*"))) for name in names}
    return (
        SimpleNamespace(config=SimpleNamespace(nb_execution_mode=mode)),
        SimpleNamespace(doc2path=found.get),
        names,
    )


@pytest.mark.parametrize(
    ("pages", "mode", "forks", "started"),
    [
        (2, "force", True, [["json", "math"]]),
        (1, "force", True, []),
        (2, "off", True, []),
        (2, "force", False, []),
    ],
)
def test_a_warm_process_starts_when_it_pays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    pages: int,
    mode: str,
    forks: bool,
    started: list,
) -> None:
    """Two pages share one; one page, a build that runs none, a system without fork have none."""
    calls: list[list[str]] = []
    monkeypatch.setattr(kernels.warm, "start", calls.append)
    monkeypatch.setattr(kernels, "use_for_kernels", lambda: None)
    if not forks:
        monkeypatch.delattr(os, "fork")
    kernels.start_when_it_pays(*project(tmp_path, pages, mode))
    assert calls == started


def test_without_a_warm_process_a_kernel_is_an_ordinary_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When none runs, the provisioner does what the ordinary one does."""
    asked = []

    async def ordinary(self: object, cmd: list[str], **kwargs: object) -> dict[str, str]:
        asked.append(cmd)
        return {}

    monkeypatch.setattr("jupyter_client.provisioning.LocalProvisioner.launch_kernel", ordinary)
    kernels.stop(None)
    assert asyncio.run(WarmProvisioner().launch_kernel(["python"])) == {}
    assert asked == [["python"]]


def test_hooks_are_registered() -> None:
    """It starts before pages are read, and stops after, also when the build fails."""
    events = []
    app = SimpleNamespace(connect=lambda event, hook, priority=500: events.append((event, hook)))
    assert kernels.setup(app)["parallel_read_safe"]
    assert ("env-before-read-docs", kernels.start_when_it_pays) in events
    assert {event for event, hook in events if hook is kernels.stop} == {
        "env-updated",
        "build-finished",
    }


def test_an_address_where_nobody_listens() -> None:
    """Nobody at the warm process's address is an error that names it."""
    with pytest.raises(RuntimeError, match="has died"):
        kernels.ForkedKernel("/nobody/listens/here", [], {}, "/")
