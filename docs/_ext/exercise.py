"""Exercises: a question, a number typed by the reader, and an answer that the page computed.

A page writes the question, glues the answer in a cell that readers do not see, and shows the way in
a cell tagged ``exercise-solution``, which the build runs and the page folds::

    ```{exercise} Predict the noise before you fit
    :name: exercise-four-steps
    :answer: sigma_hat
    :tolerance: 0.01
    :unit: metres

    How large is …?
    ```

Links say their own text: ``{ref}`the exercise <exercise-four-steps>```.

No answer is ever typed: the number that a script compares with is the glued one, on the page and in
the downloads (:mod:`downloads`). A name that the page did not glue is a warning: it fails the build.
"""

import ast
import json
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)

FORM = """<form class="exercise-form" data-answer="{answer!r}" data-tolerance="{tolerance!r}">
<label for="{name}-answer">Your answer{unit}</label>
<span><input id="{name}-answer" inputmode="{keys}" autocomplete="off" spellcheck="false">
<button type="submit">Check</button></span>
<p class="exercise-verdict" role="status">Within {tolerance:g} counts as right.</p>
</form>"""
CHECK = """answer = ...  # your number{unit}, in place of the dots
expected = float.fromhex("{answer}")  # in hexadecimal, so that nobody reads it by chance
if answer is ...:
    print("Exercise: write your number in place of the dots.")
elif abs(answer - expected) <= {tolerance!r}:
    print("Right.")
else:
    print("Too high." if answer > expected else "Too low.")
"""


class Exercise(SphinxDirective):
    """A box with a question and a place for a number."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {  # noqa: RUF012 - docutils' own way to declare options
        "name": directives.unchanged_required,
        "answer": directives.unchanged_required,
        "tolerance": float,
        "unit": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """The box; its form is added when the page's numbers are known."""
        missing = {"name", "answer", "tolerance"} - set(self.options)
        if missing:
            raise self.error(f"exercise without :{':, :'.join(sorted(missing))}:")
        box = nodes.container(classes=["exercise"])
        box["asks_for"] = {
            key: self.options.get(key, "") for key in ("answer", "tolerance", "unit")
        }
        title, messages = self.parse_inline(self.arguments[0])
        box += nodes.paragraph("", "", *title, classes=["exercise-title"])
        box += self.parse_content_to_nodes()
        self.set_source_info(box)
        self.add_name(box)
        return [box, *messages]


def values(app: Sphinx, page: str) -> dict[str, Any]:
    """The values that ``page`` glued, by their names; what is no Python literal stays text."""
    record = Path(app.outdir).parent / "jupyter_execute" / f"{page}.glue.json"
    if not record.exists():
        return {}
    found = {}
    for name, output in json.loads(record.read_text(encoding="utf-8")).items():
        shown = output["data"].get("text/plain", "")
        try:
            found[name] = ast.literal_eval(shown)
        except (SyntaxError, ValueError):
            found[name] = shown
    return found


def shortened(answer: Any) -> float:
    """An answer to twelve digits: the last bits differ between machines."""
    return float(f"{float(answer):.12g}")


def fold_solutions(app: Sphinx, doctree: nodes.document) -> None:
    """A cell tagged ``exercise-solution`` is folded as a check is, under a name of its own."""
    for cell in doctree.findall(nodes.container):
        if "tag_exercise-solution" in cell["classes"]:
            cell["hide_mode"] = "all"
            cell["prompt_show"], cell["prompt_hide"] = "Show the solution", "Hide the solution"


def add_forms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Give each exercise of ``page`` its input, knowing the answer."""
    for box in doctree.findall(nodes.container):
        asked = box.get("asks_for")
        if asked is None:
            continue
        answer = values(app, page).get(asked["answer"])
        if isinstance(answer, bool) or not isinstance(answer, int | float):
            logger.warning(
                "exercise %s: the page glued no number as %r",
                box["ids"][0],
                asked["answer"],
                location=box,
            )
            continue
        form = FORM.format(
            name=escape(box["ids"][0]),
            answer=shortened(answer),
            tolerance=asked["tolerance"],
            unit=f" in {escape(asked['unit'])}" if asked["unit"] else "",
            keys="decimal" if answer >= 0 else "text",  # a phone's decimal keys may lack the minus
        )
        box += nodes.raw("", form, format="html")


def check_cell(options: dict[str, str], glued: dict[str, Any]) -> str:
    """The cell of a download in which a student writes a number and reads whether it is right."""
    return CHECK.format(
        answer=shortened(glued.get(options["answer"], "nan")).hex(),
        tolerance=float(options["tolerance"]),
        unit=f" in {options['unit']}" if options.get("unit") else "",
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and its assets, which a page without exercise does not load."""
    app.add_directive("exercise", Exercise)
    app.add_css_file("exercise.css")
    app.add_js_file("exercise.js", loading_method="defer")
    app.connect("doctree-read", fold_solutions)
    app.connect("doctree-resolved", add_forms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
