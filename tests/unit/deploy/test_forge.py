"""What a public forge and pre-commit run: the project's own commands."""

import json
import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

import yaml
from jsonschema.validators import validator_for  # type: ignore[import-untyped]  # its stubs are no part of this project

from tests.unit.deploy import files

WORKFLOW = files.ROOT / ".github/workflows/ci.yml"


def test_the_workflow_is_valid_and_runs_what_ci_runs() -> None:
    spec = find_spec("check_jsonschema")
    assert spec is not None
    assert spec.submodule_search_locations
    schemas = Path(spec.submodule_search_locations[0]) / "builtin_schemas/vendor"
    schema = json.loads((schemas / "github-workflows.json").read_text("utf-8"))
    # YAML 1.1 reads the key `on` as a truth value.
    text = WORKFLOW.read_text("utf-8").replace("\non:\n", '\n"on":\n')
    workflow = yaml.safe_load(text)
    assert [error.message for error in validator_for(schema)(schema).iter_errors(workflow)] == []
    commands = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert ".ci/run" in commands


def test_the_workflow_claims_only_versions_that_the_package_allows() -> None:
    workflow = files.read(WORKFLOW)
    project = tomllib.loads((files.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    claimed = {version for job in workflow["jobs"].values() for version in job["strategy"]["matrix"]["python"]}
    assert claimed <= {"3.11", "3.12", "3.13"}


def test_pre_commit_runs_the_tools_of_make_check_from_the_locked_environment() -> None:
    (repository,) = files.read(files.ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    entries = [hook["entry"].removesuffix(" --force-exclude") for hook in repository["hooks"]]
    check = (files.ROOT / "Makefile").read_text("utf-8").split("\ncheck:", 1)[1].split("\n\n", 1)[0]
    told = re.findall(r"\$\(RUN\)(\S+(?: [a-z.]+)?)", check.replace(" --check .", "").replace("check .", "check"))
    assert entries == [f".venv/bin/{command}" for command in told]


def test_every_package_is_marked_as_typed() -> None:
    project = tomllib.loads((files.ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert [name for name in packages if not (files.ROOT / name / "py.typed").is_file()] == []
