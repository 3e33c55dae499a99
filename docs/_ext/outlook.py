"""Pages are written again when what they show of other pages changed.

Every page lists the others in its sidebar, names its neighbours, and shows titles, numbers and places
of what it refers to. Sphinx writes only pages whose own source changed: a page that was added, renamed
or deleted would be missing, old or dead on all others. Writing all of them costs seconds and runs none.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def in_order(value: Any) -> Any:
    """A mapping or set as a sorted list, so that its text does not depend on who came first."""
    if isinstance(value, dict):
        return sorted((str(key), in_order(item)) for key, item in value.items())
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(value)


def outlook(env: BuildEnvironment) -> str:
    """A digest of what pages show of one another."""
    standard, python = env.domains.standard_domain, env.domains.python_domain
    shown = [
        {page: title.astext() for page, title in env.titles.items()},
        {page: list(pages) for page, pages in env.toctree_includes.items()},
        env.toc_secnumbers,
        env.toc_fignumbers,
        standard.labels,
        standard.anonlabels,
        standard.data["terms"],
        standard.objects,
        env.domains.math_domain.equations,
        python.objects,
        {f"{cite.docname} {cite.targets}" for cite in env.domains["cite"].citation_refs},
    ]
    return hashlib.sha256(repr([in_order(part) for part in shown]).encode()).hexdigest()


def record_of(app: Sphinx) -> Path:
    """Where the digest of the pages as they were written is kept."""
    return Path(app.doctreedir) / "outlook.txt"


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """After reading: all pages if what they show of one another changed."""
    record = record_of(app)
    app.outlook = outlook(env)
    same = record.exists() and record.read_text(encoding="utf-8") == app.outlook
    return [] if same else sorted(env.found_docs)


def remember(app: Sphinx, exception: Exception | None) -> None:
    """At the end of a build that succeeded: keep the digest."""
    if exception is None and hasattr(app, "outlook"):
        record_of(app).write_text(app.outlook, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both hooks, the first after every other collector's."""
    app.connect("env-get-updated", pages_to_write, priority=999)
    app.connect("build-finished", remember)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
