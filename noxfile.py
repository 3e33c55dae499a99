"""Sessions: ``nox -l`` lists them. Sessions that run code share one environment, installed once."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["docs", "tests", "tiny", "browser", "lint"]
nox.options.stop_on_first_error = True

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".nox" / "environment"
PYTHON = ENVIRONMENT / "bin" / "python"
SITE = ROOT / "docs" / "_build" / "html"
PREVIEW = ROOT / "docs" / "_build" / "preview"
# Slow tests stand together, so the worker that has none left takes some of the other's.
BOTH_CORES = ["-n", "2", "--dist", "worksteal"]
HERE = "not browser and not tiny and not kills"  # tests of what stands here
PACKAGE = ["data", "gaussian", "linear", "metrics", "properties", "robust", "training"]  # its tests
# What decides what is installed: a change of one of these installs again.
DECIDING = ["pyproject.toml", "constraints.txt"]


def environment(session: nox.Session) -> None:
    """Make the one environment of all sessions, or reuse it when nothing that decides it changed."""
    stamp = ENVIRONMENT / "installed"
    wanted = hashlib.sha256(
        b"".join((ROOT / name).read_bytes() for name in DECIDING) + sys.version.encode()
    ).hexdigest()
    if not (stamp.exists() and stamp.read_text(encoding="utf-8") == wanted):
        session.log("installing the locked versions into .nox/environment (once)")
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        session.run(sys.executable, "-m", "venv", str(ENVIRONMENT), external=True)
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
        session.run(*pip, "install", "--quiet", "pip==26.3", external=True)
        groups = [
            part for group in ("docs", "tests", "lint", "serve") for part in ("--group", group)
        ]
        locked = ["--constraint", "constraints.txt"]
        # Python compiles what it imports; pip would compile all of it before anything starts.
        quick = ["--no-compile", "--progress-bar=off"]
        session.run(*pip, "install", *groups, *locked, *quick, external=True)
        session.run(*pip, "install", "--no-deps", "--editable", ".", *locked, external=True)
        stamp.write_text(wanted, encoding="utf-8")
    session.env["OMP_NUM_THREADS"] = "1"
    session.env["PYTHONDONTWRITEBYTECODE"] = ""  # or every process compiles all that it imports
    session.env["PATH"] = f"{PYTHON.parent}{os.pathsep}{os.environ['PATH']}"


def python(session: nox.Session, *arguments: str) -> None:
    """Run the environment's Python."""
    session.run(str(PYTHON), *arguments, external=True)


def run_marked(session: nox.Session, marker: str, *options: str) -> None:
    """Run the tests of a marker; no other file is read for them."""
    files = sorted(ROOT.glob("tests/test_*.py"))
    chosen = [str(path) for path in files if f"mark.{marker}" in path.read_text(encoding="utf-8")]
    python(session, "-m", "pytest", "-m", marker, *options, *session.posargs or chosen)


def build(session: nox.Session, *options: str) -> None:
    """Build the site if something changed: strict, into a new folder that takes the last one's place."""
    python(session, "docs/_ext/make_site.py", *options)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into docs/_build/html; "-- --fast PATTERN" runs the pages of that name alone."""
    environment(session)
    if session.posargs[:1] == ["--fast"]:
        if len(session.posargs) != 2:
            session.error(
                "write: nox -s docs -- --fast PATTERN, a part of the page's or script's name"
            )
        build(session, *session.posargs, "-q")
        session.log(f"only {session.posargs[1]!r} is shown: open {PREVIEW / 'index.html'}")
        return
    build(session, *session.posargs)
    session.log(f"open {SITE / 'index.html'}")


@nox.session
def tests(session: nox.Session) -> None:
    """Build the site if it is stale, then test the functions, the scripts and the site."""
    environment(session)
    build(session)
    python(session, "-m", "pytest", "-m", HERE, *BOTH_CORES, *session.posargs)


@nox.session
def tiny(session: nox.Session) -> None:
    """Build tiny sites, false, killed and changed ones: what the build refuses, survives and keeps."""
    environment(session)
    run_marked(session, "tiny", "-n", "2", "--dist", "loadfile")


@nox.session
def browser(session: nox.Session) -> None:
    """Open every page in headless Chromium (Debian's package chromium)."""
    environment(session)
    build(session, "-q")
    run_marked(session, "browser", *BOTH_CORES)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and types."""
    environment(session)
    python(session, "-m", "ruff", "check", ".")
    python(session, "-m", "ruff", "format", "--check", ".")
    python(session, "-m", "mypy")


@nox.session(default=False)
def serve(session: nox.Session) -> None:
    """Rebuild at every change and serve the site at 127.0.0.1:8000: for looking while writing."""
    environment(session)
    python(session, "-m", "sphinx_autobuild", "-j", "2", "--watch", "gallery", "--watch", "src",
           "--ignore", "docs/auto_gallery", "--ignore", "docs/_build",
           "docs", "docs/_build/serve", *session.posargs)  # fmt: skip


@nox.session(default=False)
def pdf(session: nox.Session) -> None:
    """Print the derivation as one PDF (Debian's package chromium); "-- PART FILE" prints another part."""
    environment(session)
    build(session, "-q")
    python(session, "docs/pdf.py", *session.posargs or ["derivation", "docs/_build/derivation.pdf"])


@nox.session(default=False)
def linkcheck(session: nox.Session) -> None:
    """Follow every external link (needs a network)."""
    environment(session)
    python(session, "-m", "sphinx", "-b", "linkcheck", "-D", "nb_execution_mode=off",
           "-D", "plot_gallery=0", "docs", "docs/_build/linkcheck")  # fmt: skip


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Print what losses, import and build cost, as ratios; "-- growth" and the like choose of the build."""
    environment(session)
    if not session.posargs:
        python(session, "tests/bench.py")
    python(session, "tests/bench_build.py", *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Measure which lines and branches of src and docs/_ext the tests run."""
    environment(session)
    build(session, "-q")
    python(session, "-m", "pytest", "-m", HERE, *BOTH_CORES, "--cov", "--cov-report=term-missing",
           *session.posargs)  # fmt: skip


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """Build the wheel and the sdist, and check both."""
    environment(session)
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    python(session, "-m", "build", "--outdir", "dist")
    session.run(str(PYTHON), "-m", "twine", "check", "--strict",
                *map(str, (ROOT / "dist").iterdir()), external=True)  # fmt: skip
    python(session, "tests/check_package.py")


@nox.session(default=False)
def kills(session: nox.Session) -> None:
    """Kill a tiny site's build at twenty moments; each next build must be a clean one."""
    environment(session)
    run_marked(session, "kills", "-s")


@nox.session(default=False)
def repeat(session: nox.Session) -> None:
    """Build the whole site twice, in two folders, with one worker and two; compare each byte."""
    environment(session)
    python(session, "tests/repeat.py", *session.posargs)


@nox.session(default=False)
def seeds(session: nox.Session) -> None:
    """Run pages and scripts with shifted seeds: which checks pass by luck; or "-- FILES" alone."""
    environment(session)
    python(session, "tests/shifted_seeds.py", *session.posargs)


@nox.session(default=False)
def oldest(session: nox.Session) -> None:
    """Test the package with the oldest versions that it declares, in .nox/oldest."""
    python = ROOT / ".nox" / "oldest" / "bin" / "python"
    declared = nox.project.load_toml(ROOT / "pyproject.toml")["project"]["dependencies"]
    bounds = [dependency.replace(">=", "==") for dependency in declared]
    session.run(sys.executable, "-m", "venv", str(python.parents[1]), external=True)
    session.run(str(python), "-m", "pip", "install", "--quiet", *bounds, "numpy<2", "pytest",
                "hypothesis", "mpmath", "statsmodels", "scikit-learn", external=True)  # fmt: skip
    session.run(str(python), "-m", "pip", "install", "--no-deps", ".", external=True)
    tested = [f"tests/test_{name}.py" for name in PACKAGE]
    session.run(str(python), "-m", "pytest", "src", *tested, *session.posargs, external=True)
