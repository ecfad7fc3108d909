"""A run is measured on its own data, or it is said that it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.cli.main import main
from core.datasets.base import SOURCES, changed_data, load
from core.engine import run_folder
from core.foundation.generations import MANIFEST, manifest_of, stored_name
from tests.end_to_end.test_command_line import good_folder, idx
from tests.fakes import fakes

Captured = pytest.CaptureFixture[str]
REFUSED = "holds other images or labels now than when the run was trained: find the old ones, or measure on these with"


@pytest.fixture(autouse=True)
def quick_measures() -> Iterator[None]:
    """What the others read is asked in test_measuring_commands.py."""
    with fakes():
        yield


@pytest.fixture
def run(tmp_path: Path, capsys: Captured) -> Path:
    """A run on IDX files of which there are others now."""
    (tmp_path / "data").mkdir()
    good_folder(tmp_path / "data")
    words = (
        f"train --dataset idx --data {tmp_path / 'data'} --steps 5 --device cpu --threads 1 --network mlp --batch 32"
    )
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    return tmp_path / "run"


def change(run: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)
    (run.parent / "data" / "t10k-images-idx3-ubyte").write_bytes(idx(pixels))


def test_the_same_data_are_measured_without_a_word(run: Path, capsys: Captured) -> None:
    assert main(["evaluate", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data_changed"] is False


def test_other_data_of_the_same_shape_are_refused(run: Path, capsys: Captured) -> None:
    change(run)
    assert main(["evaluate", str(run)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert REFUSED in said.err
    assert len(said.err.splitlines()) == 1


def test_other_data_are_measured_where_that_is_known(run: Path, capsys: Captured) -> None:
    change(run)
    assert main(["evaluate", str(run), "--data-changed"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "These are not the data that it was trained on."
    assert main(["evaluate", str(run), "--data-changed", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data_changed"] is True


def test_a_run_of_an_earlier_version_has_no_fingerprint(run: Path) -> None:
    files = run_folder.files_of(run)
    contents = {name: files[name].read_bytes() for name in run_folder.NAMES}
    config = json.loads(contents[run_folder.CONFIG])
    del config["data"]["sha256"]
    contents[run_folder.CONFIG] = json.dumps(config).encode()
    manifest = manifest_of(contents)
    for name, digest in json.loads(manifest)["sha256"].items():
        (run / stored_name(name, digest)).write_bytes(contents[name])
    (run / MANIFEST).write_bytes(manifest)
    change(run)
    assert main(["evaluate", str(run)]) == 0


def test_labels_belong_to_the_data() -> None:
    few = SOURCES.get("shapes").Config(train_images=1000)
    one, two, three = (load("shapes", few) for _ in range(3))
    assert one.fingerprint == two.fingerprint
    assert changed_data(one, {"sha256": two.fingerprint}) == ""
    assert three.test.labels is not None
    three.test.labels[0] += 1
    assert "other images or labels" in changed_data(three, {"sha256": one.fingerprint})
    assert changed_data(three, {}) == ""
