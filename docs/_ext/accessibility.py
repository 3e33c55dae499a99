"""What extensions leave unsaid in a page's body, or say twice: names, sizes, identities.

Works on the body of each page before the template takes it, tag by tag: a parser would take a fifth of
the time in which all pages are written.
"""

import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

import imagesize
from docutils import nodes
from sphinx.application import Sphinx

THUMBNAIL = re.compile(
    r'(<div class="sphx-glr-thumbcontainer") tooltip="([^"]*)">(.*?)'
    r'<div class="sphx-glr-thumbnail-title">.*?</div>',
    re.DOTALL,
)
TAG_LIST = re.compile(r"<(\w+)[^>]*sphx-glr-tag-list[^>]*>\s*</\1>")
SUMMARY = re.compile(r'(<summary\b[^>]*?) aria-label="[^"]*"')
IMAGE = re.compile(r'<img\b([^>]*?\bsrc="(?:[^"]*/)?([^"/]*)"[^>]*?) ?/?>')
OWN_ENTRY = 'class="current reference internal" href="#"'
MARKED_ENTRY = 'class="current current-page reference internal" aria-current="page" href="#"'
IDENTITY = re.compile(r'(<[a-z][^<>]*?) id="([^"]*)"')


@cache
def gallery_figures(folder: Path) -> dict[str, Path]:
    """The gallery's figures, which Sphinx-Gallery copies past the builder's list."""
    return {path.name: path for path in folder.glob("auto_gallery/*/images/*.svg")}


def mend(body: str, sources: dict[str, Path]) -> str:
    """A body with names, sizes and single identities."""
    seen: set[str] = set()

    def single(tag: re.Match[str]) -> str:
        """Of two nested elements with one identity the outer keeps it."""
        before = len(seen)
        seen.add(tag[2])
        return tag[0] if len(seen) > before else tag[1]

    def sized(image: re.Match[str]) -> str:
        """An image keeps its room while it loads, and loads when it comes near."""
        size = ""
        if image[2] in sources and " width=" not in image[1]:
            size = ' width="{:.0f}" height="{:.0f}"'.format(*imagesize.get(sources[image[2]]))
        return f'<img{image[1]} loading="lazy"{size}>'

    body = THUMBNAIL.sub(r'\1>\3<p class="sphx-glr-thumbnail-sentence">\2</p>', body)
    body = SUMMARY.sub(r"\1", TAG_LIST.sub("", body))  # a summary is named by its own text
    # docutils' role for an entry of a bibliography is deprecated
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    return IDENTITY.sub(single, IMAGE.sub(sized, body))


def mend_body(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Mend one page, and describe it by its first paragraph."""
    if doctree is None:
        return
    sources = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}
    context["body"] = mend(context["body"], sources | gallery_figures(Path(app.srcdir)))
    first = re.search(r"</h1>.*?<p>(.*?)</p>", context["body"], re.DOTALL)
    if first is not None:  # what search engines and previews of a link show
        text = unescape(re.sub(r"<[^>]*>", "", first[1]))
        context["description"] = " ".join(text.split())[:160]


def mark_place(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """The parts of the site and the pages of this one's part, its own entry marked as such."""
    # The whole tree is fifteen kilobytes a page. furo would make it each time, which takes a seventh of
    # the writing time, so it finds none.
    toctree = context.pop("toctree")
    tree = toctree(collapse=True, titles_only=True, maxdepth=4, includehidden=True)
    context["sidebar_tree"] = tree.replace(OWN_ENTRY, MARKED_ENTRY)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hooks: before furo's own, and before assets are chosen by what a body holds."""
    app.connect("html-page-context", mark_place, priority=400)
    app.connect("html-page-context", mend_body, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
