"""What runs again, what is removed, what pages show of one another: the hooks one by one."""

import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import build_lock
import freshness
import gallery_style
import leftovers
import matplotlib as mpl
import matplotlib.pyplot as plt
import outlook
import prose
import pytest
import unchanged
from docutils import nodes
from docutils.utils import new_document
from kernels import BUILD, die_with, end_with_the_build, leave
from PIL import Image
from sphinx import addnodes

# --- what a source depends on --------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a small package, a gallery and what the gallery made."""
    package = tmp_path / "src" / "mse_nll"
    files = {
        "__init__": "from mse_nll.high import high\nfrom mse_nll.low import low\nimport sys\n",
        "low": "from mse_nll import high\n\n\ndef low():\n    return 1\n",
        "high": "from .low import low\nfrom . import VERSION, names\n\n\ndef high():\n    return low()\n",
        "names": "",
        "other": "",
    }
    package.mkdir(parents=True)
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    (tmp_path / "gallery" / "room").mkdir(parents=True)
    (tmp_path / "docs" / "auto_gallery" / "room").mkdir(parents=True)
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    monkeypatch.setattr(freshness, "PACKAGE", package)
    monkeypatch.setattr(freshness, "GALLERY", tmp_path / "gallery")
    monkeypatch.setattr(freshness, "MADE", tmp_path / "docs" / "auto_gallery")
    return tmp_path


def depends(project: Path, source: str, module: str) -> bool:
    """Whether a source's fingerprint changes with a module."""
    path = project / "src" / "mse_nll" / f"{module}.py"
    text, before = path.read_text("utf-8"), freshness.fingerprint(source)
    path.write_text(text + "# changed\n", encoding="utf-8")
    after = freshness.fingerprint(source)
    path.write_text(text, encoding="utf-8")
    return before != after


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("from mse_nll import low\n", {"low", "high", "names"}),
        ("from mse_nll import (\n    high,\n)\n", {"low", "high", "names"}),
        ("import mse_nll\n", {"low", "high", "names"}),
        ("from mse_nll import unknown\n", {"low", "high", "names"}),
        ("import torch\n", set()),
    ],
)
def test_dependencies(project: Path, source: str, modules: set[str]) -> None:
    """A source depends on the modules that it imports, directly, in a circle, or all of them."""
    names = ["low", "high", "names", "other"]
    assert {name for name in names if depends(project, source, name)} == modules


def script(project: Path, name: str = "plot_a", *, ran: bool = True, tried: bool = True) -> Path:
    """A script of the gallery, and what the gallery leaves of one that ran."""
    path = project / "gallery" / "room" / f"{name}.py"
    path.write_text("print(1)\n", encoding="utf-8")
    made = freshness.MADE / "room"
    if tried:
        (made / path.name).write_text("print(1)\n", encoding="utf-8")
    if ran:
        (made / f"{path.name}.md5").write_text("digest", encoding="utf-8")
        freshness.remember_script(path)
    return path


def test_scripts_are_forgotten_when_they_change(project: Path) -> None:
    """An unchanged script keeps its digest; a changed one loses it and its record, and is given workers."""
    path = script(project)
    digest = freshness.MADE / "room" / "plot_a.py.md5"
    app: Any = SimpleNamespace(config=SimpleNamespace(sphinx_gallery_conf={"parallel": 2}))
    path.write_text("print(2)\n", encoding="utf-8")
    freshness.forget_scripts(app)
    assert not digest.exists()
    assert app.config.sphinx_gallery_conf["parallel"] == 2
    assert not freshness.record_of(path).exists()


def test_unchanged_scripts_need_no_workers(project: Path) -> None:
    """Nothing is forgotten, and no process is started to find that there is nothing to run."""
    script(project)
    app: Any = SimpleNamespace(config=SimpleNamespace(sphinx_gallery_conf={"parallel": 2}))
    freshness.forget_scripts(app)
    assert (freshness.MADE / "room" / "plot_a.py.md5").exists()
    assert app.config.sphinx_gallery_conf["parallel"] is False


def test_a_script_that_failed_has_no_record(project: Path) -> None:
    """Without the gallery's own digest a script did not come to its end."""
    path = script(project, ran=False)
    freshness.remember_script(path)
    assert not freshness.record_of(path).exists()


def application(**settings: Any) -> Any:
    """As much of an application as the hooks read."""
    known = {
        "only": "",
        "nb_execution_mode": "force",
        "sphinx_gallery_conf": {"plot_gallery": True},
    }
    config = SimpleNamespace(**{**known, **settings.pop("config", {})})
    return SimpleNamespace(config=config, statuscode=0, **settings)


def test_scripts_that_did_not_run(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """One that failed ends the build; one that no room shows is a warning."""
    script(project)
    freshness.check_scripts_ran(application())
    script(project, "helper", ran=False, tried=False)
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(freshness.logger, "warning", lambda message, place, **_: said.append(place))
        freshness.check_scripts_ran(application())
        assert said == ["gallery/room/helper.py"]
        script(project, "plot_b", ran=False)
        with pytest.raises(SystemExit, match=r"scripts failed: gallery/room/plot_b\.py"):
            freshness.check_scripts_ran(application())
    freshness.check_scripts_ran(application(config={"only": "a"}))
    freshness.check_scripts_ran(
        application(config={"sphinx_gallery_conf": {"plot_gallery": False}})
    )


def test_pages_that_did_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page with cells whose run is not on record is a warning."""
    ran = {"a": {"method": "force"}, "b": None, "c": {"method": "cache"}}
    monkeypatch.setattr(freshness.NbMetadataCollector, "get_exec_data", lambda _, page: ran[page])
    said: list[str] = []
    monkeypatch.setattr(freshness.logger, "warning", lambda _, location: said.append(location))
    env: Any = SimpleNamespace(mse_nll_functions=dict.fromkeys("abc"))
    freshness.check_pages_ran(application(), env)
    assert said == ["b", "c"]
    freshness.check_pages_ran(application(config={"nb_execution_mode": "off"}), env)
    assert said == ["b", "c"]


def test_outdated_pages(project: Path, tmp_path: Path) -> None:
    """Pages whose functions changed, and pages that were warned of; no page that is read anyway."""
    cell = "```{code-cell} python\nfrom mse_nll import low\n```\n"
    pages = {"a": cell, "b": cell.replace("low", "high"), "plain": "text", "new": cell}
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    env: Any = SimpleNamespace(
        found_docs=set(pages), doc2path=lambda name: str(tmp_path / f"{name}.md")
    )
    app = application(doctreedir=tmp_path / "doctrees")
    app.doctreedir.mkdir()
    first = freshness.outdated_pages(app, env, {"new"}, set(), set())
    assert first == ["a", "b"]
    assert freshness.outdated_pages(app, env, set(), set(), set()) == []
    (freshness.PACKAGE / "names.py").write_text("x = 1\n", encoding="utf-8")
    record = freshness.record_of_warnings(app)
    record.write_text(json.dumps(["plain", "deleted"]), encoding="utf-8")
    assert freshness.outdated_pages(app, env, {"new"}, set(), set()) == ["a", "b", "plain"]


def test_a_preview_runs_what_it_names(tmp_path: Path) -> None:
    """Pages and scripts of that name run; all others are left out, and nothing is said of them."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.md").write_text("", encoding="utf-8")
    app = application(srcdir=tmp_path, config={"only": "", "suppress_warnings": []})
    freshness.choose(app, app.config)
    assert "filename_pattern" not in app.config.sphinx_gallery_conf
    app.config.only = "one"
    app.config.sphinx_gallery_conf = {}
    freshness.choose(app, app.config)
    assert app.config.sphinx_gallery_conf["filename_pattern"] == "one"
    assert app.config.nb_execution_excludepatterns == [(tmp_path / "two.md").as_posix()]
    assert "mystnb.glue" in app.config.suppress_warnings


# --- warnings that are not forgotten -------------------------------------------------------------


@pytest.fixture
def warned(tmp_path: Path) -> Any:
    """An application that listens for warnings."""
    env = SimpleNamespace(found_docs={"a"}, path2doc=lambda path: Path(path).stem)
    app = application(doctreedir=tmp_path, env=env)
    freshness.listen(app, app.config)
    yield app
    logging.getLogger("sphinx").removeHandler(app.warned)


def warn(location: str | None, **extra: str) -> None:
    """Warn as Sphinx does."""
    logging.getLogger("sphinx").warning("beware", extra={"location": location, **extra})


def test_pages_of_warnings_are_kept(warned: Any) -> None:
    """The page of a warning is remembered; a cell that failed fails the build."""
    warn("/docs/a.md:3")
    assert warned.warned.pages == {"a"}
    assert warned.statuscode == 0
    warn("/docs/a.md:3", type="mystnb", subtype="exec")
    assert warned.statuscode == 1
    freshness.remember_warnings(warned, None)
    assert freshness.last_warned(warned) == ["a"]


@pytest.mark.parametrize("place", [None, "/src/mse_nll/low.py:docstring of low:3"])
def test_a_warning_without_a_page(warned: Any, place: str | None) -> None:
    """It may concern any page: the next build reads all of them again."""
    pickle = Path(warned.doctreedir) / "environment.pickle"
    pickle.write_bytes(b"")
    warn(place)
    freshness.remember_warnings(warned, None)
    freshness.listen(warned, warned.config)
    assert not pickle.exists()


def test_a_warning_before_there_are_pages(warned: Any) -> None:
    """The same, before the environment is there."""
    del warned.env
    warn("/docs/a.md")
    assert warned.warned.pages == {freshness.EVERYTHING}


# --- the gallery's style -------------------------------------------------------------------------


@pytest.fixture
def style() -> Any:
    """Matplotlib as it was, afterwards."""
    with mpl.rc_context():
        yield
    plt.close("all")
    signal.alarm(0)
    gallery_style.outside.close()


def test_a_script_starts_from_the_sites_style(style: Any, project: Path) -> None:
    """Whatever came before, the style is the site's, warnings are errors, time is limited; until it ends."""
    mpl.rcParams["figure.facecolor"] = "red"
    plt.figure()
    filters = list(warnings.filters)
    gallery_style.reset_style({}, "plot_a.py", "before")
    with pytest.raises(UserWarning):
        warnings.warn("beware", stacklevel=1)
    assert mpl.rcParams["figure.facecolor"] == "none"
    assert not plt.get_fignums()
    with pytest.raises(TimeoutError, match=r"plot_a\.py ran for more than"):
        signal.raise_signal(signal.SIGALRM)
    assert signal.alarm(0) > 0
    gallery_style.reset_style({}, "plot_a.py", "after")
    assert warnings.filters == filters


def test_the_end_of_a_script_is_recorded(style: Any, project: Path) -> None:
    """After a script whose blocks ran its record stands; after none, nothing happens."""
    path = script(project)
    freshness.record_of(path).unlink()
    gallery_style.running = None
    gallery_style.reset_style({}, "plot_a.py", "after")
    assert not freshness.record_of(path).exists()
    gallery_style.running = path
    gallery_style.reset_style({}, "plot_a.py", "after")
    assert freshness.record_of(path).exists()
    assert signal.alarm(0) == 0


class Paths(list):
    """Sphinx-Gallery's iterator of image names."""

    def __init__(self, folder: Path) -> None:
        self.image_path = f"{folder}/images/a_{{0:03}}.png"


def scrape(monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """Scrape the open figures; what Sphinx-Gallery's own scraper is asked for."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(gallery_style, "matplotlib_scraper", lambda *_, **kw: asked.update(kw))
    block_vars = {"src_file": "gallery/plot_a.py", "image_path_iterator": Paths(folder)}
    gallery_style.svg_scraper(None, block_vars, {})
    return asked


def test_figures_are_svg(style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Figures have no date, fit the page, draw many markers as pixels; the first has a thumbnail."""
    figure, ax = plt.subplots(figsize=(12, 4))
    ax.set_title("A title")
    (many,) = ax.plot(range(200), "o")
    (few,) = ax.plot(range(3), "o")
    (line,) = ax.plot(range(200))
    dots = ax.scatter(range(200), range(200))
    dot = ax.scatter([1], [1])
    bars = ax.fill_between([0, 1], [0, 1])
    asked = scrape(monkeypatch, tmp_path)
    assert asked["format"] == "svg"
    assert asked["metadata"] == {"Date": None}
    assert list(figure.get_size_inches()) == [gallery_style.WIDEST, 4]
    drawn = [artist.get_rasterized() for artist in (many, few, line, dots, dot, bars)]
    assert drawn == [True, False, False, True, False, False]
    assert (tmp_path / "images" / "a_001.png").read_bytes().startswith(b"\x89PNG")
    assert gallery_style.running == Path("gallery/plot_a.py")


def test_thumbnails_are_lightened_once(tmp_path: Path) -> None:
    """A thumbnail in full colours becomes one of few, and stays as it is from then on."""
    thumbnail = tmp_path / "auto_gallery" / "room" / "images" / "thumb" / "a.png"
    thumbnail.parent.mkdir(parents=True)
    Image.linear_gradient("L").convert("RGBA").save(thumbnail)
    heavy = thumbnail.stat().st_size
    app: Any = SimpleNamespace(srcdir=tmp_path)
    gallery_style.lighten_thumbnails(app)
    light = thumbnail.read_bytes()
    assert len(light) < heavy
    with Image.open(thumbnail) as picture:
        assert picture.mode == "P"
    gallery_style.lighten_thumbnails(app)
    assert thumbnail.read_bytes() == light


def test_coordinates_are_hundredths() -> None:
    """Of coordinates alone: a glyph's scale keeps its digits, and a picture its data."""
    svg = '<path id="a.1234" d="M 1.23456 -0.5\nL 200.00049 7" transform="scale(0.015625)"/><use x="3.999"/>'
    expected = (
        '<path id="a.1234" d="M 1.23 -0.5\nL 200 7" transform="scale(0.015625)"/><use x="4"/>'
    )
    assert gallery_style.coarsened(svg) == expected


def test_drawn_figures_are_coarsened(
    style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Those of the block, once they are written."""

    def draw(block: Any, block_vars: dict[str, Any], *_: Any, **__: Any) -> str:
        paths = block_vars["image_path_iterator"]
        paths.append("a")
        written = Path(paths.image_path.format(1)).with_suffix(".svg")
        written.write_text('<path d="M 0.12345 1"/>', encoding="utf-8")
        return "shown"

    plt.subplots()[1].set_title("A title")
    monkeypatch.setattr(gallery_style, "matplotlib_scraper", draw)
    block_vars = {"src_file": "gallery/plot_a.py", "image_path_iterator": Paths(tmp_path)}
    assert gallery_style.svg_scraper(None, block_vars, {}) == "shown"
    assert (tmp_path / "images/a_001.svg").read_text("utf-8") == '<path d="M 0.12 1"/>'


def test_a_block_without_figures(
    style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing is drawn for it."""
    scrape(monkeypatch, tmp_path)
    assert not (tmp_path / "images").exists()


@pytest.mark.parametrize("by", ["suptitle", "right", None])
def test_a_figure_needs_a_title(
    style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, by: str | None
) -> None:
    """A title over the figure or at any side of an axes will do; none is an error."""
    figure, ax = plt.subplots()
    if by == "suptitle":
        figure.suptitle("A title")
    elif by:
        ax.set_title("A title", loc=by)
    else:
        with pytest.raises(ValueError, match=r"plot_a\.py: figure 1 has no title"):
            scrape(monkeypatch, tmp_path)
        return
    scrape(monkeypatch, tmp_path)


def test_curves_that_only_colours_tell_apart(
    style: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In grey, or to a colour-blind reader, two of the legend's curves would be one: an error."""
    _, ax = plt.subplots()
    ax.set_title("A title")
    ax.plot([0, 1], label="one")
    ax.plot([1, 0])  # not in the legend
    ax.axhline(0, color="C1", ls="--", label="another")
    ax.errorbar([0, 1], [0, 1], [1, 1], fmt="C2o", label="bars")
    ax.errorbar([0, 1], [0, 1], [1, 1], fmt="none", label="bars without marks")
    scrape(monkeypatch, tmp_path)
    ax.errorbar([0, 1], [1, 0], [1, 1], fmt="C3o", label="other bars")
    with pytest.raises(ValueError, match="tell apart 'bars' and 'other bars'; give one another"):
        scrape(monkeypatch, tmp_path)


# --- one build at a time -------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An application about to build."""
    monkeypatch.setenv(BUILD, "")
    out = tmp_path / "docs" / "_build" / "html"
    out.mkdir(parents=True)
    return application(srcdir=tmp_path / "docs", outdir=out, doctreedir=out / ".doctrees")


HOLD = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {folder!r})
import build_lock
app = SimpleNamespace(srcdir={srcdir!r})
build_lock.lock(app)
print("held", flush=True)
sys.stdin.read()
"""


def test_lock(checkout: Any) -> None:
    """While another process holds the lock a build does not start; afterwards it does."""
    folder = str(Path(build_lock.__file__).parent)
    code = HOLD.format(folder=folder, srcdir=str(checkout.srcdir))
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(SystemExit, match=f"process {holder.pid} is building this checkout"):
            build_lock.begin(checkout, checkout.config)
        checkout.lock.close()
        holder.stdin.close()
    build_lock.begin(checkout, checkout.config)
    checkout.lock.close()


def test_without_locks(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that has no such locks builds without one."""
    monkeypatch.setattr(build_lock, "fcntl", None)
    build_lock.begin(checkout, checkout.config)
    assert (checkout.srcdir / "_build" / ".lock").read_text("utf-8") == str(os.getpid())
    checkout.lock.close()


def test_orphans_are_ended(checkout: Any) -> None:
    """Workers that a killed build of this checkout left are ended; those of another are not."""
    sleeper = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(60)"]
    lock = checkout.srcdir / "_build" / ".lock"
    started = [
        subprocess.Popen(sleeper, stdout=-1, env={**os.environ, BUILD: f"1 {path}"})
        for path in (lock, "/elsewhere/.lock")
    ]
    for process in started:
        process.stdout.readline()
    build_lock.begin(checkout, checkout.config)
    assert started[0].wait(10) == -signal.SIGKILL
    assert started[1].poll() is None
    started[1].kill()
    for process in started:
        process.communicate()
    checkout.lock.close()


def test_a_full_disk_is_named(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is said before anything runs."""
    monkeypatch.setattr(build_lock.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(SystemExit, match="less than 50 MB are free"):
        build_lock.begin(checkout, checkout.config)
    checkout.lock.close()


def test_a_folder_that_is_none(checkout: Any) -> None:
    """A folder that cannot be written to is named."""
    checkout.outdir = checkout.outdir / "missing"
    with pytest.raises(SystemExit, match=r"cannot write there: .*missing"):
        build_lock.begin(checkout, checkout.config)
    checkout.lock.close()


def test_a_killed_build_is_cleared(checkout: Any) -> None:
    """After a build that did not end, pages and torn figures go; whole figures stay."""
    figures = checkout.outdir.parent / "jupyter_execute"
    figures.mkdir()
    whole, torn = b"<svg></svg>", b"<svg>"
    name = hashlib.sha256(whole).hexdigest()
    (figures / f"{name}.svg").write_bytes(whole)
    (figures / f"{name}.png").write_bytes(torn)
    (figures / "page.ipynb").write_bytes(b"{}")
    page = checkout.outdir / "page.html"
    page.write_text("half a pa", encoding="utf-8")
    build_lock.begin(checkout, checkout.config)
    assert page.exists()
    build_lock.mark(checkout)
    checkout.lock.close()
    build_lock.begin(checkout, checkout.config)
    assert not page.exists()
    assert sorted(path.name for path in figures.iterdir()) == [f"{name}.svg", "page.ipynb"]
    build_lock.unmark(checkout, None)
    assert not build_lock.marker(checkout).exists()
    checkout.lock.close()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_workers_end_with_their_build(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    """A worker whose build has ended ends; the build itself, and a worker with a build, do not."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr("ctypes.CDLL", lambda _: SimpleNamespace(prctl=lambda *_: 0))
    monkeypatch.setattr(sys, "platform", platform)
    build_lock.in_worker(application())
    assert ended == []
    monkeypatch.setattr(
        "multiprocessing.current_process", lambda: SimpleNamespace(name="Process-1")
    )
    monkeypatch.setenv(BUILD, f"{os.getppid()} /lock")
    end_with_the_build()
    assert ended == []
    die_with(-1)
    assert ended == [1]
    with pytest.raises(SystemExit):
        leave()


# --- leftovers -----------------------------------------------------------------------------------


def test_what_a_deleted_script_left(tmp_path: Path) -> None:
    """The files of a script that is gone go, a room that is gone goes whole, others stay."""
    made = tmp_path / "docs" / "auto_gallery"
    for name in ("room/plot_a", "room/plot_b", "gone/plot_c"):
        (tmp_path / "gallery" / "room").mkdir(parents=True, exist_ok=True)
        folder = (made / name).parent
        (folder / "images" / "thumb").mkdir(parents=True, exist_ok=True)
        stem = Path(name).name
        for kept in (f"{stem}.py", f"{stem}.rst", f"images/sphx_glr_{stem}_001.svg"):
            (folder / kept).write_text("", encoding="utf-8")
    (made / "backreferences").mkdir()
    (tmp_path / "gallery" / "room" / "plot_a.py").write_text("", encoding="utf-8")
    app: Any = SimpleNamespace(srcdir=tmp_path / "docs")
    leftovers.forget_deleted_scripts(app)
    left = sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file())
    assert left == ["room/images/sphx_glr_plot_a_001.svg", "room/plot_a.py", "room/plot_a.rst"]
    assert (made / "backreferences").is_dir()
    assert not (made / "gone").exists()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A built site with leftovers."""
    ran = {"a": None, "b": {"succeeded": False}}
    monkeypatch.setattr(leftovers.NbMetadataCollector, "get_exec_data", lambda _, page: ran[page])
    monkeypatch.setattr(leftovers, "download_stems", lambda _, page: [page] if page == "a" else [])
    out, docs = tmp_path / "out", tmp_path / "docs"
    for name in (
        "a.html", "old.html", "_images/a.svg", "_images/old.svg", "_images/sphx_glr_a_001.svg",
        "_downloads/1/a.py", "_downloads/1/old.py", "_downloads/pages/a.py",
        "_downloads/pages/old/b.py", "reports/b.err.log", "reports/a.err.log", "_modules/index.html",
        "_modules/p/m.html", "_modules/p/old.html", "_static/site.css", "_static/old.css",
        "_static/theme.css", "search.html", ".doctrees/x.html", "objects.inv",
    ):  # fmt: skip
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("", encoding="utf-8")
    (docs / "_static").mkdir(parents=True)
    (docs / "_static" / "site.css").write_text("", encoding="utf-8")
    (docs / "auto_gallery" / "room").mkdir(parents=True)
    rst = docs / "auto_gallery" / "room" / "plot_a.rst"
    rst.write_text(".. image-sg:: /auto_gallery/room/images/sphx_glr_a_001.svg", encoding="utf-8")
    record = {"static.json": ["site.css", "old.css"]}
    for name, value in record.items():
        (out / ".doctrees" / name).write_text(json.dumps(value), encoding="utf-8")
    env = SimpleNamespace(
        found_docs={"a", "b"}, images={"a.svg": (set(), "a.svg")},
        dlfiles={"a.py": (set(), "1/a.py")}, _viewcode_modules={"p.m": (1,), "p.none": False},
    )  # fmt: skip
    return application(
        outdir=out, srcdir=docs, confdir=docs, doctreedir=out / ".doctrees", env=env,
        builder=SimpleNamespace(name="html"),
        config={"html_static_path": ["_static"]},
    )  # fmt: skip


def test_leftovers_go(site: Any) -> None:
    """What no source asks for is removed, with folders that are empty then; all else stays."""
    leftovers.note_page(site, "search")
    leftovers.remove_leftovers(site, None)
    left = {p.relative_to(site.outdir).as_posix() for p in site.outdir.rglob("*") if p.is_file()}
    assert left == {
        "a.html", "_images/a.svg", "_images/sphx_glr_a_001.svg", "_downloads/1/a.py",
        "_downloads/pages/a.py", "reports/b.err.log", "_modules/index.html", "_modules/p/m.html",
        "_static/site.css", "_static/theme.css", "search.html", ".doctrees/x.html",
        ".doctrees/static.json", "objects.inv",
    }  # fmt: skip
    assert not (site.outdir / "_downloads" / "pages" / "old").exists()


@pytest.mark.parametrize(("builder", "exception"), [("latex", None), ("html", OSError())])
def test_leftovers_of_other_builds_stay(site: Any, builder: str, exception: Any) -> None:
    """A build that failed, or of another kind, removes nothing."""
    site.builder.name = builder
    leftovers.remove_leftovers(site, exception)
    assert (site.outdir / "old.html").exists()


def test_a_first_build_without_code(site: Any) -> None:
    """Without a record and without modules there is nothing to compare."""
    site.env._viewcode_modules = {}
    (site.outdir / ".doctrees" / "static.json").unlink()
    leftovers.remove_leftovers(site, None)
    assert (site.outdir / "_static" / "old.css").exists()
    assert not (site.outdir / "_modules").exists()


# --- what pages show of one another --------------------------------------------------------------


def environment() -> Any:
    """An environment of one page."""
    cite = SimpleNamespace(citation_ref_id="id1", docname="a", targets=["key"])
    standard = SimpleNamespace(
        labels={"x": ("a", "x", "X")}, anonlabels={}, data={"terms": {}}, objects={}
    )
    domains = {
        "standard_domain": standard,
        "python_domain": SimpleNamespace(objects={}),
        "math_domain": SimpleNamespace(equations={"eq": ("a", 1)}),
    }

    class Domains(SimpleNamespace):
        def __getitem__(self, name: str) -> Any:
            return SimpleNamespace(citation_refs=[cite])

    return SimpleNamespace(
        titles={"a": nodes.title("", "A")}, toctree_includes={"a": ["b"]},
        toc_secnumbers={"a": {"": (1,), "#x": (1, 2)}}, toc_fignumbers={}, found_docs={"a", "b"},
        domains=Domains(**domains),
    )  # fmt: skip


def test_pages_are_written_when_another_changes(tmp_path: Path) -> None:
    """All pages at first; none while nothing changes; all when a number or a title does."""
    app: Any = SimpleNamespace(doctreedir=tmp_path)
    env = environment()
    outlook.remember(app, None)
    assert outlook.pages_to_write(app, env) == ["a", "b"]
    outlook.remember(app, OSError())
    assert outlook.pages_to_write(app, env) == ["a", "b"]
    outlook.remember(app, None)
    assert outlook.pages_to_write(app, env) == []
    env.toc_secnumbers["a"] = dict(reversed(env.toc_secnumbers["a"].items()))
    assert outlook.pages_to_write(app, env) == []
    env.titles["a"] = nodes.title("", "Another title")
    assert outlook.pages_to_write(app, env) == ["a", "b"]


# --- decimals in prose ---------------------------------------------------------------------------


def paragraph(*children: Any) -> nodes.paragraph:
    """A paragraph of texts and other nodes."""
    made = nodes.paragraph("", "")
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return made


def cite(domain: str = "cite") -> nodes.Element:
    """A citation as it is before it is resolved."""
    return addnodes.pending_xref("", nodes.inline("", "key"), refdomain=domain)


def row(*cells: Any) -> nodes.row:
    """A row of a table."""
    return nodes.row("", *(nodes.entry("", paragraph(cell)) for cell in cells))


@pytest.mark.parametrize(
    ("node", "found"),
    [
        (paragraph("It is 0.3719 then 0.25."), "0.3719, 0.25"),
        (paragraph("It is ", nodes.math("", "x = 0.37")), "0.37"),
        (nodes.title("", "", nodes.Text("The 7.77 rule")), "7.77"),
        (paragraph("Section 1.2.3, v0.1b, 3 of 4, 1,234.5, Python 3.11 and 1.345."), None),
        (paragraph("A rate of 0.01."), None),
        (paragraph("It is ", nodes.literal("", "0.37")), None),
        (paragraph("It is 0.37 in ", cite()), None),
        (paragraph("It is 0.37 in ", cite("std")), "0.37"),
        (paragraph("It is 0.37 ", nodes.reference("", "", refuri="https://a.org")), None),
        (paragraph("It is 0.37 ", nodes.reference("", "", refuri="page.html")), "0.37"),
        (row("0.37", cite()), None),
        (row("0.37", "none"), "0.37"),
        (addnodes.desc("", paragraph("It is 0.37.")), None),
        (nodes.container("", paragraph("0.37"), classes=["cell_output"]), None),
        (nodes.math_block("", "x = 0.37"), None),
    ],
)
def test_decimals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, node: nodes.Element, found: str | None
) -> None:
    """A decimal needs a reason: a constant, the page's code, a citation, or not being prose."""
    source = tmp_path / "page.md"
    cell = "```{code-cell} python\nrate = 0.01\n```\n"
    source.write_text(cell + node.astext(), encoding="utf-8")
    document = new_document("page")
    shown = nodes.container("", nodes.literal_block("", "x = 4.44"), classes=["cell_input"])
    printed = nodes.container("", nodes.literal_block("", "0.37"), classes=["cell_output"])
    document += [shown, printed, node, paragraph("A glued 8.88.")]
    said: list[str] = []
    monkeypatch.setattr(prose.logger, "warning", lambda _, found, location: said.append(found))
    env = SimpleNamespace(docname="page", doc2path=lambda _: str(source))
    prose.check(application(env=env, config={"prose_constants": ["1.345"]}), document)
    assert said == ([found] if found else [])


def test_code_of_a_script(tmp_path: Path) -> None:
    """A script's page has its code in blocks, and no cells."""
    document = new_document("page")
    document += nodes.literal_block("", "x = 4.44")
    assert prose.own_code(document, tmp_path / "plot_a.rst") == "x = 4.44"
    assert prose.numbers("x2 = 4.44 + 1e-3 * 2. - v1.5") >= {4.44, 1e-3, 2.0}


# --- nothing to build ----------------------------------------------------------------------------


@pytest.fixture
def complete(checkout: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An application after a complete build."""
    monkeypatch.setattr(sys, "argv", ["sphinx", "-b", "html", "docs", "docs/_build/html"])
    monkeypatch.setattr(unchanged, "commit_of", lambda folder: "0")
    for name in (
        "docs/page.md",
        "src/mse_nll/low.py",
        "constraints.txt",
        "docs/_build/html/page.html",
    ):
        path = checkout.srcdir.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    checkout.doctreedir.mkdir()
    checkout.config.html_baseurl = checkout.config.only = ""
    checkout.statuscode, checkout.warned = 0, SimpleNamespace(pages=set())
    unchanged.end_early(checkout, checkout.config)
    unchanged.remember(checkout, None)
    return checkout


def test_nothing_to_build(complete: Any) -> None:
    """The build ends, as often as it is asked for."""
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            unchanged.end_early(complete, complete.config)
        assert ended.value.code == 0


@pytest.mark.parametrize("changed", ["docs/page.md", "src/mse_nll/low.py", "constraints.txt"])
def test_something_to_build(complete: Any, changed: str) -> None:
    """A changed source is built, and nothing is remembered until that came to its end."""
    (complete.srcdir.parent / changed).write_text("changed", encoding="utf-8")
    unchanged.end_early(complete, complete.config)
    assert not unchanged.record_of(complete).exists()


def test_an_edit_while_it_builds(complete: Any) -> None:
    """It is something new to the next build, though it stood there when this one came to its end."""
    page = complete.srcdir / "page.md"
    page.write_text("an edit", encoding="utf-8")
    unchanged.end_early(complete, complete.config)
    page.write_text("another edit", encoding="utf-8")
    unchanged.remember(complete, None)
    unchanged.end_early(complete, complete.config)
    assert not unchanged.record_of(complete).exists()


def test_settings_from_outside(complete: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another address, commit or option is something new; being told less is not."""
    known = unchanged.went_in(complete)
    monkeypatch.setattr(sys, "argv", [*sys.argv, "-q"])
    assert unchanged.went_in(complete) == known
    monkeypatch.setattr(sys, "argv", [*sys.argv, "-W"])
    assert unchanged.went_in(complete) != known
    monkeypatch.setattr(sys, "argv", sys.argv[:-2])
    complete.config.html_baseurl = "https://example.org/"
    assert unchanged.went_in(complete) != known
    complete.config.html_baseurl = ""
    monkeypatch.setattr(unchanged, "commit_of", lambda folder: "1")
    assert unchanged.went_in(complete) != known


def test_changed_output_is_made_again(complete: Any) -> None:
    """What was changed by hand and all pages are removed, so that Sphinx writes them and copies the rest."""
    page = complete.outdir / "page.html"
    page.write_text("changed", encoding="utf-8")
    unchanged.end_early(complete, complete.config)
    assert not page.exists()
    unchanged.remember(complete, None)
    (complete.outdir / "page.html").write_text("made", encoding="utf-8")
    unchanged.end_early(complete, complete.config)
    assert not page.exists()


@pytest.mark.parametrize("option", sorted(unchanged.ALL_THE_SAME))
def test_asked_to_build_all_the_same(
    complete: Any, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """The record is passed over."""
    monkeypatch.setattr(sys, "argv", ["sphinx", option])
    unchanged.end_early(complete, complete.config)


def test_what_is_not_complete_is_not_remembered(complete: Any) -> None:
    """A build that failed, warned or showed a part of the site; one that was killed is not trusted."""
    build_lock.mark(complete)
    unchanged.end_early(complete, complete.config)
    build_lock.unmark(complete, None)
    unchanged.record_of(complete).unlink()
    unchanged.remember(complete, OSError())
    for owner, name, value in (
        (complete, "statuscode", 1),
        (complete.warned, "pages", {"page"}),
        (complete.config, "only", "page"),
    ):
        before = getattr(owner, name)
        setattr(owner, name, value)
        unchanged.remember(complete, None)
        setattr(owner, name, before)
    assert not unchanged.record_of(complete).exists()
