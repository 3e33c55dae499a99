"""What "Copy with set-up" copies runs alone: each section of each page of questions."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

QUESTIONS = sorted((ROOT / "docs" / "practice" / "questions").glob("*.md"))


@pytest.mark.parametrize("page", QUESTIONS, ids=lambda page: page.stem)
def test_sections_run_with_their_set_up(page: Path) -> None:
    """The page's set-up and one section's cells are all that the section's code needs."""
    command = [sys.executable, str(ROOT / "tests" / "shifted_seeds.py"), "--sections", str(page)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert ended.returncode == 0, ended.stderr
