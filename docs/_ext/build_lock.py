"""One build at a time in a checkout, and a clean beginning after one that was killed.

Two builds would write the same files (the gallery's among the sources). A build that is killed leaves
pages half written, of which time stamps say that they are fresh. And a folder that cannot be written
to should be named before anything runs.
"""

import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

from kernels import die_with_parent
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

try:
    import fcntl
except ImportError:  # pragma: no cover - a system without them builds without a lock
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)
LEAST_ROOM = 50 * 2**20  # bytes; a built site is about half of that


def lock(app: Sphinx) -> None:
    """Hold the checkout's lock until this process ends, or say who holds it."""
    path = Path(app.srcdir) / "_build" / ".lock"
    path.parent.mkdir(exist_ok=True)
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
        for folder in (out, Path(app.doctreedir), out.parent / "jupyter_execute"):
            shutil.rmtree(folder, ignore_errors=True)
        out.mkdir(parents=True)


def mark(app: Sphinx) -> None:
    """After the gallery, which records each script by itself: pages are about to change."""
    marker(app).write_bytes(b"")


def unmark(app: Sphinx, exception: Exception | None) -> None:
    """The build came to its end; if it failed, Sphinx has forgotten what it read."""
    marker(app).unlink(missing_ok=True)


def end_with_the_build(app: Sphinx, *_: Any) -> None:
    """In a worker: a killed build's workers end with it, and write nothing into the next."""
    if multiprocessing.current_process().name != "MainProcess":
        die_with_parent()


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: the lock first of all, the marks last."""
    app.connect("config-inited", begin, priority=1)
    app.connect("builder-inited", mark, priority=999)
    app.connect("source-read", end_with_the_build)
    app.connect("html-page-context", end_with_the_build)
    app.connect("build-finished", unmark, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
