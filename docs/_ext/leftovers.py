"""Deleted pages, scripts and figures leave the output, as if they had never been built.

Sphinx writes what is there and removes nothing; Sphinx-Gallery leaves a deleted script's page among the
sources, where it would be built for ever.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from downloads import FOLDER, download_stems
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def forget_deleted_scripts(app: Sphinx) -> None:
    """Before the gallery: remove what it made of scripts that are gone."""
    made, gallery = Path(app.srcdir) / "auto_gallery", Path(app.srcdir).parent / "gallery"
    for room in sorted(path for path in made.glob("*") if path.is_dir()):
        if room.name != "backreferences" and not (gallery / room.name).is_dir():
            shutil.rmtree(room)
            continue
        for copy in sorted(room.glob("plot_*.py")):
            if not (gallery / room.name / copy.name).exists():
                for path in [
                    *room.glob(f"{copy.stem}.*"),
                    *room.glob(f"images/**/*_{copy.stem}_*"),
                ]:
                    path.unlink()


def note_page(app: Sphinx, pagename: str, *_: Any) -> None:
    """Note the pages that are written without a source, such as the index."""
    app.written_pages = {*getattr(app, "written_pages", ()), pagename}


def gallery_figures(app: Sphinx) -> set[str]:
    """The figures of the gallery's pages, which Sphinx-Gallery copies past Sphinx's own list."""
    pages = (Path(app.srcdir) / "auto_gallery").glob("*/plot_*.rst")
    found = (re.findall(r"/images/(sphx_glr_[\w.]+)", page.read_text("utf-8")) for page in pages)
    return set().union(*found)


def expected_files(app: Sphinx) -> set[str]:
    """The pages, figures and downloads that this build's sources ask for."""
    env = app.env
    modules = getattr(env, "_viewcode_modules", {})
    pages = {*env.found_docs, *getattr(app, "written_pages", ())}
    pages |= {f"_modules/{name.replace('.', '/')}" for name, entry in modules.items() if entry}
    return (
        {f"{page}.html" for page in pages}
        | {f"_images/{name}" for _, name in env.images.values()}
        | {f"_images/{name}" for name in gallery_figures(app)}
        | {f"_downloads/{name}" for _, name in env.dlfiles.values()}
        | {
            f"{FOLDER}/{stem}{suffix}"
            for page in env.found_docs
            for stem in download_stems(app, page)
            for suffix in (".py", ".ipynb")
        }
        | {f"reports/{page}.err.log" for page in env.found_docs if failed(env, page)}
        | ({"_modules/index.html"} if modules else set())
    )


def failed(env: BuildEnvironment, page: str) -> bool:
    """Whether a cell of ``page`` failed, so that myst-nb has written a report."""
    ran = NbMetadataCollector.get_exec_data(env, page)
    return ran is not None and not ran["succeeded"]


def remove_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """At the end: remove pages, figures and downloads that no source asks for any more."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    wanted = expected_files(app)
    (out / ".buildinfo.bak").unlink(missing_ok=True)
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        kept_by_sphinx = name.startswith((".doctrees", "_static", "_sources"))
        ours = name.startswith(("_images/", "_downloads/", "reports/")) or path.suffix == ".html"
        if path.is_file() and ours and not kept_by_sphinx and name not in wanted:
            path.unlink()
    for folder in sorted((p for p in out.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    remove_static(app, out)


def remove_static(app: Sphinx, out: Path) -> None:
    """Remove style sheets, scripts and pictures that are no longer among the project's own."""
    folders = [Path(app.confdir) / name for name in app.config.html_static_path]
    own = {p.relative_to(f).as_posix() for f in folders for p in f.rglob("*") if p.is_file()}
    record = Path(app.doctreedir) / "static.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else []
    for name in set(known) - own:
        (out / "_static" / name).unlink(missing_ok=True)
    record.write_text(json.dumps(sorted(own)), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: before the gallery, and when all is written."""
    app.connect("builder-inited", forget_deleted_scripts, priority=300)
    app.connect("html-page-context", note_page)
    app.connect("build-finished", remove_leftovers, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
