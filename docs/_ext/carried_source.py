"""The functions of ``mse_nll`` that code imports, as one block of source that runs without the package.

Nothing is maintained twice: the block is read from ``src``, each definition with what it needs and
after it, each docstring cut to its first line.
"""

import ast
import re
import sys
from functools import cache
from pathlib import Path

from plain_formula import plain

PACKAGE = Path(__file__).parents[2] / "src" / "mse_nll"
DISTRIBUTIONS = {"sklearn": "scikit-learn", "mpl_toolkits": "matplotlib"}  # imported: installed


@cache
def statements(module: Path) -> dict[str, ast.stmt]:
    """The top-level statement of a module that gives each of its names."""
    found: dict[str, ast.stmt] = {}
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names = [node.name]
            case ast.Import() | ast.ImportFrom():
                names = [alias.asname or alias.name.split(".")[0] for alias in node.names]
            case _:
                stored = (part for part in ast.walk(node) if isinstance(part, ast.Name))
                names = [part.id for part in stored if isinstance(part.ctx, ast.Store)]
        found |= dict.fromkeys(names, node)
    return found


def text_of(module: Path, node: ast.stmt) -> str:
    """The source of a definition, its docstrings cut to their first line, in plain words."""
    lines = module.read_text(encoding="utf-8").splitlines()
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner):
            quoted = inner.body[0]
            line = lines[quoted.lineno - 1].removesuffix('"""')
            line = re.sub(":math:`([^`]+)`", lambda formula: plain(formula[1]), line)
            lines[quoted.lineno - 1] = re.sub(r":[\w:]+:`~?(?:\w+\.)*([^`]+)`", r"\1", line) + '"""'
            lines[quoted.lineno : quoted.end_lineno] = [None] * (quoted.end_lineno - quoted.lineno)
    return "\n".join(line for line in lines[first - 1 : node.end_lineno] if line is not None)


@cache
def carried(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The imports and the definitions that public ``names`` need, each once, in the order needed."""
    imports: dict[str, set[str]] = {}
    definitions: dict[str, None] = {}
    started: set[ast.stmt] = set()

    def add(name: str, module: Path) -> None:
        node = statements(module).get(name)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("mse_nll."):
            add(name, PACKAGE / f"{node.module.removeprefix('mse_nll.')}.py")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            given = next(a for a in node.names if name == (a.asname or a.name.split(".")[0]))
            home = f"from {node.module} " if isinstance(node, ast.ImportFrom) else ""
            imports.setdefault(home, set()).add(ast.unparse(given))
        elif node is not None and node not in started:
            started.add(node)
            for used in ast.walk(node):
                if isinstance(used, ast.Name):
                    add(used.id, module)
            definitions[text_of(module, node)] = None

    for name in names:
        if name not in statements(PACKAGE / "__init__.py"):
            raise ValueError(f"mse_nll has no public name {name!r}")
        add(name, PACKAGE / "__init__.py")
    lines = [f"import {name}" for name in sorted(imports.pop("", ()))]
    lines += [f"{home}import {', '.join(sorted(imports[home]))}" for home in sorted(imports)]
    return lines, list(definitions)


def without_imports(code: str) -> tuple[str, list[str]]:
    """``code`` without its imports from ``mse_nll``, and the names that they gave."""
    lines, names = code.splitlines(), []
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom) and node.module == "mse_nll":
            names += [alias.name for alias in node.names]
            start, end = node.lineno - 1, node.end_lineno
            if not "".join(filter(None, lines[max(start - 1, 0) : start] + lines[end : end + 1])):
                end += 1  # of two blank lines one goes too
            lines[start:end] = [None] * (end - start)
    kept = "\n".join(line for line in lines if line is not None)
    return re.sub(r"\n{4,}", "\n\n\n", kept).strip("\n"), names


def block(names: list[str]) -> str:
    """One block with all that ``names`` need, and how to do without it."""
    if not names:
        return ""
    imports, definitions = carried(tuple(names))
    start = f"# With mse_nll installed, write instead: from mse_nll import {', '.join(names)}"
    return "\n".join([start, *imports]) + "\n\n\n" + "\n\n\n".join(definitions)


def requirements(code: str) -> str:
    """What ``code`` imports from outside, as inline script metadata (PEP 723)."""
    roots: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            roots.add(str(node.module).split(".")[0])
    outside = sorted(DISTRIBUTIONS.get(root, root) for root in roots - sys.stdlib_module_names)
    listed = "".join(f'#   "{name}",\n' for name in outside)
    return f'# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n{listed}# ]\n# ///\n'
