"""What extensions leave unsaid in a page's body, or say idly: names, sizes, identities, marks.

Works on the body of each page before the template takes it, so that every rule is mended where the
markup is made and none is exempted from the browser's checks.
"""

import re
import struct
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx


def name_thumbnails(body: BeautifulSoup) -> None:
    """Gallery thumbnails: the title is the link, the sentence that was a tooltip is text."""
    for box in body.select(".sphx-glr-thumbcontainer"):
        link = box.select_one("a")
        title = box.select_one(".sphx-glr-thumbnail-title")
        if link is None or title is None:
            continue
        link.string = title.get_text()
        sentence = body.new_tag("p", attrs={"class": "sphx-glr-thumbnail-sentence"})
        sentence.string = str(box.get("tooltip", ""))
        title.replace_with(sentence)
        del box["tooltip"]
    for empty in body.select(".sphx-glr-tag-list"):
        empty.decompose()


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


def size_images(body: BeautifulSoup, sources: dict[str, Path]) -> None:
    """Images keep their room while they load, and load when they come near."""
    for image in body.select("img"):
        path = sources.get(str(image.get("src", "")).rsplit("/", 1)[-1])
        size = size_of(path) if path and path.exists() else None
        if size:
            image["width"], image["height"] = map(str, size)
        image["loading"] = "lazy"


def one_identity_each(body: BeautifulSoup) -> None:
    """An identity that two nested elements carry stays with the outer one."""
    seen: set[str] = set()
    for element in body.find_all(id=True):
        if element["id"] in seen:
            del element["id"]
        else:
            seen.add(str(element["id"]))


def drop_idle_markup(body: BeautifulSoup) -> None:
    """Leave out marks that no style sheet of the site reads: a tenth of a page of prose and code."""
    for idle in body.select("span.pre, span.std, span.doc"):
        idle.unwrap()
    for element in body.select(".docutils, a.internal, li[class^=toctree]"):
        if element.name in ("table", "hr"):
            continue
        kept = [
            c for c in element["class"] if c not in ("docutils", "internal") and c[:7] != "toctree"
        ]
        element["class"] = [c for c in kept if c != "container" or "table-wrapper" in kept]
        if not element["class"]:
            del element["class"]


def unlink_self(summary: Tag) -> None:
    """A summary is named by its text, not by a label that hides it."""
    if summary.has_attr("aria-label"):
        del summary["aria-label"]


def mend_body(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Mend one page."""
    if "body" not in context or doctree is None:
        return
    body = BeautifulSoup(context["body"], "html.parser")
    name_thumbnails(body)
    sources = {name: Path(app.srcdir) / source for source, name in app.builder.images.items()}
    # Sphinx-Gallery copies its figures by itself, past the builder's list.
    sources |= {path.name: path for path in Path(app.srcdir).glob("auto_gallery/*/images/*.svg")}
    size_images(body, sources)
    one_identity_each(body)
    drop_idle_markup(body)
    for entry in body.select(".citation-list > .citation"):
        entry["role"] = "listitem"  # docutils' own role for it is deprecated
    for summary in body.select("summary"):
        unlink_self(summary)
    first = body.select_one("section > p")
    if first is not None:  # what search engines and previews of a link show
        context["description"] = " ".join(first.get_text().split())[:160]
    context["body"] = str(body)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the hook, before assets are chosen by what a body holds."""
    app.connect("html-page-context", mend_body, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
