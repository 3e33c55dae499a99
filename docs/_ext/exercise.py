"""Exercises: a question, a number typed by the reader, and an answer that the page computed.

A page asks, glues the answer in a cell that readers do not see, and shows the way in a cell tagged
``exercise-solution``, which the build runs and the page folds::

    ```{exercise} Predict the noise before you fit
    :name: exercise-four-steps
    :answer: sigma_hat
    :tolerance: 0.01
    :unit: metres

    How large is …?
    ```

``{exercise-list}`` lists them all. No answer is ever typed: the number that a script compares with is
the glued one, on the page and in the downloads (:mod:`downloads`).
"""

from html import escape

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
        """The box, with the glued number in it until it is known."""
        missing = {"name", "answer", "tolerance"} - set(self.options)
        if missing:
            raise self.error(f"exercise without :{':, :'.join(sorted(missing))}:")
        title, messages = self.parse_inline(self.arguments[0])
        answer, warnings = self.parse_inline(f"{{glue:text}}`{self.options['answer']}`")
        anchor = nodes.make_id(self.options["name"])
        link = nodes.reference("", "¶", refid=anchor, classes=["headerlink", "site-only"])
        link["reftitle"] = "Link to this exercise"
        box = nodes.container(classes=["exercise"])
        box["tolerance"], box["unit"] = self.options["tolerance"], self.options.get("unit", "")
        box += nodes.paragraph("", "", *title, link, classes=["exercise-title"])
        box += self.parse_content_to_nodes()
        box += nodes.inline("", "", *answer)
        self.set_source_info(box)
        self.add_name(box)
        self.env.metadata[self.env.docname].setdefault("exercises", {})[anchor] = title
        return [box, *messages, *warnings]


class ExerciseList(SphinxDirective):
    """Every exercise of the site with its page."""

    def run(self) -> list[nodes.Node]:
        """The list, empty until every page is read."""
        return [nodes.bullet_list(classes=["exercise-list"])]


def fill_list(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """List the exercises in the order of their pages' numbers."""
    numbers = {name: app.env.toc_secnumbers.get(name, {}).get("", ()) for name in app.env.metadata}
    lists = [one for one in doctree.findall(nodes.bullet_list) if "exercise-list" in one["classes"]]
    for name in sorted(numbers, key=numbers.get) if lists else ():
        for anchor, title in app.env.metadata[name].get("exercises", {}).items():
            uri = f"{app.builder.get_relative_uri(page, name)}#{anchor}"
            copies = [part.deepcopy() for part in title]
            link = nodes.reference("", "", *copies, refuri=uri, internal=True)
            where = nodes.Text(f" ({app.env.titles[name].astext()})")
            lists[0] += nodes.list_item("", nodes.paragraph("", "", link, where))


def add_forms(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Put a form in the place of each exercise's number."""
    for box in list(doctree.findall(nodes.container)):
        if "exercise" not in box["classes"]:
            continue
        glued = box.pop().astext()
        try:
            answer = float(f"{float(glued):.12g}")  # the last bits differ between machines
        except ValueError:
            logger.warning("exercise: the page glued no number but %r", glued, location=box)
            continue
        box["answer"] = answer
        form = FORM.format(
            name=escape(box["ids"][0]),
            answer=answer,
            tolerance=box["tolerance"],
            unit=f" in {escape(box['unit'])}" if box["unit"] else "",
            keys="decimal" if answer >= 0 else "text",  # a phone's decimal keys may lack the minus
        )
        box += nodes.raw("", form, format="html")


def check_cell(box: nodes.container) -> str:
    """The cell of a download in which a student writes a number and reads whether it is right."""
    unit = f" in {box['unit']}" if box["unit"] else ""
    return CHECK.format(answer=box["answer"].hex(), tolerance=box["tolerance"], unit=unit)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the hooks."""
    app.add_directive("exercise", Exercise)
    app.add_directive("exercise-list", ExerciseList)
    app.connect("doctree-resolved", add_forms, priority=400)  # before the downloads
    app.connect("doctree-resolved", fill_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
