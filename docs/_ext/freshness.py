"""What runs again: what changed, what imports what changed, what failed; and nothing else.

Sphinx runs a page again when its file changed, Sphinx-Gallery a script. Both show what the package
computed in a style and with libraries of some version, so a change of these must run them again too.
"""

import ast
import hashlib
import json
import logging
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from kernels import CELL
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging as sphinx_logging

logger = sphinx_logging.getLogger(__name__)
EVERYTHING = "*"

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "mse_nll"
GALLERY = ROOT / "gallery"
MADE = ROOT / "docs" / "auto_gallery"
SURROUNDINGS = [
    ROOT / "constraints.txt",
    ROOT / "docs" / "figures.mplstyle",
    ROOT / "docs" / "_ipython" / "profile_default" / "ipython_kernel_config.py",
    Path(__file__).parent / "gallery_style.py",
]


@cache
def imported(source: str) -> tuple[tuple[str, str], ...]:
    """What ``source`` imports from the package: names, each with the module that it says they are in."""
    return tuple(
        (alias.asname or alias.name, (node.module or "").removeprefix("mse_nll").strip("."))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.level or "mse_nll" in (node.module or ""))
        for alias in node.names
    )


def names_by_module() -> dict[str, str]:
    """Where each public name is defined: the package's imports, read from its source."""
    return dict(imported((PACKAGE / "__init__.py").read_text(encoding="utf-8")))


def with_dependencies(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """``module`` and the package's modules that it imports, directly or through others."""
    if module in seen:
        return set()
    found = {module}
    for name, home in imported((PACKAGE / f"{module}.py").read_text(encoding="utf-8")):
        candidate = home or name
        if (PACKAGE / f"{candidate}.py").exists():
            found |= with_dependencies(candidate, seen | found)
    return found


def fingerprint(source: str) -> str:
    """A digest of what ``source`` depends on: the modules it imports, and the surroundings."""
    modules: set[str] = set()
    where = names_by_module()
    for names in re.findall(r"^from mse_nll import (\([^)]*\)|[^\n]*)", source, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            modules |= {where[name]} if name in where else set(where.values())
    if re.search(r"^import mse_nll", source, re.MULTILINE):
        modules |= set(where.values())
    modules = set().union(*map(with_dependencies, modules))
    digest = hashlib.sha256(surroundings())
    for module in sorted(modules):
        digest.update((PACKAGE / f"{module}.py").read_bytes())
    return digest.hexdigest()


@cache
def surroundings() -> bytes:
    """What every result depends on: the figures' style, the kernel's settings, the locked versions."""
    return b"".join(path.read_bytes() for path in SURROUNDINGS if path.exists())


def record_of(script: Path) -> Path:
    """Where a script's complete run is recorded."""
    return MADE / script.parent.name / f"{script.stem}.ran"


def state_of(script: Path) -> str:
    """What a script's results depend on: its source, and the functions that it imports."""
    source = script.read_text(encoding="utf-8")
    return f"{hashlib.sha256(source.encode()).hexdigest()} {fingerprint(source)}"


def remember_script(script: Path) -> None:
    """After all that a script makes has been written: record what it was made from, unless it failed."""
    if (MADE / script.parent.name / f"{script.name}.md5").exists():
        record_of(script).write_text(state_of(script), encoding="utf-8")


def forget_scripts(app: Sphinx) -> None:
    """Before the gallery: forget the results of scripts that changed, or did not come to their end."""
    stale = False
    for script in sorted(GALLERY.glob("*/plot_*.py")):
        record = record_of(script)
        if record.exists() and record.read_text(encoding="utf-8") == state_of(script):
            continue
        (record.parent / f"{script.name}.md5").unlink(missing_ok=True)
        record.unlink(missing_ok=True)
        stale = True
    if not stale:  # nothing to run: no workers
        app.config.sphinx_gallery_conf["parallel"] = False


def outdated_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Pages of which something changed since they ran, and pages that the last build warned of."""
    known = getattr(env, "mse_nll_functions", {})
    now = {
        name: fingerprint(source)
        for name in env.found_docs
        if CELL.search(source := Path(env.doc2path(name)).read_text(encoding="utf-8"))
    }
    env.mse_nll_functions = now
    changed_functions = {name for name in now if known.get(name) != now[name]}
    return sorted((changed_functions | set(last_warned(app))) & env.found_docs - added)


# --- what the last build warned of: an unchanged page's warning must not be forgotten ----------------


class Warned(logging.Handler):
    """Notes the page of every warning, after Sphinx's own handler has spelt out its place."""

    def __init__(self, app: Sphinx) -> None:
        super().__init__(logging.WARNING)
        self.app = app
        self.pages: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Note the page, or that there is none."""
        place = str(getattr(record, "location", None) or "").split(":")[0]
        env = getattr(self.app, "env", None)
        page = env.path2doc(place) if place and env else None
        self.pages.add(page if page and page in env.found_docs else EVERYTHING)
        if getattr(record, "type", "") == "mystnb" and getattr(record, "subtype", "") == "exec":
            self.app.statuscode = 1  # a cell that fails fails the build, with or without -W


def record_of_warnings(app: Sphinx) -> Path:
    """Where the pages of the last build's warnings are kept."""
    return Path(app.doctreedir) / "warned.json"


def last_warned(app: Sphinx) -> list[str]:
    """The pages that the last build warned of."""
    record = record_of_warnings(app)
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else []


def choose(app: Sphinx, config: Config) -> None:
    """A preview (``-D only=PATTERN``) runs the pages and scripts of that name alone."""
    if not config.only:
        return
    config.sphinx_gallery_conf["filename_pattern"] = re.escape(config.only)
    pages = sorted(Path(app.srcdir).rglob("*.md"))
    # The preview has an output of its own: no page that was left out here can be published.
    config.nb_execution_excludepatterns = [
        page.as_posix() for page in pages if config.only not in page.as_posix()
    ]
    # What is not run has no results to show; a preview says so once, by its name.
    config.suppress_warnings = [
        *config.suppress_warnings,
        "myst-nb.lexer",
        "mystnb.glue",
        "myst-nb.glue",
    ]


def listen(app: Sphinx, config: Config) -> None:
    """Before the last build's results are loaded: forget them if a warning named no page."""
    if EVERYTHING in last_warned(app):
        (Path(app.doctreedir) / "environment.pickle").unlink(missing_ok=True)
    app.warned = Warned(app)
    logging.getLogger("sphinx").addHandler(app.warned)


def remember_warnings(app: Sphinx, exception: Exception | None) -> None:
    """At the end: keep the pages that were warned of."""
    logging.getLogger("sphinx").removeHandler(app.warned)
    record_of_warnings(app).write_text(json.dumps(sorted(app.warned.pages)), encoding="utf-8")


# --- what should have run, ran -------------------------------------------------------------------


def check_scripts_ran(app: Sphinx) -> None:
    """After the gallery: a script that failed is an error, one that no room shows a warning."""
    if not app.config.sphinx_gallery_conf["plot_gallery"] or app.config.only:
        return
    failed = []
    for script in sorted(GALLERY.rglob("*.py")):
        place = script.relative_to(ROOT).as_posix()
        record = record_of(script)
        if record.exists() and record.read_text(encoding="utf-8") == state_of(script):
            continue
        if script.name.startswith("plot_") and (record.parent / script.name).exists():
            failed.append(place)
        else:
            logger.warning("the gallery does not run %s", place, location=f"{place}:1")
    if failed:
        raise SystemExit(f"\nERROR: no page was run, because scripts failed: {', '.join(failed)}")


def check_pages_ran(app: Sphinx, env: BuildEnvironment) -> None:
    """After reading: a page with cells that was not run is a warning."""
    if app.config.nb_execution_mode == "off" or app.config.only:
        return
    for page in sorted(env.mse_nll_functions):
        ran = NbMetadataCollector.get_exec_data(env, page)
        if ran is None or ran["method"] != "force":
            logger.warning("the page's cells were not run", location=page)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks; the gallery's around Sphinx-Gallery's own."""
    app.add_config_value("only", "", "", str)
    app.connect("config-inited", choose)
    app.connect("config-inited", listen, priority=900)
    app.connect("builder-inited", forget_scripts, priority=400)
    app.connect("builder-inited", check_scripts_ran, priority=600)
    app.connect("env-get-outdated", outdated_pages)
    app.connect("env-check-consistency", check_pages_ran)
    app.connect("build-finished", remember_warnings, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
