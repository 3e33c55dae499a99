"""Each page with code as a script and as a notebook, made from the page as readers see it.

Links and citations are resolved there, so no markup of Sphinx can be left. What the code imports from
``mse_nll`` is carried along in one block (:mod:`carried_source`), so a download runs by itself.
"""

import ast
import re
import textwrap
from pathlib import Path
from typing import NamedTuple

import nbformat
from carried_source import block, requirements, without_imports
from docutils import nodes
from exercise import check_cell
from gallery_pages import SCRIPT_CODE
from markdown_prose import Markdown, classes_of
from nbformat import v4
from plain_formula import plain
from sphinx import addnodes
from sphinx.application import Sphinx

FOLDER = "_downloads"
WITHOUT = "_without_solutions"
INPUT = "input-in-downloads"  # a cell's tag in place of myst-nb's, which drops the code as it reads


class Cell(NamedTuple):
    """Code or prose."""

    code: str
    prose: str = ""
    solution: bool = False


def cells_of(node: nodes.Element, writer: Markdown, level: int = 0) -> list[Cell]:
    """What a page says and runs, in its order; each heading begins a cell."""
    found: list[Cell] = []
    for child in node.children:
        classes = classes_of(child)
        if isinstance(child, nodes.section):
            found += cells_of(child, writer, level + 1)
        elif "cell" in classes or SCRIPT_CODE in classes:
            code = next(child.findall(nodes.literal_block), child).astext()
            found.append(Cell(code, solution="tag_exercise-solution" in classes))
        elif prose := writer.block(child, level):
            if found and found[-1].prose and not isinstance(child, nodes.title):
                prose = f"{found.pop().prose}\n\n{prose}"
            found.append(Cell("", prose))
            if "exercise" in classes and "answer" in child:
                found.append(Cell(check_cell(child)))
    return found


def taken(cells: list[Cell]) -> tuple[list[Cell], str]:
    """Cells without their imports from the package, and the functions that these gave."""
    names: dict[str, None] = {}
    kept = []
    for cell in cells:
        code, used = without_imports(cell.code)
        names |= dict.fromkeys(used)
        kept += [cell._replace(code=code)] if code or cell.prose else []
    return kept, block(list(names))


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


def wrapped(text: str) -> list[str]:
    """The lines of Markdown, none but a table's longer than a comment may be."""
    lines: list[str] = []
    for line in text.splitlines():
        margin = re.match(r"[ >]*", line)[0]
        width = len(line) if line.startswith("|") else 96
        lines += textwrap.wrap(
            line,
            max(width, 1),
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return lines


def script(cells: list[Cell], heading: str, origin: str) -> str:
    """A script: the page's beginning as docstring, other prose as comments."""
    (first, *rest), carried = taken(cells)
    lead = wrapped(f"{first.prose}\n\n{origin}")
    parts = [f"# %% {heading}\n{carried}\n\n\n# %% End of the functions from mse_nll"]
    for code, prose, _ in rest:
        comment = "\n".join(f"# {line}".rstrip() for line in ["%%", *wrapped(prose)])
        parts.append(code or comment)
    body = "\n\n".join(parts if carried else parts[1:])
    prefix = "r" if "\\" in "".join(lead) else ""
    return "\n".join([f'{prefix}"""', *lead, '"""', "", requirements(body), body, ""])


def notebook(cells: list[Cell], heading: str, origin: str) -> str:
    """A notebook, the carried functions folded in a cell of their own."""
    (first, *rest), carried = taken(cells)
    made = [v4.new_markdown_cell(f"{first.prose}\n\n{origin}")]
    if carried:
        folded = {"jupyter": {"source_hidden": True}}
        made += [v4.new_markdown_cell(heading), v4.new_code_cell(carried, metadata=folded)]
    made += [v4.new_code_cell(c.code) if c.code else v4.new_markdown_cell(c.prose) for c in rest]
    for number, cell in enumerate(made):
        cell.id = f"cell-{number}"  # the same in every build
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.writes(v4.new_notebook(cells=made, metadata={"kernelspec": kernel})) + "\n"


def links(page: str, stems: list[str]) -> nodes.paragraph:
    """A line that offers a page's downloads."""
    line = nodes.paragraph("", "", classes=["page-downloads"])
    for stem, words in zip(stems, ("Download: ", " · without solutions: "), strict=False):
        for before, text, suffix in ((words, "script", ".py"), (" · ", "notebook", ".ipynb")):
            target = f"{'../' * page.count('/')}{FOLDER}/{stem}{suffix}"
            link = addnodes.download_reference("", text, refuri=target, reftarget=target)
            line += [nodes.Text(before), link]
    command = f"uv run {stems[0].rpartition('/')[2]}.py"
    line += [
        nodes.Text(" · "),
        nodes.literal("", command),
        nodes.Text(" runs the script by itself."),
    ]
    return line


def offer(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Write a page's downloads, offer them at its beginning and end, and hide what only they show."""
    base, title = app.config.html_baseurl, app.env.titles[page].astext()
    address = base and base + app.builder.get_target_uri(page)
    for_script = cells_of(doctree, Markdown("", in_script))
    try:
        ast.parse("\n".join(cell.code for cell in for_script))
    except SyntaxError:  # where the code ran, the build says so
        return
    if app.builder.format != "html" or not any(cell.code for cell in for_script):
        return
    for_notebook = cells_of(doctree, Markdown(address, in_notebook))
    heading = f"Functions from mse_nll {app.config.release} (BSD-3-Clause)"
    origin = f"From “{title}” in “{app.config.project}”{': ' + address if address else '.'}"
    stems = [page, page + WITHOUT] if any(cell.solution for cell in for_script) else [page]
    for stem in stems:
        out = Path(app.outdir) / FOLDER / stem
        out.parent.mkdir(parents=True, exist_ok=True)
        chosen = [
            [cell for cell in cells if stem == page or not cell.solution]
            for cells in (for_script, for_notebook)
        ]
        text = script(chosen[0], heading, f"{origin}\nIt runs by itself: uv run {out.name}.py")
        out.with_name(f"{out.name}.py").write_text(text, encoding="utf-8")
        text = notebook(chosen[1], heading, origin)
        out.with_name(f"{out.name}.ipynb").write_text(text, encoding="utf-8")
    section = next(doctree.findall(nodes.section))
    lead = section.first_child_matching_class(nodes.paragraph) or 0
    section.insert(lead + 1, links(page, stems))
    section += links(page, stems)
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
