"""What the build refuses: each sabotage of a tiny site fails it with a message that names the place."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_site import PAGE, ROOT, SCRIPT, Built, TinySite

pytestmark = pytest.mark.tiny

FRONT = PAGE.split("(four-steps)=")[0]
CELL = "```{code-cell} python\n%s\n```\n"


def page(text: str, name: str) -> str:
    """A page with front matter, a label and a title of its own."""
    return f"{FRONT}(page-{name})=\n# About {name}\n\n{text}\n"


# What is written, and what the build must say of that page.
PAGES = {
    "unparsable": (CELL % "print(1", "SyntaxError"),
    "raises": (CELL % "raise ArithmeticError('no such number')", "ArithmeticError: no such number"),
    "hangs": (CELL % "import time\ntime.sleep(600)", "CellTimeoutError"),
    "altered": (
        CELL % ":tags: [hide-cell]\n\nimport math\nassert math.isclose(2 * math.pi, 6.3)",
        "AssertionError",
    ),
    "formula": ("The formula $\\frac{1{2}$ does not close.", "formula does not parse"),
    "link": ("See [the page](nowhere.md).", "nowhere.md"),
    "anchor": ("See [the part](four_steps.md#no-such-part).", "no-such-part"),
    "citation": ("As {cite:t}`nobody1900` has it.", "nobody1900"),
    "label": ("See {ref}`no-such-label`.", "no-such-label"),
    "equation": ("See {eq}`eq-no-such`.", "eq-no-such"),
    "term": ("A {term}`no such term` is told of.", "no such term"),
    "function": ("See {func}`~mse_nll.no_such_function`.", "no_such_function"),
    "decimal": ("The loss falls to 0.3719 in the end.", "typed decimal 0.3719"),
    "glued": ("The loss is {glue:text}`no_such_number`.", "no_such_number"),
    "asked": (
        "```{exercise} Guess\n:name: exercise-asked\n:answer: unknown\n:tolerance: 1\n\nWhat?\n```",
        "the page glued no number",
    ),
    "stderr": (
        CELL % "import sys\nprint('oops', file=sys.stderr)",
        "stderr was found in the cell outputs",
    ),
    "skipped": (CELL % "print('never run')", "the page's cells were not run"),
}
SCRIPTS = {
    "unparsable": ("print(1", "SyntaxError"),
    "raises": ("assert sum(heights) == 5", "AssertionError"),
    "hangs": ("import time\n\ntime.sleep(600)", "plot_hangs.py ran for more than 5 seconds"),
    "warns": ("import warnings\n\nwarnings.warn('beware', stacklevel=1)", "UserWarning: beware"),
    "untitled": ("plt.figure()\nplt.show()", "has no title"),
}


def last_lines(built: Built) -> list[str]:
    """The list of failures that a build ends with."""
    assert built.status != 0, built.said
    head, *failures = built.said[built.said.rindex("The build failed.") :].strip().splitlines()
    assert "docs/_build/html is as the last whole build left it." in head
    return [line.strip() for line in failures]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> TinySite:
    """A site with all of these pages and scripts at once."""
    site = TinySite(tmp_path_factory.mktemp("sabotage"), scripts=1)
    for name, (text, _) in PAGES.items():
        site.write(f"docs/{name}.md", page(text, name))
    site.edit("docs/index.md", "second\n", "second\n" + "\n".join(PAGES) + "\n")
    quick = 'nb_execution_timeout = 5\nnb_execution_excludepatterns = ["skipped.md"]'
    site.edit("docs/conf.py", "nb_execution_timeout = 120", quick)
    for name, (code, _) in SCRIPTS.items():
        ended = SCRIPT.replace("plt.show()", f"plt.show()\n{code}")
        site.write(f"gallery/training/plot_{name}.py", ended)
    site.edit("docs/_ext/gallery_style.py", "LONGEST = 120", "LONGEST = 5")
    site.write("gallery/training/helper.py", SCRIPT)
    site.write("gallery/forgotten/plot_forgotten.py", SCRIPT)
    return site


@pytest.fixture(scope="module")
def failures(site: TinySite) -> list[str]:
    """The list that its build ends with."""
    return last_lines(site.build())


@pytest.mark.parametrize("name", PAGES)
def test_page_is_named(failures: list[str], name: str) -> None:
    """A line names the page and what is wrong with it."""
    place = re.compile(rf"docs/{name}\.md(:\d+)?: ")
    assert any(place.match(line) and PAGES[name][1] in line for line in failures), failures


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_named(failures: list[str], name: str) -> None:
    """A line names the script and what is wrong with it."""
    place = f"gallery/training/plot_{name}.py:1: "
    assert any(line.startswith(place) and SCRIPTS[name][1] in line for line in failures), failures


@pytest.mark.parametrize("place", ["training/helper.py", "forgotten/plot_forgotten.py"])
def test_script_that_no_room_shows(failures: list[str], place: str) -> None:
    """A script that the gallery leaves out is named."""
    assert f"gallery/{place}:1: the gallery does not run this script" in failures


def test_nothing_else_is_named(failures: list[str]) -> None:
    """Pages and scripts without fault are not in the list."""
    named = {re.split(r"[:\s]", line)[0] for line in failures}
    faulty = {f"docs/{name}.md" for name in PAGES} | {
        f"gallery/training/plot_{n}.py" for n in SCRIPTS
    }
    assert named == faulty | {"gallery/training/helper.py", "gallery/forgotten/plot_forgotten.py"}


def test_a_failure_is_not_forgotten(site: TinySite, failures: list[str]) -> None:
    """The next build fails the same way though nothing changed, and no site stands."""
    assert last_lines(site.build()) == failures
    assert not site.out.exists()


def test_an_extension_that_breaks(tmp_path: Path) -> None:
    """An error in the build's own code ends in the list too."""
    site = TinySite(tmp_path, scripts=0)
    broken = "\n\ndef setup(app):\n    app.connect('builder-inited', lambda *_: 1 / 0)\n"
    site.write("docs/conf.py", site.read("docs/conf.py") + broken)
    assert "division by zero" in " ".join(last_lines(site.build()))


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the site's and the package's own tests say of a site that the build lets through."""
    site = TinySite(tmp_path_factory.mktemp("tested"))
    picture = (
        '```{raw} html\n<img src="https://example.org/a.png" alt="a" width="1" height="1">\n```'
    )
    site.write("docs/foreign.md", page(picture, "foreign"))
    site.write("docs/heavy.md", page("Far too many words.\n\n" * 4000, "heavy"))
    site.edit("docs/index.md", "second\n", "second\nforeign\nheavy\n")
    site.edit(
        "src/mse_nll/__init__.py", "__all__ = [", '__all__ = [\n    "silent",\n    "unlisted",'
    )
    functions = ["def silent(): ...", 'def unlisted():\n    """Do nothing."""']
    for function in functions:
        site.write(
            "src/mse_nll/__init__.py", f"{site.read('src/mse_nll/__init__.py')}\n\n{function}\n"
        )
    built = site.build()
    assert built.status == 0, built.said
    site.path("tests").mkdir()
    for name in (
        "tests/conftest.py",
        "tests/page_code.py",
        "tests/test_site.py",
        "tests/test_package.py",
        "pyproject.toml",
    ):
        shutil.copy(ROOT / name, site.path(name))
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rf", "tests"]
    done = subprocess.run(
        command, cwd=site.folder, env=site.environment, capture_output=True, text=True, check=False
    )
    return done.stdout


@pytest.mark.parametrize(
    "failed",
    [
        "test_nothing_from_elsewhere[foreign.html]",
        "test_pages_are_light[heavy.html]",
        "test_every_public_name_teaches[silent]",
        "test_every_public_name_teaches[unlisted]",
        "test_public_names_are_documented[silent]",
        "test_public_names_are_documented[unlisted]",
    ],
)
def test_what_the_tests_refuse(tested: str, failed: str) -> None:
    """A foreign request, a heavy page, a function without example or entry: a test of that name fails."""
    assert re.search(rf"^FAILED tests/\w+\.py::{re.escape(failed)}", tested, re.MULTILINE), tested


@pytest.mark.parametrize("test", ["test_nothing_from_elsewhere", "test_pages_are_light"])
def test_what_the_tests_accept(tested: str, test: str) -> None:
    """They refuse no other page."""
    assert tested.count(f"::{test}[") == 1
