"""What readers take home: each gallery script and each page with code, as a script and as a notebook.

Sphinx-Gallery copies its scripts as they are. Here they are written again, once the site stands, with the
functions that they use (:mod:`carried_source`), their requirements, and prose whose links lead to the
site's public address, or are plain text when it has none.
"""

import ast
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from carried_source import PACKAGE, carry, with_requirements
from docutils import nodes
from exercise import check_cell, values
from sphinx.application import Sphinx
from sphinx_gallery.notebook import rst2md
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

FOLDER = "_downloads/pages"
WITHOUT = "_without_solutions"
CELL = re.compile(
    r"^(?P<fence>`{3,})\{(?P<kind>code-cell|exercise)\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
HIDDEN_FROM_DOWNLOADS = {"remove-cell", "site-only"}


# --- links and citations in prose ------------------------------------------------------------------


class Prose:
    """Turns the roles of a page's or script's prose into Markdown that any notebook shows."""

    def __init__(self, app: Sphinx, glued: dict[str, Any] | None = None) -> None:
        self.app, self.env, self.glued = app, app.env, glued or {}
        self.labels = self.env.domains.standard_domain.labels

    def link(self, text: str, page: str, anchor: str = "") -> str:
        """``text``, linked to the site's public address if it has one."""
        base = self.app.config.html_baseurl
        target = f"{base}{page}.html{'#' + anchor if anchor else ''}"
        return f"[{text}]({target})" if base else text

    def role(self, name: str, content: str) -> str:
        """One role as Markdown; an unknown one is an error, so that none is left in a notebook."""
        explicit = re.fullmatch(r"(?s)(.+?)\s*<([^<>]+)>", content)
        text, target = explicit.groups() if explicit else ("", content)
        target = target.lstrip("!~")
        if name in ("ref", "numref", "std:ref"):
            label = target.lower()
            if label in self.labels:
                page, anchor, title = self.labels[label]
                return self.link(text or title, page, anchor)
            return text or target  # Sphinx itself warns of a label that no page has
        if name in ("eq", "math:numref"):
            page, _ = self.env.domains.math_domain.equations.get(target, ("", 0))
            anchor = nodes.make_id(f"equation-{target}")
            number = self.env.toc_fignumbers.get(page, {}).get("displaymath", {}).get(anchor, ())
            return self.link(f"({'.'.join(map(str, number)) or target})", page, anchor)
        if name in ("doc", "std:doc"):
            page = target.strip("/")
            return text or page
        if name in ("func", "class", "meth", "attr", "py:func", "py:class", "mod", "obj"):
            shown = content.lstrip("!")
            shown = shown.rsplit(".", 1)[-1] if shown.startswith("~") else shown
            call = "()" if name in ("func", "meth", "py:func") and not text else ""
            return f"`{text or shown}{call}`"
        if name.startswith("cite"):
            return self.citation(name, target)
        if name in ("term", "abbr", "sub", "sup", "emphasis", "strong"):
            return text or target
        if name in ("code", "file", "py", "download"):
            return f"`{content}`"
        if name == "math":
            return f"${content}$"
        if name.startswith("glue"):
            return self.glue(content)
        raise ValueError(f"no Markdown is known for the role {name!r} in {content!r}")

    def citation(self, name: str, keys: str) -> str:
        """Authors and year, as the site shows them."""
        entries = self.env.domains["cite"].bibdata.data.entries
        found = []
        for key in keys.split(","):
            entry = entries[key.strip()]
            people = entry.persons.get("author") or entry.persons.get("editor") or []
            names = [" ".join(person.last_names).strip("{}") for person in people]
            who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
            who = who or str(entry.fields.get("title", key)).strip("{}")
            found.append((who, entry.fields.get("year", "undated")))
        if name.endswith(":t"):
            return ", ".join(f"{who} ({year})" for who, year in found)
        return "(" + "; ".join(f"{who}, {year}" for who, year in found) + ")"

    def glue(self, content: str) -> str:
        """A number that the page computed, in the format that the page gives it."""
        name, _, form = content.partition(":")
        value = self.glued[name]
        return format(value, form) if form else str(value)

    def from_rst(self, text: str) -> str:
        """A script's prose, ready for Sphinx-Gallery's own conversion to Markdown."""
        text = re.sub(
            r"(?<![\w:]):((?!math)[a-z][\w:]*):`([^`]+)`", lambda m: self.role(m[1], m[2]), text
        )
        return re.sub(r"\[([^\]]+)\]\((\S+?)\)", r"`\1 <\2>`_", text)

    def from_myst(self, text: str) -> str:
        """A page's prose as plain Markdown."""
        text = re.sub(r"\{([a-z][\w:]*)\}`([^`]+)`", lambda m: self.role(m[1], m[2]), text)
        text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^(\$\$) \([\w-]+\)$", r"\1", text, flags=re.MULTILINE)
        text = re.sub(r"(\$\$) \([\w-]+\)$", r"\1", text, flags=re.MULTILINE)
        text = re.sub(r"^:{3,}.*$|^%.*$", "", text, flags=re.MULTILINE)
        return DIRECTIVE.sub(plain_directive, text).strip()


DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,})\{(?P<name>[\w:-]+)\}(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$",
    re.MULTILINE | re.DOTALL,
)
ADMONITIONS = (
    "note",
    "tip",
    "important",
    "warning",
    "admonition",
    "seealso",
    "exercise",
    "caution",
    "hint",
)


def plain_directive(match: re.Match[str]) -> str:
    """A MyST directive as Markdown: boxes become quotations, what only Sphinx draws goes."""
    name, title = match["name"], match["title"].strip()
    body = re.sub(r"\A(?::\w[^\n]*\n)+", "", match["body"]).strip()
    if name == "math":
        return f"$$\n{body}\n$$"
    if name not in ADMONITIONS:
        return ""
    heading = title if name in ("admonition", "exercise") and title else name.capitalize()
    return "\n".join(f"> {line}".rstrip() for line in [f"**{heading}**", "", *body.splitlines()])


# --- notebooks and scripts ---------------------------------------------------------------------------


def notebook(cells: list[tuple[str, str]]) -> str:
    """A notebook of ``("markdown", "question" or "code", text)`` cells."""
    written = []
    for number, (kind, text) in enumerate(cell for cell in cells if cell[1].strip()):
        cell: dict[str, Any] = {
            "cell_type": "code" if kind == "code" else "markdown",
            "id": f"cell-{number}",
            "metadata": {},
            "source": text.strip("\n").splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        written.append(cell)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    document = {
        "cells": written,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def gallery_download(app: Sphinx, script: Path) -> tuple[str, str]:
    """A gallery script as a script and as a notebook."""
    prose, version = Prose(app), app.config.release
    source = script.read_text(encoding="utf-8")
    text = with_requirements(carry(source, version))
    _, blocks = split_code_and_text_blocks(script)
    cells = []
    levels: dict[tuple[str | None, str], int] = {
        (None, "="): 1,
        ("=", "="): 1,
        (None, "-"): 2,
        (None, "~"): 3,
    }
    for kind, content, _ in blocks:
        if kind == "text":
            markdown = rst2md(prose.from_rst(content), {}, "", levels)
            cells.append(("markdown", markdown.replace("``", "`")))
        else:
            cells.append(("code", carry(content, version)))
    return text, notebook(cells)


def page_cells(
    source: str,
    prose: Callable[[str], str],
    check: Callable[[dict[str, str]], str] = str,
    *,
    solutions: bool = True,
) -> list[tuple[str, str]]:
    """A page's prose, its questions and the cells that a reader takes, in order."""
    source = re.sub(r"\A---\n.*?\n---\n", "", source, flags=re.DOTALL)
    cells: list[tuple[str, str]] = []
    position = 0
    for match in CELL.finditer(source):
        cells.append(("markdown", prose(source[position : match.start()])))
        position = match.end()
        body = re.sub(r"\A---\n.*?\n---\n", "", match["body"], flags=re.DOTALL)
        options = re.match(r"(?::[^\n]*\n)*", body).group()
        if match["kind"] == "exercise":
            cells.append(("question", prose(match.group())))
            given = dict(re.findall(r"^:([\w-]+):[ \t]*(.*)$", options, re.MULTILINE))
            cells.append(("code", check(given)))
            continue
        tags = set(re.findall(r"[\w-]+", " ".join(re.findall(r":tags:(.*)", options))))
        if not tags & HIDDEN_FROM_DOWNLOADS and (solutions or "exercise-solution" not in tags):
            cells.append(("code", body[len(options) :].strip("\n")))
    cells.append(("markdown", prose(source[position:])))
    return cells


def page_download(app: Sphinx, page: str, *, solutions: bool = True) -> tuple[str, str]:
    """A page with code as a script and as a notebook."""
    path = Path(app.env.doc2path(page))
    version = app.config.release
    glued = values(app, page)
    cells = page_cells(
        path.read_text(encoding="utf-8"),
        Prose(app, glued).from_myst,
        lambda options: check_cell(options, glued),
        solutions=solutions,
    )
    title = app.env.titles[page].astext()
    parts = [f'"""{title}: the code of the page, in its order."""\n']
    for kind, text in cells:
        if kind == "code":
            parts.append(text + "\n")
        elif kind == "question":
            asked = re.sub(r"^> ?", "", text, flags=re.MULTILINE).replace("**", "", 2)
            parts += [f"# {line}".rstrip() for line in f"Exercise: {asked}".splitlines()]
        else:
            parts += [f"# {line}" for line in re.findall(r"^#{2,} (.*)$", text, re.MULTILINE)]
    script = with_requirements(carry("\n".join(parts), version))
    ast.parse(script)
    carried_cells = [
        (kind, carry(text + "\n", version) if kind == "code" else text) for kind, text in cells
    ]
    return script, notebook(carried_cells)


# --- the build -----------------------------------------------------------------------------------------


def hide_from_pages(app: Sphinx, docname: str, source: list[str]) -> None:
    """Cells that belong to the download alone run with the page and are not shown on it."""
    source[0] = re.sub(r"(:tags:.*)\bdownload-only\b", r"\1remove-cell", source[0])


def download_stems(app: Sphinx, page: str) -> list[str]:
    """The names, without suffix, of what ``page`` offers: none without a cell, two with a question."""
    path = Path(app.env.doc2path(page))
    if path.suffix != ".md":
        return []
    kinds = {kind for kind, _ in page_cells(path.read_text(encoding="utf-8"), str)}
    if "question" in kinds:
        return [page, f"{page}{WITHOUT}"]
    return [page] if "code" in kinds else []


def offer(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Tell the template which downloads a page has."""
    if doctree is None:
        return
    root = "../" * pagename.count("/")
    offers = []
    for stem in download_stems(app, pagename):
        without = " without solutions" if stem.endswith(WITHOUT) else ""
        for kind, suffix in (("script", ".py"), ("notebook", ".ipynb")):
            name = f"{kind}{without or f' ({suffix})'}"
            offers.append((name, f"{root}{FOLDER}/{stem}{suffix}"))
    if offers:
        context["page_downloads"] = offers


def write(path: Path, data: bytes) -> None:
    """Write ``data`` unless it stands there already."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def zipped(members: dict[str, str]) -> bytes:
    """A zip whose bytes depend on its members alone."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(members.items()):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)
    return file.getvalue()


def digest(app: Sphinx) -> str:
    """A digest of all that the downloads are made from."""
    source, made = Path(app.srcdir), Path(app.outdir).parent / "jupyter_execute"
    files = [
        *(Path(app.env.doc2path(page)) for page in app.env.found_docs),
        *(source.parent / "gallery").glob("*/*.py"),
        *PACKAGE.glob("*.py"),
        *source.glob("*.bib"),
        *made.rglob("*.glue.json"),
        *Path(__file__).parent.glob("*.py"),
    ]
    told = hashlib.sha256(f"{app.config.html_baseurl} {app.config.release}".encode())
    for path in sorted(files):
        told.update(path.as_posix().encode() + path.read_bytes())
    return told.hexdigest()


def write_downloads(app: Sphinx, exception: Exception | None) -> None:
    """Replace what Sphinx-Gallery copied, and add the pages' own; make them when something changed."""
    if exception or app.builder.name != "html":
        return
    kept, now = Path(app.doctreedir) / "downloads", digest(app)
    record = kept / "digest"
    if not record.exists() or record.read_text(encoding="utf-8") != now:
        shutil.rmtree(kept, ignore_errors=True)
        make_downloads(app, kept / "files")
        write(record, now.encode())
    for path in sorted((kept / "files").rglob("*.*")):
        write(Path(app.outdir) / path.relative_to(kept / "files"), path.read_bytes())


def make_downloads(app: Sphinx, out: Path) -> None:
    """Make every download, at its place below ``out``."""
    made: dict[str, str] = {}
    for script in sorted((Path(app.srcdir).parent / "gallery").glob("*/plot_*.py")):
        name = f"{script.parent.name}/{script.stem}"
        made[f"{name}.py"], made[f"{name}.ipynb"] = gallery_download(app, script)
    for original, (_, destination) in sorted(app.env.dlfiles.items()):
        relative = Path(original).as_posix().removeprefix("auto_gallery/")
        target = out / "_downloads" / destination
        stem = relative.rsplit(".", 1)[0]
        if relative in made:
            write(target, made[relative].encode())
        elif f"{stem}.py" in made:
            members = {Path(n).name: made[n] for n in (f"{stem}.py", f"{stem}.ipynb")}
            write(target, zipped(members))
        elif relative.endswith(".zip"):
            suffix = ".ipynb" if "jupyter" in relative else ".py"
            write(target, zipped({n: text for n, text in made.items() if n.endswith(suffix)}))
    for page in sorted(app.env.found_docs):
        for stem in download_stems(app, page):
            text, book = page_download(app, page, solutions=not stem.endswith(WITHOUT))
            write(out / FOLDER / f"{stem}.py", text.encode())
            write(out / FOLDER / f"{stem}.ipynb", book.encode())


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the page's links and the writing of the files."""
    app.connect("source-read", hide_from_pages)
    app.connect("html-page-context", offer)
    app.connect("build-finished", write_downloads)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
