"""Build the whole site twice and compare each byte: python tests/repeat.py (the session `repeat`).

Two copies of the project in folders of different names and depths, one built with one worker and one
with two; then the second once more from its kept results. Prints the files that differ, and how.
"""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tiny_site import differences, files_of

ROOT = Path(__file__).parents[1]


def copy_of_the_project(folder: Path) -> Path:
    """A copy of what git tracks, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def build(folder: Path, workers: int) -> dict[str, bytes]:
    """The files of a clean build in ``folder``."""
    begun = time.perf_counter()
    if workers == 1:
        settings = folder / "docs" / "conf.py"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace('"parallel": 2', '"parallel": 1'), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "MSE_NLL_COMMIT": "0" * 10}
    command = [sys.executable, "docs/_ext/make_site.py", "-q", "-j", str(workers)]
    subprocess.run(command, cwd=folder, env=environment, check=True)
    print(f"{workers} worker(s) in {folder}: {time.perf_counter() - begun:.0f} s", flush=True)
    return files_of(folder / "docs" / "_build" / "html")


def main() -> int:
    """Print what differs; return 1 if anything does."""
    with tempfile.TemporaryDirectory() as folder:
        one = build(copy_of_the_project(Path(folder) / "one"), 1)
        other = copy_of_the_project(Path(folder) / "another" / "folder")
        two = build(other, 2)
        (other / "docs" / "_build" / "html.digest").unlink()
        kept = build(other, 2)
        named = [name for name, data in one.items() if folder.encode() in data]
    print(f"{len(named)} of {len(one)} files name the folder", *named, sep="\n  ")
    unequal = compare("two clean builds", one, two) + compare("from kept results", two, kept)
    return int(bool(unequal or named))


def compare(what: str, one: dict[str, bytes], two: dict[str, bytes]) -> int:
    """Print how two sites differ; the number of files that do."""
    unequal = differences(one, two)
    print(f"{what}: {len(unequal)} files differ")
    for name in unequal:
        pair = (files.get(name, b"").decode(errors="replace").splitlines() for files in (one, two))
        lines = [line[:200] for line in difflib.unified_diff(*pair, lineterm="", n=0)]
        print(f"  {name}", *lines[2:10], sep="\n    ")
    return len(unequal)


if __name__ == "__main__":
    sys.exit(main())
