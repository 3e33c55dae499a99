"""Each page with code as a script and as a notebook, made from the page as readers see it.

Links and citations are resolved there, so no markup of Sphinx can be left. What the code imports from
``mse_nll`` is carried along in one block (:mod:`carried_source`), so a download runs by itself.
"""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import nbformat
from carried_source import block, requirements, without_imports
from docutils import nodes
from exercise import check_cell
from gallery_pages import SCRIPT_CODE
from markdown_prose import Markdown, classes_of, left_out
from nbformat import v4
from plain_formula import plain
from sphinx import addnodes
from sphinx.application import Sphinx

FOLDER = "_downloads"
WITHOUT = "_without_solutions"
INPUT = "input-in-downloads"  # a cell's tag in place of myst-nb's, which drops the code as it reads


class Cell(NamedTuple):
    """Code, or the nodes of prose, each with the level of a heading in it."""

    code: str
    prose: list[tuple[nodes.Node, int]]
    classes: list[str]


def cells_of(node: nodes.Element, level: int = 0) -> list[Cell]:
    """What a page says and runs, in its order; each heading begins a cell."""
    found: list[Cell] = []
    for child in node.children:
        classes = classes_of(child)
        if isinstance(child, nodes.section):
            found += cells_of(child, level + 1)
        elif "cell" in classes or SCRIPT_CODE in classes:
            code = next(child.findall(nodes.literal_block), child).astext()
            found.append(Cell(code.strip("\n"), [], classes))
        elif not left_out(child):
            if not found or found[-1].code or isinstance(child, nodes.title):
                found.append(Cell("", [], []))
            found[-1].prose.append((child, level))
            if "exercise" in classes and "answer" in child:
                found.append(Cell(check_cell(child), [], []))
    return found


def in_notebook(tex: str, display: bool) -> str:
    """A formula as notebooks show it."""
    return f"$$\n{tex}\n$$" if display else f"${tex}$"


def in_script(tex: str, display: bool) -> str:
    """A formula as a script's comments show it; matrices, cases and braces stay TeX."""
    if re.search(r"matrix|cases|brace\b", tex):
        return in_notebook(tex, display)
    if display and "\\\\" in tex and "\\begin" not in tex:
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return textwrap.indent(plain(tex), "    " * display)


def written(cells: list[Cell], prose: Markdown) -> list[tuple[str, str]]:
    """Cells as pairs of code and Markdown, one of which is empty."""
    texts = (
        (cell.code, filter(None, (prose.block(*part) for part in cell.prose))) for cell in cells
    )
    return [(code, "\n\n".join(blocks)) for code, blocks in texts]


def wrapped(text: str) -> list[str]:
    """The lines of Markdown, none longer than a comment may be."""
    lines: list[str] = []
    for line in text.splitlines():
        whole = line.startswith("|")  # a table's row
        lines += [line] if whole or len(line) < 97 else textwrap.wrap(
            line, 96, subsequent_indent=re.match(r"[ >]*", line)[0],
            break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    return lines


def script(cells: list[tuple[str, str]], carried: str, heading: str, origin: str) -> str:
    """A script: the page's beginning as docstring, other prose as comments."""
    first, *rest = cells
    lead = wrapped(f"{first[1]}\n\n{origin}")
    parts = [f"# %% {heading}\n{carried}\n\n\n# %% End of the functions from mse_nll"] * bool(
        carried
    )
    for code, prose in rest:
        parts.append(
            code or "\n".join(["# %%", *(f"# {line}".rstrip() for line in wrapped(prose))])
        )
    body = "\n\n".join(parts)
    prefix = "r" if any("\\" in line for line in lead) else ""
    return "\n".join([f'{prefix}"""', *lead, '"""', "", requirements(body), body, ""])


def notebook(cells: list[tuple[str, str]], carried: str, heading: str, origin: str) -> str:
    """A notebook, the carried functions folded in a cell of their own."""
    made = [
        v4.new_code_cell(code) if code else v4.new_markdown_cell(prose) for code, prose in cells
    ]
    made[0].source += f"\n\n{origin}"
    if carried:
        folded = {"jupyter": {"source_hidden": True}}
        made[1:1] = [v4.new_markdown_cell(heading), v4.new_code_cell(carried, metadata=folded)]
    for number, cell in enumerate(made):
        cell.id = f"cell-{number}"  # the same in every build
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.writes(v4.new_notebook(cells=made, metadata={"kernelspec": kernel})) + "\n"


def write(app: Sphinx, page: str, stem: str, cells: list[Cell]) -> None:
    """Write a page's script and notebook."""
    base, title = app.config.html_baseurl, app.env.titles[page].astext()
    address = base and base + app.builder.get_target_uri(page)
    names: dict[str, None] = {}
    for number, cell in enumerate(cells):
        code, used = without_imports(cell.code)
        cells[number] = cell._replace(code=code)
        names |= dict.fromkeys(used)
    cells = [cell for cell in cells if cell.code or cell.prose]
    carried = block(list(names))
    heading = f"Functions from mse_nll {app.config.release} (BSD-3-Clause)"
    origin = f"From “{title}” in “{app.config.project}”{': ' + address if address else '.'}"
    out = Path(app.outdir) / FOLDER / stem
    out.parent.mkdir(parents=True, exist_ok=True)
    run = f"{origin}\nIt runs by itself: uv run {out.name}.py"
    texts = {
        ".py": script(written(cells, Markdown("", in_script)), carried, heading, run),
        ".ipynb": notebook(
            written(cells, Markdown(address, in_notebook)), carried, heading, origin
        ),
    }
    for suffix, text in texts.items():
        out.with_name(out.name + suffix).write_text(text, encoding="utf-8")


def links(page: str, stems: list[str]) -> nodes.paragraph:
    """A line that offers a page's downloads."""
    line = nodes.paragraph("", "Download: ", classes=["page-downloads"])
    for stem in stems:
        for text, suffix in (("script", ".py"), ("notebook", ".ipynb")):
            target = f"{'../' * page.count('/')}{FOLDER}/{stem}{suffix}"
            line += addnodes.download_reference("", text, refuri=target, reftarget=target)
            line += nodes.Text(" · ")
        line[-1] = nodes.Text(" · without solutions: ")
    name = stems[0].rpartition("/")[2]
    line[-1] = nodes.Text(" · ")
    line += [nodes.literal("", f"uv run {name}.py"), nodes.Text(" runs the script by itself.")]
    return line


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write a page's downloads, offer them at its beginning and end, and hide what only they show."""
    if app.builder.format != "html":
        return
    cells = cells_of(doctree)
    if any(cell.code for cell in cells):
        stems = {page: cells}
        if any("tag_exercise-solution" in cell.classes for cell in cells):
            stems[page + WITHOUT] = [c for c in cells if "tag_exercise-solution" not in c.classes]
        for stem, kept in stems.items():
            write(app, page, stem, kept)
        section = next(doctree.findall(nodes.section))
        lead = next((n for n, child in enumerate(section) if isinstance(child, nodes.paragraph)), 0)
        section.insert(lead + 1, links(page, list(stems)))
        section += links(page, list(stems))
    for cell in list(doctree.findall(nodes.container)):
        if "tag_download-only" in cell["classes"]:
            cell.parent.remove(cell)
        elif f"tag_{INPUT}" in cell["classes"]:
            cell.remove(cell[0])


def keep_input(app: Sphinx, page: str, source: list[str]) -> None:
    """Cells whose code is not shown on the page keep it until the downloads are made."""
    source[0] = re.sub(r"(tags:.*)\bremove-input\b", rf"\1{INPUT}", source[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("source-read", keep_input)
    app.connect("doctree-resolved", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
