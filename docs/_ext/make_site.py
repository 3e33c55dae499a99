"""Build the site: ``python docs/_ext/make_site.py [--fast PATTERN] [options of sphinx-build]``.

Sphinx reads a copy of the sources and writes into a new folder, which takes the last site's place by
renaming when it is whole. A build that fails or is killed leaves the last whole site as it stands; one
that fails ends with a list of what failed and where. When nothing changed, Sphinx does not start.
``--fast`` shows the pages and scripts of that name alone, in docs/_build/preview.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import sys
from contextlib import redirect_stderr
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from footer import commit_of

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "docs" / "_build"
WORK = BUILD / "work"
CACHE = BUILD / "cache"  # what was run: see results.py
MADE = {"_build", "auto_gallery", "jupyter_execute", "__pycache__"}
MESSAGE = re.compile(r"^(?:(.+?): )?(?:WARNING|ERROR|CRITICAL|SEVERE): (.*)$", re.MULTILINE)
ERROR = re.compile(r"^ *([\w.]*(?:Error|Exception|Warning)\b.*)", re.MULTILINE)  # ends a traceback
COLOURS = re.compile(r"\x1b\[[\d;]*[mK]")
# A preview leaves pages out, so links to them lead nowhere.
PREVIEW = ["-D", "nitpicky=0", "-D", "suppress_warnings=ref,toc,myst,bibtex,mystnb.glue,docutils"]
PREVIEW_INDEX = "# Preview of {}\n\n```{{toctree}}\n:glob:\n\n**\n```\n"


class Heard(io.TextIOBase):
    """Passes on what Sphinx says, its places named as in the project, and remembers it."""

    def __init__(self, console: TextIO) -> None:
        self.console, self.text = console, ""

    def write(self, text: str) -> int:
        """Pass on and remember a message."""
        named = text.replace(f"{WORK}/", "").replace(f"{ROOT}/", "")
        self.text += COLOURS.sub("", named)
        self.console.write(named)
        return len(text)


def failures(said: str) -> list[str]:
    """The place and the first line of each message; of a traceback its error too."""
    found = set()  # a worker may say what another said
    for start, after in pairwise([*MESSAGE.finditer(said), None]):
        block = said[start.end() : after and after.start()]
        ends = ERROR.findall(block)[-1:] if "Traceback (" in block else []
        if not start[2].startswith("Notebook exception traceback saved in"):  # said before
            found.add(": ".join(filter(None, [start[1], start[2], *ends])))
    broken = said.partition("\nTraceback\n===")[2]  # in the build's own code
    return sorted(found) + ERROR.findall(broken)[-1:]


def digest_of_sources(options: list[str]) -> str:
    """A digest of every source and setting that a site depends on."""
    given = sorted(item for item in os.environ.items() if item[0].startswith("MSE_NLL_"))
    told = hashlib.sha256(repr([sys.version, commit_of(ROOT), options, given]).encode())
    paths = [ROOT / "constraints.txt", ROOT / "pyproject.toml"]
    for folder in ("docs", "gallery", "src"):
        paths += sorted((ROOT / folder).rglob("*"))
    for path in paths:
        name = path.relative_to(ROOT)
        if path.is_file() and MADE.isdisjoint(name.parts):
            told.update(hashlib.sha256(name.as_posix().encode() + path.read_bytes()).digest())
    return told.hexdigest()


def copy_sources(only: str) -> None:
    """Copy pages, scripts and kept results; of a preview only those of that name, with an index."""
    for folder in ("docs", "gallery"):
        shutil.copytree(ROOT / folder, WORK / folder, ignore=shutil.ignore_patterns(*MADE))
    CACHE.mkdir(exist_ok=True)
    shutil.copytree(CACHE, WORK / "cache")
    if only:
        for path in [*WORK.glob("docs/**/*.md"), *WORK.glob("gallery/*/plot_*.py")]:
            if only not in path.relative_to(WORK).as_posix():
                path.unlink()
        index = WORK / "docs" / "index.md"
        index.write_text(PREVIEW_INDEX.format(only), encoding="utf-8")


def run_sphinx(options: list[str]) -> tuple[int, list[str]]:
    """Write the site into ``WORK``: the exit status, and what failed."""
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.cmd.build import main as sphinx_build

    StandaloneHTMLBuilder.epilog = ""  # names a folder that is about to have another name
    heard = Heard(sys.stderr)
    folders = ["-c", str(ROOT / "docs"), "-d", str(WORK / "doctrees")]
    folders += ["-D", f"nb_execution_cache_path={WORK / 'cache' / 'pages'}"]
    with redirect_stderr(heard):
        status = sphinx_build([
            "-b", "html", "-j", "2", *folders, *options, str(WORK / "docs"), str(WORK / "html")
        ])  # fmt: skip
    return status, failures(heard.text)


def put_back(place: Path) -> None:
    """Finish what a build was killed in, between the two renames of :func:`swap`."""
    old = place.with_suffix(".old")
    if old.exists() and not place.exists():
        old.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def swap(new: Path, place: Path) -> None:
    """Put a whole folder in the last one's place."""
    if place.exists():
        place.rename(place.with_suffix(".old"))
    new.rename(place)
    put_back(place)


def build(only: str, options: list[str]) -> int:
    """Build the site, or a preview: the exit status."""
    site = BUILD / ("preview" if only else "html")
    put_back(site)
    digest = digest_of_sources(options)  # now: what is edited from here on is new to the next build
    made_of = site.with_suffix(".digest")
    known = site.exists() and made_of.exists()
    if known and not only and made_of.read_text(encoding="utf-8") == digest:
        print(f"nothing changed since the last build: {site} stands as it is")
        return 0
    shutil.rmtree(WORK, ignore_errors=True)  # of a build that was killed
    try:
        copy_sources(only)
        status, failed = run_sphinx([*(PREVIEW if only else ["-n", "-W"]), *options])
        swap(WORK / "cache", CACHE)
        if status == 0:
            (WORK / "html" / ".buildinfo").unlink()  # serves incremental builds; names folders
            made_of.unlink(missing_ok=True)  # a site without it is made anew
            swap(WORK / "html", site)
            made_of.write_text(digest, encoding="utf-8")
    finally:
        shutil.rmtree(WORK, ignore_errors=True)
    if status or failed:
        stands = "" if only else f" {site} is as the last whole build left it."
        print(f"\nThe build failed.{stands}", *failed, sep="\n  ", flush=True)
    return status


def hold_lock() -> TextIO:
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


def main(arguments: list[str]) -> int:
    """Build what is asked for, one build at a time."""
    only = arguments[1] if arguments[:1] == ["--fast"] else ""
    try:
        BUILD.mkdir(exist_ok=True)
        with hold_lock():
            return build(only, arguments[2:] if only else arguments)
    except OSError as error:
        sys.exit(f"ERROR: the build cannot read or write: {error}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
