"""What was run is kept by all that it depends on, and runs again when any of that changes.

For pages this is myst-nb's cache. Its key is the code of the cells and the kernel; the kernel's display
name is made to tell the rest. For scripts it is a folder beside it, from which ``auto_gallery`` is laid
out before Sphinx-Gallery looks for what need not run. And what should have run, ran: a script that failed
or that no room shows, and a page whose cells were left out, is a warning at its place.
"""

import hashlib
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from gallery_style import FAULTS
from jupyter_cache import get_cache
from jupyter_cache.cache.main import JupyterCacheBase
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
    "docs/_ext/gallery_style.py", "docs/_ext/kernels.py", "docs/_ext/svg_figures.py",
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


def begin_cache(app: Sphinx, config: Config) -> None:
    """Before reading: make the cache's database, and drop its oldest results.

    Workers that did this at once would meet: one takes what another has just begun to keep for too old.
    """
    get_cache(config.nb_execution_cache_path).truncate_caches()
    JupyterCacheBase.truncate_caches = lambda self: None


def name_kernel(app: Sphinx, page: str, source: list[str]) -> None:
    """Let the kernel's name tell what a page's results depend on: tags and settings too."""
    cells = [match[0] for match in CELL.finditer(source[0])]
    if not cells:
        return
    front = FRONT_MATTER.match(source[0])
    if front is None or KERNEL not in front[0]:
        logger.warning("no front matter with '%s'", KERNEL.strip(), location=page)
        return
    settings = [
        (value.name, value.value)
        for value in app.config
        if value.name.startswith("nb_") and value.name != "nb_execution_cache_path"
    ]
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
        name = script.relative_to(gallery).as_posix()
        told = key(settings, name, script.read_text(encoding="utf-8"))
        kept[script] = Path(config.nb_execution_cache_path).parent / "scripts" / told
        if fresh and kept[script].exists():
            shutil.copytree(kept[script], made / script.parent.name, dirs_exist_ok=True)


def keep(app: Sphinx) -> None:
    """After the gallery: keep the results of each script that came to its end; warn of the others."""
    settings = app.config.sphinx_gallery_conf
    for script in kept if settings["plot_gallery"] else ():
        room = Path(app.srcdir) / "auto_gallery" / script.parent.name
        faults = room / f"{script.stem}{FAULTS}"
        said = []
        if str(script) in settings["failing_examples"]:
            said = [f"the script failed\n{settings['failing_examples'][str(script)]}"]
        elif faults.exists():
            said = faults.read_text(encoding="utf-8").splitlines()
        elif not (room / f"{script.stem}.py.md5").exists():  # the mark of a complete run
            said = ["the gallery does not run this script"]
        for fault in said:
            logger.warning("%s", fault, location=f"{script}:1")
        if said or kept[script].exists():
            continue
        numbered = f"images/sphx_glr_{script.stem}_[0-9][0-9][0-9].*"
        thumbnail = f"images/thumb/sphx_glr_{script.stem}_thumb.*"
        for pattern in (f"{script.stem}.*", numbered, thumbnail):
            for path in room.glob(pattern):
                copy = kept[script] / path.relative_to(room)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: those of scripts before and after Sphinx-Gallery's own."""
    app.connect("config-inited", lay_out, priority=1)
    app.connect("config-inited", begin_cache)
    app.connect("builder-inited", keep, priority=800)
    app.connect("source-read", name_kernel, priority=900)  # with the tags that others give
    app.connect("env-check-consistency", check_pages_ran)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
