"""A changed module of ``src`` runs again what imports it, and nothing else.

Sphinx runs a page again when its file changed, Sphinx-Gallery a script. Both show what the package
computed, so a changed function must run its pages and scripts again too: no stale output, no full rebuild.
"""

import ast
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PACKAGE = Path(__file__).parents[2] / "src" / "mse_nll"


def names_by_module() -> dict[str, str]:
    """Where each public name is defined: the package's imports, read from its source."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: node.module.rsplit(".", 1)[-1]
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def with_dependencies(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """``module`` and the package's modules that it imports, directly or through others."""
    if module in seen:
        return set()
    found = {module}
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.level or "mse_nll" in (node.module or "")):
            base = (node.module or "").removeprefix("mse_nll").strip(".")
            for candidate in [base] if base else [alias.name for alias in node.names]:
                if (PACKAGE / f"{candidate}.py").exists():
                    found |= with_dependencies(candidate, seen | found)
    return found


def fingerprint(source: str) -> str:
    """A digest of the package's code that ``source`` imports; empty when it imports none."""
    modules: set[str] = set()
    where = names_by_module()
    for names in re.findall(r"^from mse_nll import (\([^)]*\)|[^\n]*)", source, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            modules |= with_dependencies(where[name]) if name in where else set(where.values())
    digest = hashlib.sha256()
    for module in sorted(modules):
        digest.update((PACKAGE / f"{module}.py").read_bytes())
    return digest.hexdigest() if modules else ""


def forget_scripts(app: Sphinx) -> None:
    """Before the gallery: forget the results of scripts whose imported functions changed."""
    gallery = Path(app.srcdir) / "auto_gallery"
    for script in sorted((Path(app.srcdir).parent / "gallery").glob("*/plot_*.py")):
        made = gallery / script.parent.name
        record = made / f"{script.stem}.functions"
        now = fingerprint(script.read_text(encoding="utf-8"))
        if record.exists() and record.read_text(encoding="utf-8") == now:
            continue
        (made / f"{script.name}.md5").unlink(missing_ok=True)
        made.mkdir(parents=True, exist_ok=True)
        record.write_text(now, encoding="utf-8")


def outdated_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Pages whose imported functions changed since they ran."""
    known = getattr(env, "mse_nll_functions", {})
    now = {
        name: fingerprint(Path(env.doc2path(name)).read_text(encoding="utf-8"))
        for name in env.found_docs
        if str(env.doc2path(name)).endswith(".md")
    }
    env.mse_nll_functions = now
    return [name for name in now if known.get(name, "") != now[name] and name not in added]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both hooks; the first before Sphinx-Gallery's."""
    app.connect("builder-inited", forget_scripts, priority=400)
    app.connect("env-get-outdated", outdated_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
