"""The commit in the footer."""

import subprocess
from pathlib import Path

import footer
import pytest


def git(folder: Path, *arguments: str) -> str:
    """What git answers in a folder."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    asked = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that no service builds."""
    monkeypatch.delenv("MSE_NLL_COMMIT", raising=False)
    return tmp_path


def test_commit_of_a_checkout(project: Path) -> None:
    """It is what git says is checked out."""
    git(project, "init", "-q")
    assert footer.commit_of(project) == ""  # nothing is committed yet
    git(project, "commit", "--allow-empty", "-q", "-m", "first")
    assert footer.commit_of(project) == git(project, "rev-parse", "HEAD")[:10]


def test_no_checkout_has_no_commit(project: Path) -> None:
    """A folder that is none, even inside another checkout, has no commit."""
    assert footer.commit_of(project) == ""


def test_a_service_may_name_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's word comes first."""
    monkeypatch.setenv("MSE_NLL_COMMIT", "0123456789abcdef")
    assert footer.commit_of(project) == "0123456789"


def test_without_git(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git is not installed, the footer has the version alone."""
    (project / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert footer.commit_of(project) == ""
