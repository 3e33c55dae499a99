"""Set-up and solutions are folded; what a link to an equation or a term means can be looked at."""

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

FOLDED = {"tag_setup": "the set-up", "tag_exercise-solution": "the solution"}
TARGET = re.compile(r'href="[^"]*#((?:equation|term)-[^"]+)"')
EQUATION = re.compile(
    r'<div class="math-wrapper[^>]*\bid="(equation-[^"]+)".*?(<math .*?</math>)', re.DOTALL
)
TERM = re.compile(r'<dt id="(term-[^"]+)".*?</dt>\s*<dd>(.*?)</dd>', re.DOTALL)
LINK = re.compile(r"</?a\b[^>]*>")


def fold(app: Sphinx, doctree: nodes.document) -> None:
    """Fold set-up cells and solutions as myst-nb folds checks, each under a name of its own."""
    for cell in doctree.findall(nodes.container):
        for tag, name in FOLDED.items():
            if tag in cell["classes"]:
                cell["hide_mode"] = "all"
                cell["prompt_show"], cell["prompt_hide"] = f"Show {name}", f"Hide {name}"


def write_previews(app: Sphinx, exception: Exception | None) -> None:
    """Write what pages link to, as a script: a page read from disk may fetch nothing else."""
    if exception or app.builder.format != "html":
        return
    asked: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(app.env.found_docs):
        page = (Path(app.outdir) / app.builder.get_target_uri(name)).read_text("utf-8")
        asked |= set(TARGET.findall(re.sub(r'<a class="headerlink".*?</a>', "", page)))
        found |= dict(EQUATION.findall(page))
        found |= {term: LINK.sub("", text) for term, text in TERM.findall(page)}
    shown = {target: found[target] for target in sorted(asked & found.keys())}
    script = f"window.sitePreviews={json.dumps(shown, ensure_ascii=False)};\n"
    (Path(app.outdir) / "_static" / "previews.js").write_text(script, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both hooks."""
    app.connect("doctree-read", fold)
    app.connect("build-finished", write_previews)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
