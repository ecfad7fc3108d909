"""A run on disk: complete, or refused in one sentence."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import SOURCES, DataError, Dataset, describe, load, reload
from core.engine import run_folder
from core.engine.run_folder import CONFIG, METRICS, NAMES, WEIGHTS, SavedRun, files_of
from core.foundation.files import FileError
from core.foundation.generations import MANIFEST
from core.foundation.history import History
from core.foundation.params import KnobError
from core.models.base import MODELS
from core.theory.latent_space import prior
from core.training.batches import DeviceDataset
from core.training.saved import Turn
from core.training.setup import Setup
from core.training.snapshot import Snapshot, freeze
from core.training.state import resume
from core.training.training import Training, columns_of
from tests.unit.engine.run_folders import FILES, SETUP, SmallRun, change, names_in, small_run, write


@pytest.fixture(scope="module")
def run(tiny: Callable[..., Dataset]) -> SmallRun:
    return small_run(tiny())


@pytest.fixture
def saved(run: SmallRun, tmp_path: Path) -> Path:
    return write(run, tmp_path / "some" / "run")


def test_what_was_saved_comes_back(saved: Path, run: SmallRun) -> None:
    found = run_folder.load(saved)
    assert isinstance(found, SavedRun)
    assert (found.model, found.step, found.seconds) == ("vae", 9, 1.25)
    assert found.config == run[0].config
    assert found.setup == SETUP
    assert found.data == {"name": "tiny", "shape": [1, 28, 28]}
    assert found.turned_at == found.training_state().turned_at == {"beta": 4}
    z = prior(5, 3, 0)
    np.testing.assert_array_equal(found.snapshot().decode(z), run[0].decode(z))
    assert found.snapshot().step == 9
    state = run[0].model.state_dict()
    assert found.weights.keys() == state.keys()
    assert all(torch.equal(found.weights[name], state[name]) for name in state)
    assert names_in(saved) == {path.name for path in files_of(saved).values()}
    assert files_of(saved).keys() == set(FILES)


def test_a_folder_from_before_turned_knobs_were_saved_is_read(saved: Path) -> None:
    broken_config(saved, turns=None)
    assert run_folder.load(saved).turns == ()
    broken_config(saved, turned_at={"lr": 5, "beta": 4})
    assert run_folder.load(saved).turns == (Turn(4, "beta", 2.0), Turn(5, "lr", 0.001))


def test_metrics_are_a_table(saved: Path, run: SmallRun) -> None:
    with open(files_of(saved)[METRICS], newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(columns_of("vae"))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 10))
    written = np.array([[float(value) for value in row] for row in rows[1:]])
    np.testing.assert_allclose(written, run[1].table().rows, rtol=1e-5)


def test_the_history_comes_back(saved: Path, run: SmallRun) -> None:
    found = run_folder.load(saved)
    assert found.history.names == columns_of("vae")
    np.testing.assert_allclose(found.history.rows, run[1].table().rows, rtol=1e-5)
    assert found.training_state().history is found.history


def test_a_history_of_other_columns_is_left_out(saved: Path) -> None:
    change(saved, metrics=b"step,seconds,something\n1,0.1,2.5\n")
    config = json.loads(files_of(saved)[CONFIG].read_text())
    broken_config(saved, state={**config["state"], "columns": ["step", "seconds", "a", "b", "c", "something"]})
    found = run_folder.load(saved)
    assert len(found.history) == 0
    assert found.history.names == columns_of("vae")
    assert found.pending is None


@pytest.mark.parametrize("text", ["", "step,seconds\n1,not a number\n"])
def test_a_history_that_is_none(text: str, saved: Path) -> None:
    change(saved, metrics=text.encode())
    with pytest.raises(FileError, match="cannot be used"):
        run_folder.load(saved)


def test_a_run_on_points_comes_back(tmp_path: Path) -> None:
    data = load("mixture", SOURCES.get("mixture").Config(train_images=1000))  # type: ignore[call-arg]
    config = MODELS.get("gan").Config(hidden="8", packing=2)
    training = Training("gan", config, Setup(batch=16), DeviceDataset(data, torch.device("cpu")))
    training.advance()
    history = History(columns_of("gan"))
    history.append(training.take_rows())
    snapshot = Snapshot(freeze(training.model), 1, 0, config)
    facts = {"name": "mixture", "shape": list(data.shape)}
    weights = snapshot.model.state_dict()
    saved = SavedRun("gan", config, Setup(batch=16), facts, 1, 0.1, weights, history.table())
    run_folder.save(tmp_path / "run", saved)
    z = prior(5, 2, 0)
    np.testing.assert_array_equal(run_folder.load(tmp_path / "run").snapshot().decode(z), snapshot.decode(z))


@pytest.mark.parametrize("name", FILES)
def test_any_damage_is_found(name: str, saved: Path) -> None:
    path = files_of(saved)[name]
    whole = path.read_bytes()
    random = np.random.default_rng(len(whole))
    for at in {0, len(whole) - 1, *random.integers(0, len(whole), 40).tolist()}:
        broken = bytearray(whole)
        broken[at] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        with pytest.raises(FileError):
            run_folder.load(saved)
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(FileError):
            run_folder.load(saved)
    path.write_bytes(whole + b"\n")
    with pytest.raises(FileError):
        run_folder.load(saved)
    path.write_bytes(whole)
    run_folder.load(saved)


@pytest.mark.parametrize("name", NAMES)
def test_the_damaged_file_is_named(name: str, saved: Path) -> None:
    path = files_of(saved)[name]
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(FileError, match=f"{path.name} is damaged: its SHA-256 is not the manifest's"):
        run_folder.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name: str, saved: Path) -> None:
    path = files_of(saved)[name]
    path.unlink()
    with pytest.raises(FileError, match=f"{path.name} is missing; choose a folder that Save"):
        run_folder.load(saved)


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
@pytest.mark.parametrize("name", FILES)
def test_only_regular_files_are_read_and_replaced(name: str, saved: Path, run: SmallRun) -> None:
    path = files_of(saved)[name]
    content = path.read_bytes()
    path.unlink()
    elsewhere = saved.parent / "elsewhere"
    elsewhere.write_bytes(content)
    path.symlink_to(elsewhere)
    with pytest.raises(FileError, match="not a regular file; choose another place"):
        write(run, saved)
    assert elsewhere.read_bytes() == content
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FileError, match="not a regular file"):
        run_folder.load(saved)
    with pytest.raises(FileError, match="not a regular file"):
        write(run, saved)


def test_something_else_than_a_folder(saved: Path, run: SmallRun, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not a folder; a run folder holds"):
        run_folder.load(saved / MANIFEST)
    with pytest.raises(FileError, match="is not a folder"):
        run_folder.load(tmp_path / "nothing")
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(FileError, match=r"cannot write .*; choose another place"):
            write(run, place)


def broken_config(folder: Path, **changes: Any) -> None:
    config = json.loads(files_of(folder)[CONFIG].read_text())
    for name, value in changes.items():
        if value is None:
            del config[name]
        else:
            config[name] = value
    change(folder, config=json.dumps(config).encode())


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "has format 2, this version reads 1"),
        ({"model": "transformer"}, "cannot be used: there is no model 'transformer'"),
        ({"model": None}, "config.json lacks 'model'"),
        ({"config": {"beta": -1}}, "KL weight β: −1 is outside"),
        ({"config": {"gamma": 1}}, "there is no knob 'gamma'"),
        ({"config": {"hidden": "500"}}, "do not fit its config"),
        ({"config": 7}, "cannot be used"),
        ({"setup": {"latent": 1000}}, "Latent dims: 1,000 is outside"),
        ({"setup": {"latent": 4}}, "do not fit its config"),
        ({"model": "gan", "config": {}}, "cannot be used"),
        ({"data": None}, "config.json lacks 'data'"),
        ({"data": {}}, "lacks 'shape'"),
        ({"data": {"shape": [1, 28]}}, "cannot be used"),
        ({"data": {"shape": [1, 100_000, 100_000]}}, "are not ours"),
        ({"data": {"shape": [1, "28", 28]}}, "are not ours"),
        ({"data": []}, "cannot be used"),
        ({"step": "many"}, "cannot be used"),
        ({"turns": [["late", "beta", 1]]}, "cannot be used"),
    ],
)
def test_nonsense_with_a_good_manifest(changes: dict[str, Any], why: str, saved: Path) -> None:
    broken_config(saved, **changes)
    with pytest.raises(FileError) as caught:
        run_folder.load(saved)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_are_none(saved: Path) -> None:
    for content in (b"", b"PK\x03\x04 a pickle?", b"\xff" * 64, (2**60).to_bytes(8, "little")):
        change(saved, weights=content)
        with pytest.raises(FileError, match="cannot be used"):
            run_folder.load(saved)


def test_manifests_of_another_kind(saved: Path) -> None:
    for content, why in ((b"[]", "is not a JSON object"), (b"{}", "damaged"), (b"\xff", "is not JSON")):
        (saved / MANIFEST).write_bytes(content)
        with pytest.raises(FileError, match=why):
            run_folder.load(saved)
    (saved / MANIFEST).write_text('{"format": 9, "sha256": []}')
    with pytest.raises(FileError, match="format 9, this version reads 3"):
        run_folder.load(saved)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_files_mode_is_kept(saved: Path, run: SmallRun) -> None:
    assert stat.S_IMODE(files_of(saved)[WEIGHTS].stat().st_mode) == 0o644
    files_of(saved)[WEIGHTS].chmod(0o640)
    write(run, saved, step=7)
    assert stat.S_IMODE(files_of(saved)[WEIGHTS].stat().st_mode) == 0o640


# --- the data of a saved run ---------------------------------------------------------------------------------------


def test_the_data_of_a_run_is_found_again() -> None:
    config = SOURCES.get("shapes").Config(train_images=1000, image_size=40)
    dataset = load("shapes", config)
    data = json.loads(json.dumps(describe(dataset, config)))
    assert data["shape"] == [1, 40, 40]
    assert data["class_names"] == ["square", "ellipse", "heart"]
    again, found = reload(data)
    assert found == config
    np.testing.assert_array_equal(again.train.pixels, dataset.train.pixels)


def test_a_folder_is_remembered_by_its_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 28, 28), np.uint8)
    header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in pixels.shape)
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits" / "train-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
    monkeypatch.chdir(tmp_path)
    config = SOURCES.get("idx").Config(data="digits")
    data = describe(load("idx", config), config)
    monkeypatch.chdir("/")
    assert len(reload(data)[0].train) == 26


def test_data_that_is_gone_or_another() -> None:
    with pytest.raises(DataError, match=r"no dataset 'cats'.*a dataset of your own needs its file in .*datasets"):
        reload({"name": "cats"})
    with pytest.raises(KnobError, match="no knob 'size'"):
        reload({"name": "shapes", "config": {"size": 3}})
    with pytest.raises(DataError, match="does not exist"):
        reload({"name": "idx", "config": {"data": "/nowhere/at/all"}})
    with pytest.raises(DataError, match="not those of the saved run"):
        reload({"name": "shapes", "shape": [1, 64, 64], "config": {"train_images": 1000}})


def old_weights(training: Training) -> dict[str, torch.Tensor]:
    """The weights as earlier versions wrote them: with running means of codes and of their squares."""
    weights = dict(training.model.state_dict())
    del weights["scale.std"]
    dims = len(weights["scale.mean"])
    return weights | {"scale.mean": torch.ones(dims), "scale.square": torch.full((dims,), 5.0)}


def test_a_file_with_running_means_opens(tiny: Callable[..., Dataset]) -> None:
    config = MODELS.get("ae").Config(hidden="12")
    training = Training("ae", config, SETUP, DeviceDataset(tiny(), torch.device("cpu")))
    right = training.snapshot().scale
    data = {"name": "tiny", "shape": [1, 28, 28]}
    saved = SavedRun("ae", config, SETUP, data, 0, 0.0, old_weights(training), History(columns_of("ae")).table())
    written = saved.snapshot().scale
    assert right is not None
    assert written is not None
    assert written[0] == pytest.approx(1.0)
    assert written[1] == pytest.approx(2.0)  # √(5 − 1²)
    measured = saved.snapshot(tiny()).scale
    assert measured is not None
    np.testing.assert_allclose(measured, right, rtol=1e-5)
    resume(training, saved.training_state())
    resumed = training.snapshot().scale
    assert resumed is not None
    np.testing.assert_allclose(resumed, right, rtol=1e-5)
