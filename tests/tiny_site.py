"""A site of two pages and two scripts, built by the project's own settings in a temporary folder.

What the build refuses, survives and repeats is tried here in seconds: ``docs/conf.py``, extensions,
templates and styles are the project's, copied; pages and scripts are written by the test.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
COPIED = [
    "conf.py",
    "_ext",
    "_ipython",
    "_static",
    "_templates",
    "figures.mplstyle",
    "references.bib",
]
ROOMS = ["equivalence", "reductions", "training", "robustness"]
PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
  display_name: Python 3
---

(four-steps)=
# A page that computes

The equation is stated, then tried.

$$
\\hat{y} = \\frac{1}{n} \\sum_{i=1}^{n} y_i
$$ (eq-mean)

```{code-cell} python
import math

total = math.fsum([0.5, 1.5, 2.5])
print(f"the mean is {total / 3:.2f}")
```

```{code-cell} python
:tags: [hide-cell]
assert math.isclose(total, 4.5)
print("agreed")
```

```{code-cell} python
:tags: [remove-cell]
from myst_nb import glue

glue("mean", total / 3)
```

```{exercise} Guess the mean
:name: exercise-four-steps
:answer: mean
:tolerance: 0.1

What is the mean of the three numbers?
```

```{code-cell} python
:tags: [exercise-solution]
print(f"{total / 3:.2f}")
```

The mean in {eq}`eq-mean` is {glue:text}`mean:.2f`, as {cite:t}`bishop2006` has it.
"""

SECOND = """\
(second)=
# A page without code

A {term}`nat` is a unit; see {ref}`four-steps`.
It is drawn by {ref}`a script <sphx_glr_auto_gallery_equivalence_plot_one.py>`.

```{glossary}
nat
  The unit of information with natural logarithms.
```
"""

INDEX = """\
(home)=
# A tiny site

```{toctree}
:numbered: 2

four_steps
second
auto_gallery/index
bibliography
```
"""

BIBLIOGRAPHY = """\
# Bibliography

```{bibliography}
:cited:
```
"""

SCRIPT = '''\
"""
A line of points
================

One plain sentence about what is drawn.

The line in :eq:`eq-mean` is drawn.
"""

import matplotlib.pyplot as plt

heights = [0.5, 1.5, 2.5]
print(f"{len(heights)} points")

# %%
# The figure
# ----------
#
# Three points are drawn.

fig, ax = plt.subplots(layout="constrained")
ax.plot(heights)
ax.set_title("Three points lie on a line")
plt.show()
'''

HEADER = """\
{name}
{rule}

A room of the gallery.
"""


@dataclass(frozen=True)
class Built:
    """How a build ended, and what it said."""

    status: int
    said: str
    seconds: float

    @property
    def warnings(self) -> list[str]:
        """The lines that name a warning or an error."""
        return [line for line in self.said.splitlines() if re.search(r"WARNING|ERROR|rror:", line)]


class TinySite:
    """A project of its own in ``folder``: edit it, build it, read it."""

    def __init__(self, folder: Path, scripts: int = 2) -> None:
        self.folder = folder
        self.docs = folder / "docs"
        self.gallery = folder / "gallery"
        self.out = self.docs / "_build" / "html"
        self.source = folder / "src"
        for name in COPIED:
            kept = ROOT / "docs" / name
            if kept.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "generated")
                shutil.copytree(kept, self.docs / name, ignore=ignored)
            else:
                self.docs.mkdir(parents=True, exist_ok=True)
                shutil.copy(kept, self.docs / name)
        # The pages here import nothing; torch in every kernel would be most of a build's time.
        self.edit(
            "docs/_ext/kernels.py", ', "torch", "matplotlib", "sympy", "scipy.stats", "mse_nll"', ""
        )
        shutil.copytree(ROOT / "src", self.source, ignore=shutil.ignore_patterns("__pycache__"))
        self.write("docs/index.md", INDEX)
        self.write("docs/four_steps.md", PAGE)
        self.write("docs/second.md", SECOND)
        self.write("docs/bibliography.md", BIBLIOGRAPHY)
        self.write(
            "gallery/GALLERY_HEADER.rst",
            ".. _gallery:\n\n" + HEADER.format(name="Gallery", rule="=" * 7),
        )
        for room in ROOMS:
            self.write(
                f"gallery/{room}/GALLERY_HEADER.rst",
                HEADER.format(name=room.title(), rule="=" * 11),
            )
        names = ["one", "two", *(f"number_{number}" for number in range(2, scripts))][:scripts]
        for number, name in enumerate(names):
            title = f"A line of points, {name}"
            script = SCRIPT.replace("A line of points\n" + 16 * "=", f"{title}\n{len(title) * '='}")
            self.write(f"gallery/{ROOMS[number % 4]}/plot_{name}.py", script)

    def path(self, name: str) -> Path:
        """A file of the site."""
        return self.folder / name

    def read(self, name: str) -> str:
        """The text of a file of the site."""
        return self.path(name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of the site."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace ``old``, which must be there, by ``new``."""
        text = self.read(name)
        assert old in text, f"{name} does not hold {old!r}"
        self.write(name, text.replace(old, new))

    def command(self, *options: str, workers: int = 2) -> list[str]:
        """The command of a build, as the noxfile has it."""
        return [sys.executable, "docs/_ext/make_site.py", *options, "-j", str(workers)]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a build: the site's own copy of the package comes first."""
        return {
            **os.environ,
            "PYTHONPATH": str(self.source),
            "OMP_NUM_THREADS": "1",
            "NO_COLOR": "1",
        }

    def start(self, *options: str, workers: int = 2) -> "subprocess.Popen[str]":
        """Begin a build, in a session of its own."""
        return subprocess.Popen(
            self.command(*options, workers=workers),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # A shell that runs the tests in the background has them ignore it, and a build would too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def build(self, *options: str, workers: int = 2, timeout: float = 400) -> Built:
        """Build, and say how it ended."""
        begun = time.perf_counter()
        done = subprocess.run(
            self.command(*options, workers=workers),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        said = re.sub(r"\x1b\[[\d;]*m", "", done.stdout)
        return Built(done.returncode, said, time.perf_counter() - begun)

    def html(self, page: str) -> str:
        """A built page."""
        return (self.out / f"{page}.html").read_text(encoding="utf-8")

    def contents(self) -> dict[str, bytes]:
        """Every file of the built site by its name."""
        return files_of(self.out)


def files_of(out: Path) -> dict[str, bytes]:
    """Every file of a built site by its name."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The names of files that are missing from one of two sites, or differ."""
    names: Iterable[str] = sorted(one.keys() | other.keys())
    return [name for name in names if one.get(name) != other.get(name)]


def descendants(root: int) -> set[int]:
    """The processes that descend from a process."""
    return {child.pid for child in psutil.Process(root).children(recursive=True)}
