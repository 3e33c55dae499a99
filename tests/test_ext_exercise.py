"""Exercises and the page for lost addresses, as the build makes them."""

import json
from pathlib import Path
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


def parsed(options: dict[str, str]) -> nodes.document:
    """A page with one exercise."""
    directives.register_directive("exercise-for-tests", exercise.Exercise)
    lines = "\n".join(f"   :{key}: {value}" for key, value in options.items())
    text = DIRECTIVE.format(options=lines)
    return publish_doctree(text, settings_overrides={"report_level": 5})


@pytest.mark.parametrize("missing", ["name", "answer", "tolerance"])
def test_an_exercise_says_what_it_asks_for(missing: str) -> None:
    """Without a name, an answer or a tolerance it is an error that says so."""
    given = {key: value for key, value in OPTIONS.items() if key != missing}
    message = parsed(given).next_node(nodes.system_message).astext()
    assert f"exercise without :{missing}:" in message


def test_an_exercise_is_a_box_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds its title, its question and what its form will need."""
    box = parsed(OPTIONS).next_node(nodes.container)
    assert box["classes"] == ["exercise"]
    assert box["names"] == ["exercise-page"]
    assert box["asks_for"] == {"answer": "mean", "tolerance": 0.1, "unit": "m"}
    assert [child.astext() for child in box] == ["Guess x", "How much?"]


@pytest.mark.parametrize(
    ("glued", "complaints"), [("0.25", 0), ("'0.25 m'", 1), ("True", 1), ("<object>", 1), (None, 1)]
)
def test_an_answer_must_be_a_glued_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, glued: str | None, complaints: int
) -> None:
    """A name under which the page glued no number is a warning, which fails the build."""
    record = tmp_path / "jupyter_execute" / "page.glue.json"
    record.parent.mkdir()
    named = {} if glued is None else {"rise": {"data": {"text/plain": glued}}}
    record.write_text(json.dumps(named), encoding="utf-8")
    warned: list[str] = []
    monkeypatch.setattr(exercise.logger, "warning", lambda text, *_, **__: warned.append(text))
    box = nodes.container(ids=["exercise-page"])
    box["asks_for"] = {"answer": "rise", "tolerance": 0.01, "unit": "m"}
    page = new_document("page")
    page += [nodes.container(), box]
    exercise.add_forms(SimpleNamespace(outdir=tmp_path / "html"), page, "page")
    assert len(warned) == complaints
    assert len(list(page.findall(nodes.raw))) == 1 - complaints


def test_solutions_are_folded() -> None:
    """A cell with a solution is folded under its own name; other cells stay."""
    page = new_document("page")
    solution = nodes.container("", classes=["cell", "tag_exercise-solution"])
    other = nodes.container("", classes=["cell"])
    page += [solution, other]
    exercise.fold_solutions(SimpleNamespace(), page)
    assert (solution["hide_mode"], solution["prompt_show"]) == ("all", "Show the solution")
    assert "hide_mode" not in other


def test_a_page_that_glued_nothing(tmp_path: Any) -> None:
    """It has no values."""
    assert exercise.values(SimpleNamespace(outdir=tmp_path / "html"), "page") == {}


def test_a_check_of_a_download() -> None:
    """It holds the answer in hexadecimal, so that nobody reads it by chance."""
    code = exercise.check_cell({"answer": "mean", "tolerance": "0.1", "unit": "m"}, {"mean": 0.25})
    assert "in m" in code
    assert (0.25).hex() in code
    said: list[str] = []
    exec(code.replace("...", "0.3", 1), {"print": said.append})
    assert said == ["Right."]


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
