"""Run folders as written down: by their schema, and as earlier versions left them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.document import EXPERIMENT, contents_of
from core.engine.run_folder import CONFIG, files_of
from core.faults.files import small_run
from core.models.base import MODELS
from tests.unit.engine.documents import small_document

OLDER = Path(__file__).parents[2] / "data" / "runs"
SCHEMAS = Path(run_folder.__file__).parent
SCHEMA = json.loads((SCHEMAS / "run_folder.schema.json").read_text())
DOCUMENT = json.loads((SCHEMAS / "document.schema.json").read_text())


def check(config: Any) -> None:
    jsonschema.validate(config, SCHEMA, jsonschema.Draft202012Validator)


def test_the_schemas_are_some() -> None:
    for schema in (SCHEMA, DOCUMENT):
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_document_is_as_described(tiny: Callable[..., Dataset]) -> None:
    registry = Registry().with_resource("run_folder.schema.json", Resource.from_contents(SCHEMA))
    validator = jsonschema.Draft202012Validator(DOCUMENT, registry=registry)
    facts = json.loads(contents_of(small_document(tiny()))[EXPERIMENT])
    validator.validate(facts)
    for change in ({"lanes": []}, {"path": {"arc": True, "t": 2}}, {"setup": {"latent": []}}, {"format": 2}):
        assert not validator.is_valid({**facts, **change})


@pytest.mark.parametrize("model", MODELS.names())
def test_what_is_written_is_as_described(model: str) -> None:
    check(json.loads(small_run(model, (1, 28, 28))[CONFIG]))


@pytest.mark.parametrize(
    "change", [{"step": -1}, {"turns": [[1, "lr"]]}, {"state": {"at": 0}}, {"data": {"name": "moons"}}, {"format": 9}]
)
def test_what_is_not_as_described_is_neither_valid_nor_read(change: dict[str, Any]) -> None:
    contents = small_run("vae", (2, 1, 1))
    config = {**json.loads(contents[CONFIG]), **change}
    with pytest.raises(jsonschema.ValidationError):
        check(config)
    with pytest.raises(ValueError):
        run_folder.from_contents(Path("run"), {**contents, CONFIG: json.dumps(config).encode()})


@pytest.mark.parametrize("name", ["format-1", "format-2"])
def test_what_an_earlier_version_wrote_opens_and_is_saved_anew(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(OLDER / name, tmp_path / "run")
    check(json.loads(files_of(folder)[CONFIG].read_text()))
    found = run_folder.load(folder)
    assert (found.model, found.step, found.config.hidden, len(found.history)) == ("vae", 40, "8", 40)
    assert found.continuation is None
    run_folder.save(folder, found)
    again = run_folder.load(folder)
    assert (again.step, again.history.names, again.continuation) == (40, found.history.names, None)
    check(json.loads(files_of(folder)[CONFIG].read_text()))
    assert {path.name for path in folder.iterdir()} == {path.name for path in files_of(folder).values()}
