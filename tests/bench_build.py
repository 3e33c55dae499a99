"""Time the build of the site: python tests/bench_build.py [cold] [again] [growth].

cold    a clean build beside running every script and every page's code, one after another, as plain
        processes: at most 0.6 of their time; and the memory of all its processes, at most 2.5 GB
again   after that: one page edited and one script edited, each at most 0.1 of that time; a preview of one
        page, at most 0.06; and nothing changed, at most a second
growth  cold builds of tiny sites with 10, 30 and 100 scripts: the time of each further script

All on copies in a temporary folder, two workers, one run each; exits non-zero when a limit is passed.
Not a test: times depend on the machine and on what else it does.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
from page_code import cells, code_of
from repeat import copy_of_the_project
from tiny_site import TinySite

ROOT = Path(__file__).parents[1]
COLD, EDITED, FAST, UNCHANGED, MEMORY = 0.6, 0.1, 0.06, 1.0, 2.5e9
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


def build(folder: Path, *options: str) -> float:
    """The seconds of a build."""
    variables = {**os.environ, "PYTHONPATH": str(folder / "src")}
    return run([sys.executable, "docs/_ext/make_site.py", *options], folder, variables)


def one_after_another(folder: Path) -> float:
    """The seconds of every script and every page's code, each as a plain process."""
    (folder / "stub").mkdir(exist_ok=True)
    (folder / "stub" / "myst_nb.py").write_text(GLUE, encoding="utf-8")
    programs = sorted(folder.glob("gallery/*/plot_*.py"))
    for page in sorted(folder.glob("docs/**/*.md")):
        if cells(page):
            program = folder / "programs" / f"page_{len(programs)}.py"
            program.parent.mkdir(exist_ok=True)
            program.write_text(code_of(page), encoding="utf-8")
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
            self.peak = max(
                self.peak, sum(map(memory_of, psutil.Process().children(recursive=True)))
            )
            time.sleep(0.5)


def memory_of(process: psutil.Process) -> int:
    """The bytes of a process; where the system tells, pages are divided among those that share them."""
    try:
        used = process.memory_full_info()
    except psutil.Error:
        return 0
    return getattr(used, "pss", used.uss)


def told(what: str, seconds: float, plain: float, limit: float) -> bool:
    """Print a time beside that of plain processes; whether it is over its limit."""
    print(
        f"{what:<22}{seconds:7.1f} s  {seconds / plain:5.2f} x plain processes ({limit})",
        flush=True,
    )
    return seconds > limit * plain


def cold(folder: Path) -> bool:
    """A clean build beside all programs one after another, and its memory."""
    memory = Memory()
    memory.start()
    built = build(folder)
    memory.over = True
    memory.join()
    plain = one_after_another(folder)
    (folder / "plain.txt").write_text(str(plain), encoding="utf-8")
    print(f"one after another     {plain:7.1f} s")
    print(f"memory of the build   {memory.peak / 1e9:7.2f} GB ({MEMORY / 1e9})")
    return told("clean build", built, plain, COLD) or memory.peak > MEMORY


def again(folder: Path) -> bool:
    """A build after one page was edited, one after a script was, a preview, and one of nothing."""
    plain = float((folder / "plain.txt").read_text(encoding="utf-8"))
    edits = {
        "docs/derivation/four_steps.md": (
            "\nimport math\n",
            "\nimport math  # edited\n",
        ),
        "gallery/equivalence/plot_equivalence.py": (
            "\nimport torch\n",
            "\nimport torch  # edited\n",
        ),
    }
    over = []
    for name, (old, new) in edits.items():
        text = (folder / name).read_text("utf-8")
        assert old in text, name
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
        over.append(told(f"{Path(name).stem} edited", build(folder), plain, EDITED))
    over.append(told("--fast four_steps", build(folder, "--fast", "four_steps", "-q"), plain, FAST))
    nothing = build(folder)
    print(f"nothing changed       {nothing:7.2f} s ({UNCHANGED})")
    return any(over) or nothing > UNCHANGED


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
    known = {"cold": cold, "again": again, "growth": growth}
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder) / "project")
        passed = [known[name](project) for name in sys.argv[1:] or known]
    return int(any(passed))


if __name__ == "__main__":
    sys.exit(main())
