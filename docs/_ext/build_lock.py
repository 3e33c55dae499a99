"""One build at a time in a checkout, and a clean beginning after one that was killed.

Two builds would write the same files (the gallery's among the sources). A build that is killed leaves
pages half written, of which time stamps say that they are fresh. And a folder that cannot be written
to should be named before anything runs.
"""

import hashlib
import os
import re
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from kernels import BUILD, end_with_the_build
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

try:
    import fcntl
except ImportError:  # pragma: no cover - a system without them builds without a lock
    fcntl = None

logger = logging.getLogger(__name__)
LEAST_ROOM = 50 * 2**20  # bytes; a built site is about half of that


def lock(app: Sphinx) -> None:
    """Hold the checkout's lock until this process ends, or say who holds it."""
    path = Path(app.srcdir) / "_build" / ".lock"
    path.parent.mkdir(exist_ok=True)
    os.environ[BUILD] = f"{os.getpid()} {path}"
    app.lock = path.open("a+", encoding="utf-8")  # closed, and so released, with the process
    try:
        if fcntl:
            fcntl.lockf(app.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        app.lock.seek(0)
        holder = app.lock.read() or "unknown"
        raise SystemExit(
            f"ERROR: the build does not start: process {holder} is building this checkout; "
            "wait for its end, or stop it"
        ) from None
    app.lock.truncate(0)
    app.lock.write(str(os.getpid()))
    app.lock.flush()
    end_orphans(str(path))


def end_orphans(path: str) -> None:
    """End workers of a build that was killed: we hold the lock, so they belong to none (Linux)."""
    ours = f" {path}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        pid = int(environment.parent.name)
        with suppress(OSError):  # another user's, or it has ended
            variables = environment.read_bytes().split(b"\0")
            found = [v for v in variables if v.startswith(f"{BUILD}=".encode())]
            if pid != os.getpid() and any(variable.endswith(ours) for variable in found):
                os.kill(pid, signal.SIGKILL)


def marker(app: Sphinx) -> Path:
    """The file that stands while pages are read and written."""
    return Path(app.outdir).parent / f".{Path(app.outdir).name}.unfinished"


def begin(app: Sphinx, config: Config) -> None:
    """Before anything is loaded: hold the lock, try the folder, clear what a killed build left."""
    out = Path(app.outdir)
    try:
        lock(app)
        (out / ".writable").write_bytes(b"")
        (out / ".writable").unlink()
        free = shutil.disk_usage(out).free
    except OSError as error:
        raise SystemExit(f"ERROR: the build does not start: cannot write there: {error}") from error
    if free < LEAST_ROOM:
        raise SystemExit(
            f"ERROR: the build does not start: less than {LEAST_ROOM >> 20} MB are free for {out}"
        )
    if marker(app).exists():
        logger.info("the last build was killed while it wrote pages: all pages run again")
        for folder in (out, Path(app.doctreedir)):
            shutil.rmtree(folder, ignore_errors=True)
        out.mkdir(parents=True)
        drop_torn_figures(out.parent / "jupyter_execute")


def drop_torn_figures(folder: Path) -> None:
    """Remove figures half written: one that is there, named by its content, is not written again."""
    for path in folder.rglob("*"):
        named_by_content = re.fullmatch("[0-9a-f]{64}", path.stem)
        if named_by_content and hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
            path.unlink()


def mark(app: Sphinx) -> None:
    """After the gallery, which records each script by itself: pages are about to change."""
    marker(app).write_bytes(b"")


def unmark(app: Sphinx, exception: Exception | None) -> None:
    """The build came to its end; if it failed, Sphinx has forgotten what it read."""
    marker(app).unlink(missing_ok=True)


def in_worker(app: Sphinx, *_: Any) -> None:
    """In a worker that reads or writes pages: end with the build."""
    end_with_the_build()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: the lock first of all, the marks last."""
    app.connect("config-inited", begin, priority=1)
    app.connect("builder-inited", mark, priority=999)
    app.connect("source-read", in_worker)
    app.connect("html-page-context", in_worker)
    app.connect("build-finished", unmark, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
