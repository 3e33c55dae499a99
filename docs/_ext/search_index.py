"""The search index of an incremental build is that of a clean one.

Sphinx saves what it has read before it indexes what it writes, so an index entry (a function, a
glossary term) of a page that is not written again would be missing from the next build's index.
"""

import json
from collections.abc import ItemsView
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders import Builder


class ByPage(dict[str, Any]):
    """Entries that are listed in the order of their pages, whichever was written last."""

    def items(self) -> ItemsView[str, Any]:
        """Pages and entries, sorted by page."""
        return dict(sorted(super().items())).items()


def record_of(app: Sphinx) -> Path:
    """Where the entries are kept between builds."""
    return Path(app.doctreedir) / "index_entries.json"


def restore(app: Sphinx, builder: Builder) -> None:
    """Before pages are written: the entries of those that stay as they are."""
    record, env = record_of(app), app.env
    known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    kept = {page: entries for page, entries in known.items() if page in env.found_docs}
    env._search_index_index_entries = ByPage(kept)


def drop_empty(app: Sphinx) -> list[Any]:
    """After pages are written: forget words that no page holds any more."""
    indexer = app.builder.indexer
    for words in (indexer._mapping, indexer._title_mapping):
        for word in [word for word, pages in words.items() if not pages]:
            del words[word]
    return []


def keep(app: Sphinx, exception: Exception | None) -> None:
    """At the end: keep the entries for the next build."""
    entries = getattr(app.env, "_search_index_index_entries", {})
    record_of(app).write_text(json.dumps(dict(entries.items())), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks."""
    app.connect("write-started", restore)
    app.connect("html-collect-pages", drop_empty)
    app.connect("build-finished", keep)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
