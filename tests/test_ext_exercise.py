"""Exercises as the build makes them, and the page for lost addresses."""

from types import SimpleNamespace
from typing import Any

import exercise
import not_found
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import directives
from docutils.utils import new_document

DIRECTIVE = """.. exercise-for-tests:: Guess :math:`x`
{options}

   How much?
"""
OPTIONS = {"name": "exercise-page", "answer": "mean", "tolerance": "0.1", "unit": "m"}


def parsed(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], glued: str = "0.25"
) -> tuple[nodes.document, dict[str, Any]]:
    """A page with one exercise, which glued one number; and what Sphinx notes of the page."""
    noted: dict[str, Any] = {"page": {}}
    env = SimpleNamespace(docname="page", metadata=noted)
    monkeypatch.setattr(exercise.Exercise, "env", env)
    directives.register_directive("exercise-for-tests", exercise.Exercise)
    lines = "\n".join(f"   :{key}: {value}" for key, value in options.items())
    text = DIRECTIVE.format(options=lines)
    document = publish_doctree(text, settings_overrides={"report_level": 5})
    for box in document.findall(nodes.container):
        box[-1].children = [nodes.Text(glued)]  # in the place of myst-nb's role
    return document, noted


@pytest.mark.parametrize("missing", ["name", "answer", "tolerance"])
def test_an_exercise_says_what_it_asks_for(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Without a name, an answer or a tolerance it is an error that says so."""
    document, _ = parsed(monkeypatch, {k: v for k, v in OPTIONS.items() if k != missing})
    message = document.next_node(nodes.system_message).astext()
    assert f"exercise without :{missing}:" in message


def test_an_exercise_is_a_form_that_knows_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its title, with a link of its own, its question, and the form in the number's place."""
    document, _ = parsed(monkeypatch, OPTIONS)
    app: Any = None
    exercise.add_forms(app, document, "page")
    box = document.next_node(nodes.container)
    assert box["ids"] == ["exercise-page"]
    assert [child.astext() for child in box[:2]] == ["Guess x¶", "How much?"]
    assert box[0][-1]["refid"] == "exercise-page"
    assert box["answer"] == 0.25
    form = box[-1].astext()
    assert 'data-answer="0.25" data-tolerance="0.1"' in form
    assert "Your answer in m" in form


@pytest.mark.parametrize(
    ("glued", "complaints"), [("0.25", 0), ("-3", 0), ("0.25 m", 1), ("True", 1), ("", 1)]
)
def test_an_answer_must_be_a_glued_number(
    monkeypatch: pytest.MonkeyPatch, glued: str, complaints: int
) -> None:
    """A name under which the page glued no number is a warning, which fails the build."""
    document, _ = parsed(monkeypatch, OPTIONS, glued)
    warned: list[str] = []
    monkeypatch.setattr(exercise.logger, "warning", lambda text, *_, **__: warned.append(text))
    app: Any = None
    exercise.add_forms(app, document, "page")
    assert len(warned) == complaints
    assert len(list(document.findall(nodes.raw))) == 1 - complaints


def test_all_exercises_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with its page and its link, in the order of the pages' numbers."""
    _, noted = parsed(monkeypatch, OPTIONS)
    noted |= {
        "a/first": {"exercises": {"exercise-a": [nodes.Text("One"), nodes.emphasis("", "!")]}}
    }
    env = SimpleNamespace(
        metadata=noted | {"plain": {}},
        toc_secnumbers={"a/first": {"": (2, 10)}, "page": {"": (2, 9)}},
        titles={"page": nodes.title("", "A page"), "a/first": nodes.title("", "First")},
    )
    builder = SimpleNamespace(get_relative_uri=lambda here, there: f"../{there}.html")
    document = new_document("list")
    place: Any = SimpleNamespace()
    document += [nodes.bullet_list(), *exercise.ExerciseList.run(place)]
    app: Any = SimpleNamespace(env=env, builder=builder)
    exercise.fill_list(app, document, "b/list")
    assert len(document[0]) == 0
    assert [item.astext() for item in document[1]] == ["Guess x (A page)", "One! (First)"]
    links = [link["refuri"] for link in document.findall(nodes.reference)]
    assert links == ["../page.html#exercise-page", "../a/first.html#exercise-a"]


def test_a_check_of_a_download() -> None:
    """It holds the answer in hexadecimal, so that nobody reads it by chance."""
    box = nodes.container(answer=0.25, tolerance=0.1, unit="m")
    code = exercise.check_cell(box)
    assert "in m" in code
    assert (0.25).hex() in code
    for typed, verdict in {
        "...": "Exercise:",
        "0.3": "Right.",
        "9": "Too high.",
        "0": "Too low.",
    }.items():
        said: list[str] = []
        exec(code.replace("...", typed, 1), {"print": said.append})
        assert said[0].startswith(verdict)


@pytest.mark.parametrize(("page", "base"), [("404", ""), ("404", "https://a.org/"), ("index", "")])
def test_the_page_for_lost_addresses(page: str, base: str) -> None:
    """It has a template of its own and a root to link from; other pages are left alone."""
    app: Any = SimpleNamespace(config=SimpleNamespace(html_baseurl=base))
    context = {"body": '<h1>Lost<a class="headerlink" href="#x">¶</a></h1>'}
    template = not_found.stand_alone(app, page, "page.html", context, new_document(page))
    if page == "404":
        assert template == "404.html"
        assert context == {"body": "<h1>Lost</h1>", "root": base or "/"}
    else:
        assert template is None
