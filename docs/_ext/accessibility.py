"""What extensions leave unsaid in a page's body, or say idly: names, sizes, identities, marks.

Works on the body of each page before the template takes it, tag by tag: a parser would take a fifth of
the time in which all pages are written.
"""

import re
import struct
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

TAG = re.compile(r"<(\w+)((?:\"[^\"]*\"|[^\">])*)>")
# Marks around text that no style sheet of the site reads; nothing of their own kind stands in them.
IDLE_SPAN = re.compile(
    r'<span class="(?:pre|(?:[^"]* )?(?:std|doc)(?: [^"]*)?)">((?:(?!</?span)[\s\S])*)</span>'
)
THUMBNAIL = re.compile(
    r'(<div class="sphx-glr-thumbcontainer") tooltip="([^"]*)">(.*?)'
    r'<div class="sphx-glr-thumbnail-title">.*?</div>',
    re.DOTALL,
)
TAG_LIST = re.compile(r"<(\w+)[^>]*sphx-glr-tag-list[^>]*>\s*</\1>")


def size_of(path: Path) -> tuple[int, int] | None:
    """Width and height of an SVG or PNG in CSS pixels."""
    if path.suffix == ".png":
        width, height = struct.unpack(">II", path.read_bytes()[16:24])
        return width, height
    head = path.read_text(encoding="utf-8")[:2000]
    found = [re.search(rf'\b{side}="([\d.]+)(pt|px)?"', head) for side in ("width", "height")]
    if not all(found):
        return None
    width, height = (float(m[1]) * (4 / 3 if m[2] == "pt" else 1) for m in found if m)
    return round(width), round(height)


@cache
def gallery_figures(folder: Path) -> dict[str, Path]:
    """The gallery's figures, which Sphinx-Gallery copies past the builder's list."""
    return {path.name: path for path in folder.glob("auto_gallery/*/images/*.svg")}


def tidy_classes(name: str, value: str) -> str:
    """A tag's classes without those that no style sheet of the site reads."""
    own = value.split()
    marked = "docutils" in own or (name == "a" and "internal" in own)
    if name in ("table", "hr") or not (marked or (name == "li" and value.startswith("toctree"))):
        return f' class="{value}"'
    idle = {"docutils", "internal"} | ({"container"} if "table-wrapper" not in own else set())
    kept = [one for one in own if one not in idle and not one.startswith("toctree")]
    return f' class="{" ".join(kept)}"' if kept else ""


def tidy_tag(name: str, attributes: str, seen: set[str], sources: dict[str, Path]) -> str:
    """A tag with what it should say, and without what it need not."""
    attributes = re.sub(r' class="([^"]*)"', lambda found: tidy_classes(name, found[1]), attributes)
    identity = re.search(r' id="([^"]*)"', attributes)
    if (
        identity and identity[1] in seen
    ):  # two nested elements carry it: it stays with the outer one
        attributes = attributes.replace(identity[0], "", 1)
    elif identity:
        seen.add(identity[1])
    if name == "summary":  # is named by its text, not by a label that hides it
        attributes = re.sub(r' aria-label="[^"]*"', "", attributes)
    if name == "img":  # keeps its room while it loads, and loads when it comes near
        path = sources.get(re.search(r'src="(?:[^"]*/)?([^"]*)"', attributes)[1])
        size = size_of(path) if path and path.exists() else None
        attributes = attributes.removesuffix("/").rstrip() + ' loading="lazy"'
        if size and " width=" not in attributes:
            attributes += ' width="{}" height="{}"'.format(*size)
    # docutils' own role for an entry of a bibliography is deprecated
    attributes = attributes.replace('role="doc-biblioentry"', 'role="listitem"')
    return f"<{name}{attributes}>"


def mend(body: str, sources: dict[str, Path]) -> str:
    """A body with names, sizes and single identities, and without idle marks."""
    sentence = r'\1>\3<p class="sphx-glr-thumbnail-sentence">\2</p>'
    body = TAG_LIST.sub("", THUMBNAIL.sub(sentence, body))
    while body != (body := IDLE_SPAN.sub(r"\1", body)):
        pass
    seen: set[str] = set()
    parts, end = [], 0
    for tag in TAG.finditer(body):
        parts += [plain(body[end : tag.start()]), tidy_tag(tag[1], tag[2], seen, sources)]
        end = tag.end()
    return "".join([*parts, plain(body[end:])])


def plain(text: str) -> str:
    """Text between tags, where a quotation mark needs no name of six letters."""
    return text.replace("&quot;", '"').replace("&#x27;", "'")


def mend_body(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Mend one page, and describe it by its first paragraph."""
    if "body" not in context or doctree is None:
        return
    sources = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}
    context["body"] = mend(context["body"], sources | gallery_figures(Path(app.srcdir)))
    first = re.search(r"</h1>.*?<p>(.*?)</p>", context["body"], re.DOTALL)
    if first is not None:  # what search engines and previews of a link show
        text = unescape(re.sub(r"<[^>]*>", "", first[1]))
        context["description"] = " ".join(text.split())[:160]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, before assets are chosen by what a body holds."""
    app.connect("html-page-context", mend_body, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
