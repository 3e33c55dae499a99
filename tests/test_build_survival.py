"""What the build survives: a kill at any moment, a folder it cannot write to, a full disk, a second build."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest
from tiny_site import TinySite, descendants, differences

OLD = "The last whole site."


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """What a clean build of the tiny site makes, and how long it takes."""
    site = TinySite(tmp_path_factory.mktemp("clean"))
    built = site.build()
    assert built.status == 0, built.said
    return site.contents(), built.seconds


def standing(folder: Path) -> TinySite:
    """A tiny site with a whole site of before."""
    site = TinySite(folder)
    site.write("docs/_build/html/index.html", OLD)
    return site


def kill_at(site: TinySite, moment: str | float, number: signal.Signals = signal.SIGKILL) -> None:
    """Begin a build, and kill it when it says ``moment`` or after as many seconds."""
    build = site.start()
    if isinstance(moment, str):
        for line in build.stdout:
            if moment in line:
                break
    else:
        time.sleep(moment)
    if number is signal.SIGKILL:
        build.kill()
    else:
        os.killpg(build.pid, number)  # as a terminal does
    build.wait()
    build.stdout.close()


def builds_clean(site: TinySite, expected: dict[str, bytes]) -> None:
    """The next build gives what a clean build gives, and leaves nothing of the killed one behind."""
    built = site.build()
    assert built.status == 0, built.said
    assert not differences(site.contents(), expected)
    assert not (site.docs / "_build" / "work").exists()


@pytest.mark.tiny
def test_killed_then_built(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """The site of before stands after a kill, here just before the end, and the next build is a clean one."""
    site = standing(tmp_path)
    kill_at(site, "dumping object inventory")
    assert site.html("index") == OLD
    builds_clean(site, clean[0])


@pytest.mark.tiny
def test_interrupted_as_by_hand(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """Control-C ends the build and its workers; the next build is a clean one."""
    site = standing(tmp_path)
    kill_at(site, "reading sources", signal.SIGINT)
    assert site.html("index") == OLD
    builds_clean(site, clean[0])


@pytest.mark.tiny
def test_killed_between_two_renames(tmp_path: Path) -> None:
    """The one moment without a site: the next build puts the last one back before it does anything."""
    site = standing(tmp_path)
    site.write("docs/conf.py", "1 / 0")
    site.out.rename(site.out.with_suffix(".old"))
    assert site.build().status != 0
    assert site.html("index") == OLD


@pytest.mark.kills
def test_killed_many_times(clean: tuple[dict[str, bytes], float], tmp_path: Path) -> None:
    """The same at twenty moments, of clean builds and of builds of an edited site."""
    expected, seconds = clean
    moments = 20
    chosen = random.Random(0)
    site = TinySite(tmp_path)
    for number in range(moments):
        if number % 2:
            site.edit("docs/four_steps.md", "is stated", "is written")
            site.edit("gallery/reductions/plot_two.py", "Three points are", "Some points are")
            assert site.build().status == 0
            site.edit("docs/four_steps.md", "is written", "is stated")
            site.edit("gallery/reductions/plot_two.py", "Some points are", "Three points are")
        else:
            shutil.rmtree(site.path("docs/_build"), ignore_errors=True)
        moment = (number + chosen.random()) / moments * seconds
        print(f"kill {number + 1} of {moments} after {moment:.1f} s")
        kill_at(site, moment)
        builds_clean(site, expected)


@pytest.mark.tiny
def test_no_process_outlives_its_build(tmp_path: Path) -> None:
    """Kernels and workers of a build that was killed end by themselves."""
    site = TinySite(tmp_path, scripts=0)
    site.edit(
        "docs/four_steps.md", "import math\n", "import math, time\nprint('runs')\ntime.sleep(600)\n"
    )
    build = site.start()
    children: set[int] = set()
    while not any("forkserver" in " ".join(command(pid)) for pid in children):
        time.sleep(0.5)
        children |= descendants(build.pid)
    time.sleep(5)
    children |= descendants(build.pid)
    build.kill()
    build.wait()
    build.stdout.close()
    for _ in range(300):
        if not any(map(runs, children)):
            return
        time.sleep(0.1)
    pytest.fail(str([command(pid) for pid in children if runs(pid)]))


def command(pid: int) -> list[str]:
    """How a process was called; nothing when it has ended."""
    try:
        return psutil.Process(pid).cmdline()
    except psutil.Error:
        return []


def runs(pid: int) -> bool:
    """Whether a process still does something."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.mark.tiny
def test_one_build_at_a_time(tmp_path: Path) -> None:
    """A second build of a checkout says whom it waits for, and finds nothing to do when it ended."""
    site = TinySite(tmp_path)
    first = site.start()
    for line in first.stdout:
        if "generating gallery" in line:
            break
    second = site.start()
    assert f"process {first.pid} is building this checkout: waiting" in second.stdout.readline()
    _, (said, _) = first.communicate(timeout=180), second.communicate(timeout=180)
    assert first.returncode == second.returncode == 0
    assert "nothing changed since the last build" in said


@pytest.mark.tiny
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    """It is named before anything runs."""
    site = TinySite(tmp_path)
    site.path("docs/_build").write_text(
        "no folder: not even root can write into it", encoding="utf-8"
    )
    built = site.build()
    assert built.status != 0
    assert "ERROR: the build cannot read or write: " in built.said
    assert "docs/_build" in built.said.splitlines()[-1]


@pytest.mark.tiny
def test_a_full_disk(tmp_path: Path) -> None:
    """A disk that fills up is named in the list; the site of before stands."""
    site = standing(tmp_path)
    full = "(Path(app.outdir) / 'objects.inv').symlink_to('/dev/full')"
    hook = f"\n\ndef setup(app):\n    app.connect('env-updated', lambda app, env: {full})\n"
    site.write("docs/conf.py", site.read("docs/conf.py") + hook)
    built = site.build()
    assert built.status != 0
    assert "No space left on device" in built.said[built.said.rindex("The build failed.") :]
    assert site.html("index") == OLD
