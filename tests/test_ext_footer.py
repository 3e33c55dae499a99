"""The commit in the footer."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import footer
import pytest


def git(folder: Path, *arguments: str) -> str:
    """What git answers in a folder."""
    who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    asked = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The docs of a project that no service builds."""
    monkeypatch.delenv("MSE_NLL_COMMIT", raising=False)
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def test_commit_of_a_checkout(docs: Path) -> None:
    """It is what git says is checked out."""
    git(docs.parent, "init", "-q")
    assert footer.commit_of(docs) == ""  # nothing is committed yet
    git(docs.parent, "commit", "--allow-empty", "-q", "-m", "first")
    assert footer.commit_of(docs) == git(docs.parent, "rev-parse", "HEAD")[:10]


def test_no_checkout_has_no_commit(docs: Path) -> None:
    """A folder that is none, even inside another checkout, has no commit."""
    assert footer.commit_of(docs) == ""


def test_a_service_may_name_it(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's word comes first."""
    monkeypatch.setenv("MSE_NLL_COMMIT", "0123456789abcdef")
    assert footer.commit_of(docs) == "0123456789"


def test_without_git(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where git is not installed, the footer has the version alone."""
    (docs.parent / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert footer.commit_of(docs) == ""


def test_templates_are_told(docs: Path) -> None:
    """The hook gives it to the templates."""
    config = SimpleNamespace(html_context={})
    hooks = {}
    footer.setup(SimpleNamespace(connect=hooks.__setitem__))
    hooks["config-inited"](SimpleNamespace(srcdir=docs), config)
    assert config.html_context == {"commit": ""}
