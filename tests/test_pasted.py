"""What "Copy with set-up" copies runs alone: each section of each page of questions."""

from pathlib import Path

import pytest
from conftest import ROOT
from shifted_seeds import run_sections
from warm import call

QUESTIONS = sorted((ROOT / "docs" / "practice" / "questions").glob("*.md"))


@pytest.mark.parametrize("page", QUESTIONS, ids=lambda page: page.stem)
def test_sections_run_with_their_set_up(page: Path) -> None:
    """The page's set-up and one section's cells are all that the section's code needs."""
    ended = call(run_sections, page)
    assert ended.status == 0, ended.err
