"""Time the build of the site: python tests/bench_build.py [cold] [unchanged] [edited] [growth].

cold       a clean build beside running every script and every page's code, one after another, as plain
           processes: at most 0.6 of their time; and the memory of all its processes (PSS), at most 2.5 GB
unchanged  a build with nothing changed beside that of an empty project with the same extensions: at most
           1.2 of its time
edited     a build after one page, and after one script, was edited
growth     cold builds of tiny sites with 10, 30 and 100 scripts: the time of each further script

All on copies in a temporary folder, two workers, one run each; exits non-zero when a limit is passed.
Not a test: times depend on the machine and on what else it does.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from repeat import copy_of_the_project
from tiny_site import TinySite, descendants

ROOT = Path(__file__).parents[1]
CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(?:---\n.*?\n---\n|(?::[^\n]*\n)*)", re.DOTALL)
COLD, UNCHANGED, MEMORY = 0.6, 1.2, 2.5e9
GLUE = "def glue(name, value, display=True):\n    pass\n"


def environment(folder: Path) -> dict[str, str]:
    """The environment of every process that is timed."""
    paths = os.pathsep.join([str(folder / "src"), str(folder / "stub")])
    return {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def run(command: list[str], folder: Path, variables: dict[str, str]) -> float:
    """The seconds that a process takes; its output when it fails."""
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return time.perf_counter() - begun


def build(folder: Path) -> float:
    """The seconds of a build."""
    options = ["-n", "-W", "--keep-going", "-j", "2", "-b", "html", "docs", "docs/_build/html"]
    variables = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return run([sys.executable, "-m", "sphinx", *options], folder, variables)


def one_after_another(folder: Path) -> float:
    """The seconds of every script and every page's code, each as a plain process."""
    (folder / "stub").mkdir(exist_ok=True)
    (folder / "stub" / "myst_nb.py").write_text(GLUE, encoding="utf-8")
    programs = sorted(folder.glob("gallery/*/plot_*.py"))
    for page in sorted(folder.glob("docs/**/*.md")):
        cells = [OPTIONS.sub("", body) for _, body in CELL.findall(page.read_text("utf-8"))]
        if cells:
            program = folder / "programs" / f"page_{len(programs)}.py"
            program.parent.mkdir(exist_ok=True)
            program.write_text("\n".join(cells), encoding="utf-8")
            programs.append(program)
    variables = environment(folder)
    return sum(run([sys.executable, str(program)], folder, variables) for program in programs)


class Memory(threading.Thread):
    """Watches the memory of this process's descendants, shared pages counted once."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak, self.over = 0, False

    def run(self) -> None:
        """Sample until told to stop."""
        while not self.over:
            self.peak = max(self.peak, sum(map(pss, descendants(os.getpid()))))
            time.sleep(0.5)


def pss(pid: int) -> int:
    """The bytes of a process, pages that it shares divided among those that share them."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return 1024 * int(found[1]) if found else 0


def cold(folder: Path) -> bool:
    """A clean build beside all programs one after another, and its memory."""
    memory = Memory()
    memory.start()
    built = build(folder)
    memory.over = True
    memory.join()
    plain = one_after_another(folder)
    print(f"clean build           {built:7.1f} s  {built / plain:5.2f} x plain processes ({COLD})")
    print(f"  one after another   {plain:7.1f} s")
    print(f"  memory (PSS)        {memory.peak / 1e9:7.2f} GB ({MEMORY / 1e9})")
    return built > COLD * plain or memory.peak > MEMORY


def unchanged(folder: Path) -> bool:
    """A build with nothing changed beside an empty project's."""
    empty = TinySite(folder.parent / "empty", scripts=0)
    for page in ("four_steps", "second", "bibliography"):
        empty.path(f"docs/{page}.md").unlink()
    empty.edit("docs/conf.py", '"unchanged", ', "")  # Sphinx's own way
    empty.write("docs/index.md", "# Empty\n\n```{toctree}\nauto_gallery/index\n```\n")
    for site in (empty.folder, folder):
        build(site)
    pairs = [(build(folder), build(empty.folder)) for _ in range(5)]  # interleaved
    ours, theirs = (sorted(times)[2] for times in zip(*pairs, strict=True))
    print(
        f"nothing changed       {ours:7.1f} s  {ours / theirs:5.2f} x an empty project ({UNCHANGED})"
    )
    print(f"  empty project       {theirs:7.1f} s")
    return ours > UNCHANGED * theirs


def edited(folder: Path) -> bool:
    """A build after one page was edited, and one after a script was."""
    build(folder)
    page, script = (
        folder / "docs/derivation/four_steps.md",
        "gallery/equivalence/plot_equivalence.py",
    )
    for path in (page, folder / script):
        text = path.read_text("utf-8")
        mark = "\nOne more sentence.\n" if path.suffix == ".md" else "\n# One more comment.\n"
        path.write_text(text + mark, encoding="utf-8")
        print(f"{path.name:<22}{build(folder):7.1f} s")
    return False


def growth(folder: Path) -> bool:
    """Cold builds with more and more scripts."""
    times = {}
    for count in (10, 30, 100):
        site = TinySite(folder.parent / f"scripts_{count}", scripts=count)
        times[count] = build(site.folder)
    slopes = [(times[30] - times[10]) / 20, (times[100] - times[30]) / 70]
    for count, seconds in times.items():
        print(f"{count:>4} scripts          {seconds:7.1f} s")
    print(f"  each further script {slopes[0]:7.2f} s, then {slopes[1]:.2f} s")
    return slopes[1] > 1.5 * max(slopes[0], 0.1)


def main() -> int:
    """Run what is asked for, or all; return 1 if a limit was passed."""
    known = {"cold": cold, "unchanged": unchanged, "edited": edited, "growth": growth}
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder) / "project")
        passed = [known[name](project) for name in sys.argv[1:] or known]
    return int(any(passed))


if __name__ == "__main__":
    sys.exit(main())
