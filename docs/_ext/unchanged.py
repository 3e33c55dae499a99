"""A build in which nothing changed ends before it begins.

Sphinx looks at each page's time stamp, writes indices and copies files also when there is nothing to do.
Here the last complete build records a digest of all that went in and a list of all that came out. When both
are as they were, there is nothing to build; when someone changed what came out, it is written again.
``sphinx -a`` and ``-E`` build all the same.
"""

import hashlib
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from build_lock import marker
from footer import commit_of
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

logger = logging.getLogger(__name__)
ALL_THE_SAME = {"-a", "-E", "--write-all", "--fresh-env"}
QUIET = {"-q", "-v"}  # what is said on the way changes nothing
INSTALLED = Path(importlib.util.find_spec("sphinx").origin).parents[1]
MADE = {"_build", "auto_gallery", "__pycache__"}  # by a build


def sources(root: Path) -> Iterator[Path]:
    """Every file that a build may read."""
    for folder in ("docs", "gallery", "src"):
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not MADE & set(path.relative_to(root).parts):
                yield path
    yield from (
        root / name for name in ("constraints.txt", "pyproject.toml") if (root / name).exists()
    )


def went_in(app: Sphinx) -> str:
    """A digest of the sources, the settings given from outside and what is installed."""
    root = Path(app.srcdir).parent
    told = hashlib.sha256()
    for path in sources(root):
        told.update(hashlib.sha256(path.as_posix().encode() + path.read_bytes()).digest())
    installed = sorted(path.name for path in INSTALLED.glob("*-info"))
    asked = [argument for argument in sys.argv[1:] if argument not in QUIET]
    given = [app.config.html_baseurl, commit_of(Path(app.srcdir)), *asked]
    told.update(repr([given, sys.version, installed]).encode())
    return told.hexdigest()


def came_out(app: Sphinx) -> dict[str, list[int]]:
    """The size and the time of every file of the output."""
    files = (path for path in Path(app.outdir).rglob("*") if ".doctrees" not in path.parts)
    states = {path.as_posix(): path.stat() for path in files if path.is_file()}
    return {name: [state.st_size, state.st_mtime_ns] for name, state in states.items()}


def record_of(app: Sphinx) -> Path:
    """Where the last complete build is recorded."""
    return Path(app.doctreedir) / "complete.json"


def end_early(app: Sphinx, config: Config) -> None:
    """Before anything is loaded: end when all is as the last complete build left it."""
    record = record_of(app)
    app.went_in = went_in(app)  # now: what is edited while the build runs is new to the next one
    if not record.exists() or marker(app).exists() or ALL_THE_SAME & set(sys.argv):
        return
    known, now = json.loads(record.read_text(encoding="utf-8")), came_out(app)
    record.unlink()
    if known["in"] != app.went_in:
        return
    changed = [name for name in now if known["out"].get(name) != now[name]]
    if not changed and known["out"].keys() == now.keys():
        write_record(app, known)
        logger.info("nothing changed since the last build: %s stands as it is", app.outdir)
        raise SystemExit(0)
    logger.info("what the last build wrote was changed: all of it is written again")
    for path in [*map(Path, changed), *Path(app.outdir).rglob("*.html")]:
        path.unlink(missing_ok=True)


def write_record(app: Sphinx, state: dict[str, Any]) -> None:
    """Record a complete build."""
    record_of(app).write_text(json.dumps(state), encoding="utf-8")


def remember(app: Sphinx, exception: Exception | None) -> None:
    """At the end: record a build that was complete and warned of nothing."""
    if not exception and not app.statuscode and not app.warned.pages and not app.config.only:
        write_record(app, {"in": app.went_in, "out": came_out(app)})


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: after the lock, and last of all."""
    app.connect("config-inited", end_early, priority=2)
    app.connect("build-finished", remember, priority=1001)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
