"""A resolved page's prose as Markdown that any notebook shows: no role or directive is left in it."""

from collections.abc import Callable
from textwrap import indent
from urllib.parse import urljoin, urlparse

from docutils import nodes
from sphinx import addnodes

# What only the site shows; a download's code draws its figures itself.
LEFT_OUT = (
    nodes.raw, nodes.comment, nodes.Invisible, nodes.image, nodes.figure, nodes.system_message,
    addnodes.toctree, addnodes.index, addnodes.only,
)  # fmt: skip


def classes_of(node: nodes.Node) -> list[str]:
    """The classes of a node, of which text has none."""
    return node["classes"] if isinstance(node, nodes.Element) else []


def left_out(node: nodes.Node) -> bool:
    """Whether only the site shows ``node``: what code prints and draws, what asks for no words."""
    shown = {"site-only", "page-downloads", "sphx-glr-script-out", "sphx-glr-horizontal"}
    return isinstance(node, LEFT_OUT) or not shown.isdisjoint(classes_of(node))


class Markdown:
    """Writes the prose of one page, its links from ``address``, its formulas by ``formula``."""

    def __init__(self, address: str, formula: Callable[[str, bool], str]) -> None:
        self.address, self.formula = address, formula

    def inline(self, node: nodes.Node) -> str:
        """Text with its marks, on one line."""
        if isinstance(node, nodes.Text):
            return " ".join(f"|{node.astext()}|".split())[1:-1]
        if left_out(node):
            return ""
        if isinstance(node, nodes.literal):
            return f"`{node.astext()}`"
        if isinstance(node, nodes.math):
            return self.formula(node.astext(), False)
        text = "".join(map(self.inline, node.children))
        if isinstance(node, nodes.emphasis | nodes.strong) and text:
            mark = "*" if isinstance(node, nodes.emphasis) else "**"
            return f"{mark}{text}{mark}"
        if isinstance(node, nodes.reference):
            target = node.get("refuri") or f"#{node.get('refid', '')}"
            absolute = urljoin(self.address, target)
            return f"[{text}]({absolute})" if urlparse(absolute).scheme else text
        return text

    def blocks(self, node: nodes.Element, level: int, between: str = "\n\n") -> str:
        """The blocks inside ``node``, one below the other."""
        return between.join(filter(None, (self.block(child, level) for child in node.children)))

    def block(self, node: nodes.Node, level: int = 1) -> str:
        """A block as Markdown."""
        if left_out(node):
            return ""
        match node:
            case nodes.title() if level > 2:
                return f"{'#' * level} {self.inline(node)}"
            case nodes.title():
                title = self.inline(node)
                return f"{title}\n{'=-'[level - 1] * len(title)}"
            case nodes.math_block():
                return self.formula(node.astext().strip(), True)
            case nodes.literal_block():
                return f"```\n{node.astext()}\n```"
            case nodes.bullet_list() | nodes.enumerated_list():
                mark = "- " if isinstance(node, nodes.bullet_list) else "1. "
                items = (indent(self.blocks(item, level), " " * len(mark)) for item in node)
                return "\n".join(mark + item.lstrip() for item in items)
            case nodes.table():
                rows = [
                    [self.blocks(entry, level, " ") for entry in row.children]
                    for row in node.findall(nodes.row)
                ]
                rows.insert(1, ["---"] * len(rows[0]))
                return "\n".join(f"| {' | '.join(row)} |" for row in rows)
            case nodes.Admonition():
                heading = (
                    "" if isinstance(node, nodes.admonition) else f"**{node.tagname.title()}**\n\n"
                )
                quoted = heading + self.blocks(node, 3)
                return "\n".join(f"> {line}".rstrip() for line in quoted.splitlines())
            case nodes.paragraph() if "exercise-title" in node["classes"]:
                return f"**Exercise: {self.inline(node)}**"
            case nodes.TextElement() | nodes.Text():
                return self.inline(node).strip()
        return self.blocks(node, level)
