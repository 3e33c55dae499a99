"""Scripts that carry the functions they use: the source of ``mse_nll``, written into what readers take.

A page shows ``from mse_nll import …``; its download must run where the package is not installed. The
import is replaced by the source of just those functions and of what they call, in the order they are
needed, each docstring cut to its first line. Nothing is maintained twice: the source is read from ``src``.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "mse_nll"
IMPORT = re.compile(r"^from mse_nll import (?:\([^)]*\)|[^\n]*)\n", re.MULTILINE)
# Where the name that is imported is not the name that is installed.
DISTRIBUTIONS = {"sklearn": "scikit-learn", "mpl_toolkits": "matplotlib"}


class Module:
    """One module of the package: its definitions and imports by the names they give."""

    def __init__(self, name: str) -> None:
        self.source = (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        self.lines = self.source.splitlines()
        self.definitions: dict[str, ast.stmt] = {}
        self.imports: dict[str, str] = {}  # name -> the statement that imports it alone
        self.siblings: dict[str, str] = {}  # name -> the module of the package that defines it
        for node in ast.parse(self.source).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.definitions[node.name] = node
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    for part in ast.walk(target):
                        if isinstance(part, ast.Name):
                            self.definitions[part.id] = node
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self.add_import(node)

    def add_import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Note each name that an import gives."""
        for alias in node.names:
            given = alias.asname or alias.name.split(".")[0]
            renamed = f" as {alias.asname}" if alias.asname else ""
            if isinstance(node, ast.Import):
                self.imports[given] = f"import {alias.name}{renamed}"
            elif (node.module or "").split(".")[0] == "mse_nll":
                self.siblings[given] = node.module.rpartition(".")[2]
            elif node.module != "__future__":
                self.imports[given] = f"from {node.module} import {alias.name}{renamed}"

    def text(self, node: ast.stmt) -> str:
        """The source of a definition, its docstrings cut to their first line."""
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        lines = dict(enumerate(self.lines[first - 1 : node.end_lineno], start=first))
        for inner in ast.walk(node):
            if not isinstance(inner, ast.FunctionDef | ast.ClassDef):
                continue
            summary = (ast.get_docstring(inner) or "").split("\n")[0]
            if summary:
                quoted = inner.body[0]
                indent = " " * quoted.col_offset
                prefix = "r" if "\\" in summary else ""
                lines[quoted.lineno] = f'{indent}{prefix}"""{summary}"""'
                for number in range(quoted.lineno + 1, quoted.end_lineno + 1):
                    del lines[number]
        return "\n".join(lines.values())


@cache
def module(name: str) -> Module:
    """A module of the package, read once."""
    return Module(name)


@cache
def carried(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The imports and the definitions that ``names`` need, each once and in the order needed."""
    imports: dict[str, None] = {}
    definitions: dict[str, None] = {}
    started: set[tuple[str, str]] = set()

    def add(name: str, home: str) -> None:
        here = module(home)
        if name in here.siblings:
            add(name, here.siblings[name])
        elif name in here.imports:
            imports[here.imports[name]] = None
        elif name in here.definitions and (home, name) not in started:
            started.add((home, name))
            node = here.definitions[name]
            for used in ast.walk(node):
                if isinstance(used, ast.Name) and used.id != name:
                    add(used.id, home)
            definitions[here.text(node)] = None

    public = module("__init__")
    for name in names:
        if name not in public.siblings:
            raise ValueError(f"mse_nll has no public name {name!r}")
        add(name, "__init__")
    return sorted(imports), list(definitions)


def carry(source: str, version: str) -> str:
    """``source`` with its imports from ``mse_nll`` replaced by the functions they name."""
    statements = list(IMPORT.finditer(source))
    if not statements:
        return source
    names = [
        alias.name
        for statement in statements
        for node in ast.parse(statement.group()).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    imports, definitions = carried(tuple(dict.fromkeys(names)))
    block = (
        f"# ---- Carried from mse_nll {version} (BSD-3-Clause), so that this runs by itself ----\n"
        + "\n".join(imports)
        + "\n\n\n"
        + "\n\n\n".join(definitions)
        + "\n\n\n# ---- End of what is carried from mse_nll ----\n"
    )
    block = re.sub(r"\n{4,}", "\n\n\n", block)
    first = statements[0]
    rest = IMPORT.sub("", source[first.end() :])
    return source[: first.start()] + "\n" + block + rest


def third_party(source: str) -> list[str]:
    """The distributions that ``source`` imports, by the names they are installed by."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            roots.add(node.module.split(".")[0])
    outside = roots - sys.stdlib_module_names - {"mse_nll"}
    return sorted(DISTRIBUTIONS.get(root, root) for root in outside)


def with_requirements(source: str) -> str:
    """``source`` begun with its requirements as inline script metadata (PEP 723)."""
    listed = "\n".join(f'#   "{name}",' for name in third_party(source))
    header = (
        f'# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n{listed}\n# ]\n# ///\n'
    )
    return header + source
