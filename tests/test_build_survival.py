"""What the build survives: a kill at any moment, a folder it cannot write to, a second build."""

import os
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tiny_site import Built, TinySite, descendants, differences

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("survival")]

# Moments of the default run; MSE_NLL_KILLS=20 (the session `kills`) spreads as many over the build.
MOMENTS = [
    "plot_two.py",
    "reading sources",
    "pickling environment",
    "writing output",
    "dumping search",
]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a clean build of the tiny site makes, and how long it takes."""
    site = TinySite(tmp_path_factory.mktemp("clean"))
    built = site.build()
    assert built.status == 0, built.said
    return site.contents(), built.seconds


def alive(pid: int) -> bool:
    """Whether a process still does something."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def kill_at(site: TinySite, moment: str | float) -> set[int]:
    """Begin a build, kill it when it says ``moment`` or after as many seconds; its workers."""
    build = site.start()
    if isinstance(moment, str):
        for line in build.stdout:
            if moment in line:
                break
    else:
        time.sleep(moment)
    workers = descendants(build.pid)
    build.kill()
    build.stdout.close()
    build.wait()
    return workers


def builds_clean(site: TinySite, expected: dict[str, bytes], workers: set[int]) -> None:
    """The next build gives what a clean build gives, and nothing of the killed one runs on."""
    built = site.build()
    assert built.status == 0, built.said
    assert not any(map(alive, workers))
    assert not differences(site.contents(), expected)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_then_built(
    moment: str, clean: tuple[dict[str, bytes], float], tmp_path: Path
) -> None:
    """After a kill nothing runs on, and the next build gives what a clean build gives."""
    site = TinySite(tmp_path)
    builds_clean(site, clean[0], kill_at(site, moment))


@pytest.mark.skipif("MSE_NLL_KILLS" not in os.environ, reason="on demand: nox -s kills")
def test_killed_many_times(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """The same at many moments, of clean builds and of builds of an edited site."""
    expected, seconds = clean
    moments = int(os.environ.get("MSE_NLL_KILLS", "0"))
    chosen = random.Random(0)
    site = TinySite(tmp_path)
    for number in range(moments):
        if number % 2:
            site.edit("docs/four_steps.md", "is stated", "is written")
            site.edit("gallery/reductions/plot_two.py", "Three points are", "Some points are")
            site.build()
            site.edit("docs/four_steps.md", "is written", "is stated")
            site.edit("gallery/reductions/plot_two.py", "Some points are", "Three points are")
        else:
            for made in ("docs/_build", "docs/auto_gallery"):
                shutil.rmtree(site.path(made), ignore_errors=True)
        moment = (number + chosen.random()) / moments * seconds
        print(f"kill {number + 1} of {moments} after {moment:.1f} s")
        builds_clean(site, expected, kill_at(site, moment))


def test_an_edit_survives_a_kill(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """A script that was killed while it replaced an older result shows none of the older one."""
    site = TinySite(tmp_path)
    site.edit("gallery/reductions/plot_two.py", "Three points are", "Some points are")
    assert site.build().status == 0
    site.edit("gallery/reductions/plot_two.py", "Some points are", "Three points are")
    builds_clean(site, clean[0], kill_at(site, "plot_two.py"))


def test_one_build_at_a_time(tmp_path: Path) -> None:
    """A second build of a checkout says why it does not start, and disturbs nothing."""
    site = TinySite(tmp_path)
    go = tmp_path / "go"
    loop = f"while not Path({str(go)!r}).exists():\n    time.sleep(0.1)\n"
    wait = f"import time\nfrom pathlib import Path\n\n{loop}"
    site.edit("gallery/reductions/plot_two.py", "import matplotlib", f"{wait}\nimport matplotlib")
    first = site.start()
    for line in first.stdout:
        if "generating gallery" in line:
            break
    second = site.build()
    go.touch()
    said, _ = first.communicate(timeout=120)
    assert second.status != 0
    assert f"process {first.pid} is building this checkout" in second.said
    assert first.returncode == 0, said


def test_interrupted_as_by_hand(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """Control-C ends the build and its workers; the next build gives what a clean build gives."""
    site = TinySite(tmp_path)
    build = site.start()
    for line in build.stdout:
        if "reading sources" in line:
            break
    workers = descendants(build.pid)
    os.killpg(build.pid, signal.SIGINT)
    build.communicate(timeout=60)
    assert build.returncode != 0
    builds_clean(site, clean[0], workers)


def as_nobody(site: TinySite) -> Built:
    """A build by a user who owns nothing here."""
    done = subprocess.run(
        ["setpriv", "--reuid", "65534", "--clear-groups", *site.command()],
        cwd=site.folder, env={**site.environment, "HOME": "/nonexistent"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Built(done.returncode, done.stdout, 0)


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs a user to change to"
)
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """A read-only output folder is named before anything runs."""
    site = TinySite(tmp_path)
    site.out.mkdir(parents=True)
    for folder in [site.folder, *site.folder.parents][:4]:
        folder.chmod(0o755)
    built = as_nobody(site)
    assert built.status != 0
    assert re.search(r"ERROR: the build does not start: cannot write there: .*/_build", built.said)
    assert "generating gallery" not in built.said


def test_a_full_disk(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """A disk that fills up is named with the file; with room again, the build is a clean one."""
    site = TinySite(tmp_path)
    site.out.mkdir(parents=True)
    (site.out / "objects.inv").symlink_to("/dev/full")
    built = site.build()
    assert built.status != 0
    assert "No space left on device" in built.said
    assert "dumping object inventory... failed" in built.said
    (site.out / "objects.inv").unlink()
    builds_clean(site, clean[0], set())
