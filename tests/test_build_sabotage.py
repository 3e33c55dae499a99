"""What the build refuses: each sabotage of a tiny site fails it with a message that names the place."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_site import PAGE, ROOT, SCRIPT, Built, TinySite

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sabotage")]

FRONT = PAGE.split("(four-steps)=")[0]
CELL = "```{code-cell} python\n%s\n```\n"


def page(text: str, name: str) -> str:
    """A page with front matter, a label and a title of its own."""
    return f"{FRONT}(page-{name})=\n# About {name}\n\n{text}\n"


# What is written, and what the build must say of that page.
PAGES = {
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
        "the page glued no number as 'unknown'",
    ),
    "stderr": (
        CELL % "import sys\nprint('oops', file=sys.stderr)",
        "stderr was found in the cell outputs",
    ),
    "skipped": (CELL % "print('never run')", "the page's cells were not run"),
}
SCRIPTS = {
    "raises": ("assert sum(heights) == 5", "AssertionError"),
    "hangs": ("import time\n\ntime.sleep(600)", "plot_hangs.py ran for more than 10 seconds"),
    "warns": ("import warnings\n\nwarnings.warn('beware', stacklevel=1)", "UserWarning: beware"),
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site with all of these pages at once."""
    site = TinySite(tmp_path_factory.mktemp("pages"), scripts=1)
    for name, (text, _) in PAGES.items():
        site.write(f"docs/{name}.md", page(text, name))
    site.edit("docs/index.md", "second\n", "second\n" + "\n".join(PAGES) + "\n")
    quick = 'nb_execution_timeout = 10\nnb_execution_excludepatterns = ["skipped.md"]'
    site.edit("docs/conf.py", "nb_execution_timeout = 120", quick)
    site.write("gallery/training/helper.py", SCRIPT)
    site.write("gallery/forgotten/plot_forgotten.py", SCRIPT)
    return site.build()


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site with all of these scripts at once."""
    site = TinySite(tmp_path_factory.mktemp("scripts"))
    for name, (code, _) in SCRIPTS.items():
        ended = SCRIPT.replace("plt.show()", f"plt.show()\n{code}")
        site.write(f"gallery/training/plot_{name}.py", ended)
    site.edit("docs/_ext/gallery_style.py", "LONGEST = 120", "LONGEST = 10")
    return site.build()


def test_pages_fail_the_build(pages: Built) -> None:
    """None of it is published."""
    assert pages.status != 0


@pytest.mark.parametrize("name", PAGES)
def test_page_is_named(pages: Built, name: str) -> None:
    """A warning names the page and what is wrong with it."""
    place = rf"^[^\n]*docs/{name}\.md(?::\d+)?: (?:WARNING|ERROR): "
    said = re.split(place, pages.said, flags=re.MULTILINE)[1:]
    assert any(PAGES[name][1] in text.split(".md: Exec")[0] for text in said), pages.said


def test_scripts_fail_the_build(scripts: Built) -> None:
    """Failing scripts are named together, before any page runs."""
    assert scripts.status != 0
    failed = ", ".join(f"gallery/training/plot_{name}.py" for name in sorted(SCRIPTS))
    assert f"ERROR: no page was run, because scripts failed: {failed}" in scripts.said
    assert "reading sources" not in scripts.said


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_is_named(scripts: Built, name: str) -> None:
    """An error names the script and what is wrong with it."""
    said = scripts.said.split(f"gallery/training/plot_{name}.py unexpectedly failed")[1]
    assert SCRIPTS[name][1] in said.split("unexpectedly failed")[0]


@pytest.mark.parametrize("place", ["training/helper.py", "forgotten/plot_forgotten.py"])
def test_script_that_no_room_shows(pages: Built, place: str) -> None:
    """A script that the gallery leaves out is named."""
    assert f"WARNING: the gallery does not run gallery/{place}" in pages.said


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


def test_a_figure_without_a_title(tmp_path: Path) -> None:
    """A figure that nothing explains stops the gallery, which names its script."""
    site = TinySite(tmp_path)
    site.edit("gallery/reductions/plot_two.py", 'ax.set_title("Three points lie on a line")\n', "")
    built = site.build()
    assert built.status != 0
    assert "plot_two.py: figure 1 has no title" in built.said


def test_a_warning_is_not_forgotten(tmp_path: Path) -> None:
    """A page that was warned of fails the next build too, though nothing changed; mended, it passes."""
    site = TinySite(tmp_path)
    site.edit("docs/second.md", "four-steps", "four-stops")
    site.edit("docs/four_steps.md", "isclose(total, 4.5)", "isclose(total, 4.6)")
    for _ in range(2):
        built = site.build()
        assert built.status != 0
        assert "four-stops" in built.said
        assert "AssertionError" in built.said
    site.edit("docs/second.md", "four-stops", "four-steps")
    site.edit("docs/four_steps.md", "isclose(total, 4.6)", "isclose(total, 4.5)")
    built = site.build()
    assert built.status == 0, built.said
