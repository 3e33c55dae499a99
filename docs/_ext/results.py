"""What was run is kept by all that it depends on, and runs again when any of that changes.

For pages this is myst-nb's cache. Its key is the code of the cells and the kernel; the kernel's display
name is made to tell the rest. For scripts it is a folder beside it, from which ``auto_gallery`` is laid
out before Sphinx-Gallery looks for what need not run. And what should have run, ran: a script that failed
or that no room shows, and a page whose cells were left out, is a warning at its place.
"""

import hashlib
import json
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from gallery_style import FAULTS
from jupyter_cache import get_cache
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[2]
# What every result depends on: the package, the locked versions, the figures' style, how code is run.
SURROUNDINGS = [
    "src/mse_nll/*.py", "constraints.txt", "docs/figures.mplstyle", "docs/_ipython/**/*config.py",
    "docs/_ext/gallery_style.py", "docs/_ext/kernels.py",
]  # fmt: skip
CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.MULTILINE | re.DOTALL)
KERNEL = "display_name: Python 3\n"

kept: dict[Path, Path] = {}  # where each script's results are kept


@cache
def surroundings() -> str:
    """A digest of what every result depends on."""
    told = hashlib.sha256(sys.version.encode())
    for path in sorted(path for pattern in SURROUNDINGS for path in ROOT.glob(pattern)):
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()


def key(*parts: object) -> str:
    """A name for results that depend on ``parts`` and the surroundings."""
    return hashlib.sha256(repr((surroundings(), parts)).encode()).hexdigest()[:32]


# --- pages ------------------------------------------------------------------------------------------


def drop_torn(app: Sphinx, config: Config) -> None:
    """Before reading: drop a cache that a killed build was writing into; workers need one that stands."""
    folder = Path(config.nb_execution_cache_path)
    cache = get_cache(folder)
    try:
        for record in cache.list_cache_records():
            json.loads((folder / "executed" / record.hashkey / "base.ipynb").read_bytes())
    except (OSError, ValueError, RuntimeError):
        shutil.rmtree(folder)
        get_cache(folder).list_cache_records()


def name_kernel(app: Sphinx, page: str, source: list[str]) -> None:
    """Let the kernel's name tell what a page's results depend on: tags and settings too."""
    cells = [match[0] for match in CELL.finditer(source[0])]
    if not cells:
        return
    front = FRONT_MATTER.match(source[0])
    if front is None or KERNEL not in front[0]:
        logger.warning("no front matter with '%s'", KERNEL.strip(), location=page)
        return
    settings = [(value.name, value.value) for value in app.config if value.name.startswith("nb_")]
    named = KERNEL.replace("\n", f", {key(settings, front[0], cells)}\n")
    source[0] = source[0].replace(KERNEL, named, 1)


def check_pages_ran(app: Sphinx, env: BuildEnvironment) -> None:
    """After reading: a page with cells that did not run is a warning."""
    for page in sorted(env.found_docs):
        text = Path(env.doc2path(page)).read_text(encoding="utf-8")
        ran = NbMetadataCollector.get_exec_data(env, page)
        if CELL.search(text) and ran is None and app.config.nb_execution_mode != "off":
            logger.warning("the page's cells were not run", location=page)


# --- scripts ----------------------------------------------------------------------------------------


def lay_out(app: Sphinx, config: Config) -> None:
    """Before the gallery: put the kept results of unchanged scripts where Sphinx-Gallery looks."""
    made, gallery = Path(app.srcdir) / "auto_gallery", Path(app.srcdir).parent / "gallery"
    settings = repr(config.sphinx_gallery_conf)
    fresh = not made.exists()  # `nox -s serve` has an older one, and Sphinx-Gallery's own rules
    for script in sorted(gallery.rglob("*.py")):
        told = key(settings, script.parent.name, script.name, script.read_text(encoding="utf-8"))
        kept[script] = Path(app.confdir) / "_build" / "cache" / "scripts" / told
        if fresh and kept[script].exists():
            shutil.copytree(kept[script], made / script.parent.name, dirs_exist_ok=True)


def keep(app: Sphinx) -> None:
    """After the gallery: keep the results of each script that came to its end in this build."""
    for name in app.config.sphinx_gallery_conf["passing_examples"]:
        script = Path(name)
        room = Path(app.srcdir) / "auto_gallery" / script.parent.name
        numbered = f"images/sphx_glr_{script.stem}_[0-9][0-9][0-9].*"
        thumbnail = f"images/thumb/sphx_glr_{script.stem}_thumb.*"
        if (room / f"{script.stem}{FAULTS}").exists():
            continue
        kept[script].parent.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=kept[script].parent))
        for pattern in (f"{script.stem}.*", numbered, thumbnail):
            for path in room.glob(pattern):
                (new / path.relative_to(room)).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, new / path.relative_to(room))
        shutil.rmtree(kept[script], ignore_errors=True)
        new.rename(kept[script])  # whole or not at all


def check_scripts_ran(app: Sphinx) -> None:
    """After the gallery: a script that failed, or that no room shows, is a warning."""
    settings = app.config.sphinx_gallery_conf
    if not settings["plot_gallery"]:
        return
    for script in kept:
        page = Path(app.srcdir) / "auto_gallery" / script.parent.name / f"{script.stem}.rst"
        if str(script) in settings["failing_examples"]:
            told = settings["failing_examples"][str(script)]
            logger.warning("the script failed\n%s", told, location=f"{script}:1")
        elif page.with_suffix(FAULTS).exists():
            for fault in page.with_suffix(FAULTS).read_text(encoding="utf-8").splitlines():
                logger.warning("%s", fault, location=f"{script}:1")
        elif not page.with_suffix(".py.md5").exists():  # Sphinx-Gallery's mark of a complete run
            logger.warning("the gallery does not run this script", location=f"{script}:1")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: those of scripts before and after Sphinx-Gallery's own."""
    app.connect("config-inited", lay_out, priority=1)
    app.connect("config-inited", drop_torn)
    app.connect("builder-inited", check_scripts_ran, priority=600)
    app.connect("builder-inited", keep, priority=800)
    app.connect("source-read", name_kernel, priority=900)  # with the tags that others give
    app.connect("env-check-consistency", check_pages_ran)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
