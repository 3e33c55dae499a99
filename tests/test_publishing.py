"""What services read: workflows and settings fit their schemas and name things that exist."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT

SCHEMAS = Path(__file__).parent / "schemas"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
VERSION = PROJECT["project"]["version"]


def check(document: Any, schema: str) -> None:
    """Hold a document against a schema, itself held against the schemas' own."""
    rules = json.loads((SCHEMAS / schema).read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(rules)
    jsonschema.Draft202012Validator(rules).validate(document)


def workflow(path: Path) -> Any:
    """A workflow with its words as they stand: to YAML 1.1, ``on`` would be a truth value."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_fits_its_schema(path: Path) -> None:
    """Only keys and values that GitHub's syntax has; actions by their major version."""
    check(workflow(path), "github_workflow.json")


def test_read_the_docs_fits_its_schema() -> None:
    """Only keys and values that version 2 of the configuration file has."""
    check(yaml.safe_load((ROOT / ".readthedocs.yaml").read_text("utf-8")), "readthedocs.json")


@pytest.mark.parametrize("change", [{"jobs": {}}, {"on": {"pusch": {}}}, {"permissions": "all"}])
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    """A workflow with an unknown event, without a job or with any permission does not fit."""
    with pytest.raises(jsonschema.ValidationError):
        check(workflow(WORKFLOWS[0]) | change, "github_workflow.json")


def test_steps_refer_to_steps() -> None:
    """Outputs and needs name a step or a job that is there."""
    for path in WORKFLOWS:
        jobs = workflow(path)["jobs"]
        for job in jobs.values():
            ids = {step["id"] for step in job["steps"] if "id" in step}
            assert set(re.findall(r"steps\.(\w+)\.outputs", json.dumps(job))) <= ids
            assert job.get("needs", next(iter(jobs))) in jobs


def test_services_run_our_sessions() -> None:
    """Every service calls a session that there is, with the nox that the README names."""
    sessions = re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text("utf-8"), re.M)
    files = [*WORKFLOWS, ROOT / ".readthedocs.yaml", ROOT / ".ci" / "run", ROOT / "README.md"]
    texts = {path.name: path.read_text("utf-8") for path in files}
    called = {name: re.findall(r"nox -s ((?:[a-z]+ ?)+)", text) for name, text in texts.items()}
    assert {name for name, groups in called.items() if not groups} == {"checks.yml"}
    assert ".ci/run" in texts["checks.yml"]
    named = {session for groups in called.values() for group in groups for session in group.split()}
    assert named <= set(sessions)
    pins = {pin for text in texts.values() for pin in re.findall(r"nox==([\d.]+\d)", text)}
    locked = re.search(r"^nox==(.*)$", (ROOT / "constraints.txt").read_text("utf-8"), re.M)
    assert pins == {locked[1]}


def test_the_published_folder_is_the_built_one() -> None:
    """Services publish the folder that the session builds."""
    site = 'ROOT / "docs" / "_build" / "html"'
    assert site in (ROOT / "noxfile.py").read_text("utf-8")
    steps = workflow(ROOT / ".github/workflows/pages.yml")["jobs"]["build"]["steps"]
    assert steps[-1]["with"] == {"path": "docs/_build/html"}
    assert "cp -r docs/_build/html" in (ROOT / ".readthedocs.yaml").read_text("utf-8")


def test_one_version_everywhere() -> None:
    """The citation file and the changelog know the version, and agree on its date."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["version"] == VERSION
    assert citation["license"] == PROJECT["project"]["license"]
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    dated = re.findall(r"^## \[(\d[\w.]*)\] - (\d{4}-\d\d-\d\d)$", changes, re.M)
    assert dated[0] == (VERSION, str(citation["date-released"]))
    assert changes.index("## [Unreleased]") < changes.index(f"## [{VERSION}]")


def test_release_checklist_fits_a_screen() -> None:
    """The checklist has at most ten steps of at most two lines."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    steps = re.search(r"^## Release\n\n((?:\d+\. .*\n?)+)", text, re.M)[1].splitlines()
    assert 3 <= len(steps) <= 10
    assert all(len(step) < 200 for step in steps)
