"""The code of pages and scripts as a reader takes it: cells with their tags, sections and lines."""

import re
from dataclasses import dataclass
from pathlib import Path

CELL = re.compile(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(?:---\n.*?^---\n|(?::[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
TAGS = re.compile(r"^:?tags: *\[([^\]]*)\]", re.MULTILINE)
HEADING = re.compile(r"^## +(.*)$", re.MULTILINE)
# Cells that only the site or the download has: what a reader copies from the page lacks them.
NOT_SHOWN = {"remove-cell", "download-only", "site-only"}


@dataclass(frozen=True)
class Cell:
    """One cell: its code, its tags, the ``##`` heading above it ("" at the top), its first line."""

    code: str
    tags: frozenset[str]
    section: str
    line: int


def cells(path: Path) -> list[Cell]:
    """The cells of a page in their order."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in CELL.finditer(text):
        body = match.group(2)
        options = OPTIONS.match(body)
        head = options.group() if options else ""
        tags = TAGS.search(head)
        before = text[: match.start()]
        headings = HEADING.findall(CELL.sub("", before))
        found.append(
            Cell(
                code=body[len(head) :],
                tags=frozenset(tag.strip() for tag in tags.group(1).split(","))
                if tags
                else frozenset(),
                section=headings[-1] if headings else "",
                line=text[: match.start(2)].count("\n") + head.count("\n") + 1,
            )
        )
    return found


def code_of(path: Path) -> str:
    """All code of a script, or of a page's cells, each line where it stands in the file."""
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    lines: list[str] = []
    for cell in cells(path):
        lines += [""] * (cell.line - 1 - len(lines)) + cell.code.splitlines()
    return "\n".join(lines) + "\n"


def pasted(path: Path) -> dict[str, list[Cell]]:
    """What a reader who copies the last block of each section with its set-up runs: cells by section."""
    shown = [cell for cell in cells(path) if not cell.tags & NOT_SHOWN]
    setup = [cell for cell in shown if "setup" in cell.tags]
    sections = dict.fromkeys(cell.section for cell in shown if "setup" not in cell.tags)
    return {
        name: [*setup, *(c for c in shown if c.section == name and "setup" not in c.tags)]
        for name in sections
    }
