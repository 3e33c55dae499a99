"""The search index: each section of the built pages, with its title, its index entries and its words.

It stands in for Sphinx's own, which knows pages and not sections. ``search.js`` loads it as a script, for
a page read from disk may fetch nothing, and hands it to MiniSearch, which does the ranking.
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# A section, a term of the glossary or a function begins what one hit leads to.
BEGINS = re.compile(r'(<section\b[^>]*\bid="[^"]*"[^>]*>|<dt\b[^>]*\bid="[^"]*"[^>]*>)')
IDENTITY = re.compile(r'\bid="([^"]*)"')
TITLE = re.compile(r"<h([1-6])\b.*?</h\1>|\A<dt\b.*?</dt>", re.DOTALL)
UNREAD = re.compile(
    r'<(script|style|button|nav|summary|form)\b.*?</\1>|<a class="headerlink".*?</a>'
    r'|<div class="math">.*?</div>|<p class="page-downloads".*?</p>'
    r'|<div class="sphx-glr-(?:footer|download).*?</div>',
    re.DOTALL,
)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
INLINE = re.compile(r"</?(?:a|abbr|code|em|span|strong|sub|sup|math|m[a-z]+)\b[^>]*>")
WORDS = re.compile(r"[A-Za-z_][A-Za-z_0-9]{2,}")


def words(html: str) -> str:
    """The text of some HTML on one line."""
    spaced = re.sub(r"(<mi>\w{2,}</mi>)", r" \1 ", html)  # "n log s", not "nlogs"
    text = re.sub(r"<[^>]*>", " ", INLINE.sub("", spaced))
    return " ".join(unescape(text).replace("\u2061", "").split())


def sections(page: str) -> Iterator[tuple[set[str], list[str]]]:
    """Each section of a page: the identities in it; its anchor, its title, its text, its code's words."""
    article = UNREAD.sub(" ", page[page.find("<article") : page.rfind("</article>")])
    _, *parts = BEGINS.split(article)
    for start, rest in zip(parts[::2], parts[1::2], strict=True):
        whole = start + rest
        identities = IDENTITY.findall(whole)
        title = TITLE.search(whole)
        name = words(title.group()) if title else ""
        if identities[0].startswith("mse_nll."):
            name = identities[0].removeprefix("mse_nll.")
        text = whole.replace(title.group(), " ", 1) if title else whole
        code = sorted(set(WORDS.findall(words(" ".join(CODE.findall(text))))))
        yield set(identities), [identities[0], name, words(CODE.sub(" ", text)), " ".join(code)]


def index_of(app: Sphinx) -> dict[str, Any]:
    """The pages, each with address and title, and their sections with the index entries in them."""
    entries = app.env.domains["index"].entries
    pages, found = [], []
    for name in sorted(app.env.found_docs - {"404"}):
        address = app.builder.get_target_uri(name)
        first = len(found)
        for identities, section in sections((Path(app.outdir) / address).read_text("utf-8")):
            keys = [entry[1].replace(";", " ") for entry in entries.get(name, [])
                    if entry[2] in identities]  # fmt: skip
            found.append([len(pages), *section, [key for key in keys if key != section[1]]])
        # The first section is the page's.
        pages.append([address, found[first][2]])
    return {"pages": pages, "sections": found}


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the index beside the scripts."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    data = json.dumps(index_of(app), ensure_ascii=False, separators=(",", ":"))
    (static / "search-index.js").write_text(f"window.searchIndex={data};\n", encoding="utf-8")


def replace_search(app: Sphinx) -> None:
    """Leave Sphinx's index out."""
    app.builder.search = False


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the page and the index."""
    app.connect("builder-inited", replace_search)
    app.connect("html-collect-pages", lambda app: [("search", {}, "search.html")])
    app.connect("build-finished", write_index)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
