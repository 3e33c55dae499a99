"""Build the site: ``python docs/_ext/make_site.py [--fast PATTERN] [options of sphinx-build]``.

Sphinx reads a copy of the sources and writes into a new folder, which takes the last site's place by
renaming when it is whole. A build that fails or is killed leaves the last whole site as it stands; one
that fails ends with a list of what failed and where. When nothing changed, Sphinx does not start.
``--fast`` shows the pages and scripts of that name alone, in docs/_build/preview.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from footer import commit_of

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "docs" / "_build"
MADE = shutil.ignore_patterns("_build", "auto_gallery", "jupyter_execute", "__pycache__")
MESSAGE = re.compile(r"^(?:(.+?): )?(?:WARNING|ERROR|CRITICAL|SEVERE): (.*)$", re.MULTILINE)
KIND = re.compile(r"(?: \[[\w.-]+\])+$", re.MULTILINE)  # of a warning, at its end
ERROR = re.compile(r"^ *([\w.]*(?:Error|Exception|Warning)\b.*)", re.MULTILINE)  # ends a traceback
COLOURS = re.compile(r"\x1b\[[\d;]*[mK]")
# A preview leaves pages out, so links to them lead nowhere.
PREVIEW = ["-D", "nitpicky=0", "-D", "suppress_warnings=ref,toc,myst,bibtex,mystnb.glue,docutils"]
PREVIEW_INDEX = "# Preview of {}\n\n```{{toctree}}\n:glob:\n\n**\n```\n"


class Heard:
    """Passes on what Sphinx says, its places named as in the project, and remembers it."""

    encoding = "utf-8"

    def __init__(self, work: Path, site: Path, console: TextIO) -> None:
        self.work, self.site, self.console, self.text = work, site, console, ""

    def write(self, text: str) -> None:
        """Pass on and remember a message."""
        for folder, named in (
            (f"{self.work}/", ""), (f"{ROOT}/", ""), (f"{self.work.name}/html", self.site.name),
        ):  # fmt: skip
            text = text.replace(folder, named)
        self.text += COLOURS.sub("", text)
        self.console.write(text)

    def flush(self) -> None:
        """Pass on what waits."""
        self.console.flush()

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return self.console.isatty()

    def failures(self) -> list[str]:
        """The place and the first line of each message; of a traceback its error too."""
        found = []
        text = KIND.sub("", self.text)
        starts = [*MESSAGE.finditer(text), None]
        for start, after in pairwise(starts):
            block = text[start.end() : after.start() if after else None]
            ends = ERROR.findall(block)[-1:] if "Traceback (" in block else []
            if not start[2].startswith("Notebook exception traceback saved in"):  # said before
                found.append(": ".join(filter(None, [start[1], start[2], *ends])))
        found += re.findall(
            r"^Traceback\n=+\n(?:\n| .*\n)*?    (\S.*)\n\n\n", self.text, re.MULTILINE
        )
        return sorted(set(found))  # by place, whichever worker was first


def went_in(options: list[str]) -> str:
    """A digest of every source and setting that a build depends on."""
    given = sorted(item for item in os.environ.items() if item[0].startswith("MSE_NLL_"))
    told = hashlib.sha256(repr([sys.version, options, given]).encode())
    told.update(commit_of(ROOT).encode())
    made = {"_build", "auto_gallery", "jupyter_execute", "__pycache__"}
    found = [ROOT / "constraints.txt", ROOT / "pyproject.toml"]
    for folder in ("docs", "gallery", "src"):
        found += sorted((ROOT / folder).rglob("*"))
    for path in found:
        if path.is_file() and not made & set(path.relative_to(ROOT).parts):
            told.update(hashlib.sha256(path.as_posix().encode() + path.read_bytes()).digest())
    return told.hexdigest()


def came_out(site: Path) -> str:
    """A digest of the names, sizes and times of a site's files."""
    states = [(str(path), path.stat()) for path in sorted(site.rglob("*")) if path.is_file()]
    return key([(name, state.st_size, state.st_mtime_ns) for name, state in states])


def key(value: object) -> str:
    """A digest of a value."""
    return hashlib.sha256(repr(value).encode()).hexdigest()


def copy_sources(work: Path, only: str) -> None:
    """Copy pages and scripts; of a preview only those of that name, with an index of their own."""
    for folder in ("docs", "gallery"):
        shutil.copytree(ROOT / folder, work / folder, ignore=MADE)
    if only:
        for path in [*work.glob("docs/**/*.md"), *work.glob("gallery/*/plot_*.py")]:
            if only not in path.relative_to(work).as_posix():
                path.unlink()
        index = work / "docs" / "index.md"
        index.write_text(PREVIEW_INDEX.format(only), encoding="utf-8")


def put_back(site: Path, old: Path) -> None:
    """Finish what a build was killed in, between the two renames of :func:`swap`."""
    if old.exists() and not site.exists():
        old.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def swap(new: Path, site: Path, old: Path) -> None:
    """Put a whole site in the last one's place."""
    if site.exists():
        site.rename(old)
    new.rename(site)
    shutil.rmtree(old, ignore_errors=True)


def hold_lock() -> object:
    """Wait until no other build of this checkout runs; the lock ends with its processes."""
    lock = (BUILD / ".lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        print(f"process {lock.read()} is building this checkout: waiting for its end", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def run_sphinx(work: Path, site: Path, options: list[str]) -> tuple[int, Heard]:
    """Write the site into ``work``: the exit status, and what was said on the way."""
    from sphinx.cmd.build import main as sphinx_build

    heard = Heard(work, site, sys.stderr)
    folders = ["-c", str(ROOT / "docs"), "-d", str(work / "doctrees")]
    with redirect_stdout(Heard(work, site, sys.stdout)), redirect_stderr(heard):
        status = sphinx_build([
            "-b", "html", "-j", "2", *folders, *options, str(work / "docs"), str(work / "html")
        ])  # fmt: skip
    (work / "html" / ".buildinfo").unlink(
        missing_ok=True
    )  # serves incremental builds; names folders
    return status, heard


def build(only: str, options: list[str]) -> int:
    """Build the site, or a preview: the exit status."""
    site = BUILD / ("preview" if only else "html")
    record, old = BUILD / "whole.json", site.with_suffix(".old")
    put_back(site, old)
    going_in = went_in(options)  # now: what is edited while the build runs is new to the next one
    known = record.read_text(encoding="utf-8") if record.exists() else ""
    if not only and known == json.dumps([going_in, came_out(site)]):
        print(f"nothing changed since the last build: {site} stands as it is")
        return 0
    for left in BUILD.glob("work-*"):  # by a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix="work-", dir=BUILD))
    work.chmod(0o755)
    try:
        copy_sources(work, only)
        strict = PREVIEW if only else ["-n", "-W"]
        status, heard = run_sphinx(work, site, [*strict, *options])
        if only or status == 0:
            swap(work / "html", site, old)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    failures = heard.failures()
    if status == 0 and not only:
        record.write_text(json.dumps([going_in, came_out(site)]), encoding="utf-8")
    elif status or failures:
        stands = "" if only else f" {site} is as the last whole build left it."
        print(f"\nThe build failed.{stands}", *failures, sep="\n  ", flush=True)
    return status


def main(arguments: list[str]) -> int:
    """Build what is asked for, one build at a time."""
    only = arguments[1] if arguments[:1] == ["--fast"] else ""
    try:
        BUILD.mkdir(exist_ok=True)
        lock = hold_lock()
    except OSError as error:
        sys.exit(f"ERROR: the build does not start: cannot write there: {error}")
    with lock:
        return build(only, arguments[2:] if only else arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
