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
from core.engine.run_folder import CONFIG, MANIFEST, METRICS, WEIGHTS, SavedRun
from core.foundation import files
from core.foundation.files import FileError
from core.foundation.history import History
from core.foundation.params import KnobError
from core.models.base import MODELS
from core.theory.latent_space import prior
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.snapshot import Snapshot, freeze
from core.training.training import Training, columns_of

FILES = (CONFIG, METRICS, WEIGHTS, MANIFEST)
SETUP = Setup(network="mlp", latent=3, batch=16, seed=5)


@pytest.fixture(scope="module")
def run(tiny: Callable[..., Dataset]) -> tuple[Snapshot, History]:
    config = MODELS.get("vae").Config(hidden="12", beta=2.0)
    training = Training("vae", config, SETUP, DeviceDataset(tiny(), torch.device("cpu")))
    for _ in range(9):
        training.advance()
    history = History(columns_of("vae"))
    history.append(training.take_rows())
    return Snapshot(freeze(training.model), training.step, 0, config), history


@pytest.fixture
def saved(run: tuple[Snapshot, History], tmp_path: Path) -> Path:
    return write(run, tmp_path / "some" / "run")


def write(run: tuple[Snapshot, History], folder: Path) -> Path:
    data = {"name": "tiny", "shape": [1, 28, 28]}
    run_folder.save(folder, "vae", run[0], SETUP, data, run[1].table(), 1.25, {"beta": 4})
    return folder


def sign(folder: Path) -> None:
    """Write a manifest that matches the files, so that only their contents can be wrong."""
    contents = {name: (folder / name).read_bytes() for name in (CONFIG, METRICS, WEIGHTS)}
    (folder / MANIFEST).write_bytes(run_folder._manifest(contents))


def test_what_was_saved_comes_back(saved: Path, run: tuple[Snapshot, History]) -> None:
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
    assert sorted(path.name for path in saved.iterdir()) == sorted(FILES)


def test_a_folder_from_before_turned_knobs_were_saved_is_read(saved: Path) -> None:
    broken_config(saved, turned_at=None)
    assert run_folder.load(saved).turned_at == {}


def test_metrics_are_a_table(saved: Path, run: tuple[Snapshot, History]) -> None:
    with open(saved / METRICS, newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == list(columns_of("vae"))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 10))
    written = np.array([[float(value) for value in row] for row in rows[1:]])
    np.testing.assert_allclose(written, run[1].table().rows, rtol=1e-5)


def test_the_history_comes_back(saved: Path, run: tuple[Snapshot, History]) -> None:
    found = run_folder.load(saved)
    assert found.history.names == columns_of("vae")
    np.testing.assert_allclose(found.history.rows, run[1].table().rows, rtol=1e-5)
    assert found.training_state().history is found.history.rows


def test_a_history_of_other_columns_is_left_out(saved: Path) -> None:
    (saved / METRICS).write_text("step,seconds,something\n1,0.1,2.5\n")
    sign(saved)
    found = run_folder.load(saved)
    assert len(found.history) == 0
    assert found.history.names == columns_of("vae")


@pytest.mark.parametrize("text", ["", "step,seconds\n1,not a number\n"])
def test_a_history_that_is_none(text: str, saved: Path) -> None:
    (saved / METRICS).write_text(text)
    sign(saved)
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
    run_folder.save(tmp_path / "run", "gan", snapshot, Setup(batch=16), facts, history.table(), 0.1)
    z = prior(5, 2, 0)
    np.testing.assert_array_equal(run_folder.load(tmp_path / "run").snapshot().decode(z), snapshot.decode(z))


@pytest.mark.parametrize("name", FILES)
def test_any_damage_is_found(name: str, saved: Path) -> None:
    whole = (saved / name).read_bytes()
    random = np.random.default_rng(len(whole))
    for at in {0, len(whole) - 1, *random.integers(0, len(whole), 40).tolist()}:
        broken = bytearray(whole)
        broken[at] ^= 1 << int(random.integers(8))
        (saved / name).write_bytes(broken)
        with pytest.raises(FileError):
            run_folder.load(saved)
    for size in (0, 1, len(whole) // 2, len(whole) - 1):
        (saved / name).write_bytes(whole[:size])
        with pytest.raises(FileError):
            run_folder.load(saved)
    (saved / name).write_bytes(whole + b"\n")
    with pytest.raises(FileError):
        run_folder.load(saved)
    (saved / name).write_bytes(whole)
    run_folder.load(saved)


@pytest.mark.parametrize("name", [CONFIG, METRICS, WEIGHTS])
def test_the_damaged_file_is_named(name: str, saved: Path) -> None:
    (saved / name).write_bytes((saved / name).read_bytes()[:-3])
    with pytest.raises(FileError, match=f"{name} is damaged: its SHA-256 is not the manifest's"):
        run_folder.load(saved)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(name: str, saved: Path) -> None:
    (saved / name).unlink()
    with pytest.raises(FileError, match=f"{name} is missing; choose a folder that Save"):
        run_folder.load(saved)


@pytest.mark.skipif(os.name != "posix", reason="needs links and pipes")
@pytest.mark.parametrize("name", FILES)
def test_only_regular_files_are_read_and_replaced(name: str, saved: Path, run: tuple[Snapshot, History]) -> None:
    content = (saved / name).read_bytes()
    (saved / name).unlink()
    os.mkfifo(saved / name)
    with pytest.raises(FileError, match="not a regular file"):
        run_folder.load(saved)
    for check in (run_folder.prepare, lambda folder: write(run, folder)):
        with pytest.raises(FileError, match="not a regular file; choose another place"):
            check(saved)
    (saved / name).unlink()
    elsewhere = saved.parent / "elsewhere"
    elsewhere.write_bytes(content)
    (saved / name).symlink_to(elsewhere)
    with pytest.raises(FileError, match="not a regular file; choose another place"):
        write(run, saved)
    assert elsewhere.read_bytes() == content


def test_something_else_than_a_folder(saved: Path, run: tuple[Snapshot, History], tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is not a folder; a run folder holds"):
        run_folder.load(saved / CONFIG)
    with pytest.raises(FileError, match="is not a folder"):
        run_folder.load(tmp_path / "nothing")
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        for check in (run_folder.prepare, lambda folder: write(run, folder)):
            with pytest.raises(FileError, match=r"cannot write .*; choose another place"):
                check(place)


def broken_config(folder: Path, **changes: Any) -> None:
    config = json.loads((folder / CONFIG).read_text())
    for name, value in changes.items():
        if value is None:
            del config[name]
        else:
            config[name] = value
    (folder / CONFIG).write_text(json.dumps(config))
    sign(folder)


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
        ({"turned_at": {"beta": "late"}}, "cannot be used"),
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
        (saved / WEIGHTS).write_bytes(content)
        sign(saved)
        with pytest.raises(FileError, match="cannot be used"):
            run_folder.load(saved)


def test_manifests_of_another_kind(saved: Path) -> None:
    for content, why in ((b"[]", "is not a JSON object"), (b"{}", "damaged"), (b"\xff", "is not JSON")):
        (saved / MANIFEST).write_bytes(content)
        with pytest.raises(FileError, match=why):
            run_folder.load(saved)
    (saved / MANIFEST).write_text('{"format": 9, "sha256": []}')
    with pytest.raises(FileError, match="format 9, this version reads 1"):
        run_folder.load(saved)


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_a_files_mode_is_kept(saved: Path, run: tuple[Snapshot, History]) -> None:
    assert stat.S_IMODE((saved / WEIGHTS).stat().st_mode) == 0o644
    (saved / WEIGHTS).chmod(0o640)
    write(run, saved)
    assert stat.S_IMODE((saved / WEIGHTS).stat().st_mode) == 0o640


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("at", [1, 3, 6])
def test_a_failed_write_leaves_the_old_file_or_a_manifest_that_does_not_fit(
    call: str, at: int, saved: Path, run: tuple[Snapshot, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: (saved / name).read_bytes() for name in FILES}
    calls = iter(range(1, 100))
    real = getattr(os, call)

    def full(*words: Any) -> Any:
        if next(calls) == at:
            raise OSError(28, "No space left on device")
        return real(*words)

    monkeypatch.setattr(os, call, full)
    if call == "replace" and at > len(FILES):
        write(run, saved)
    else:
        with pytest.raises(FileError, match=r"cannot write .*No space left on device"):
            write(run, saved)
    monkeypatch.undo()
    assert sorted(path.name for path in saved.iterdir()) == sorted(FILES)  # no temporary file is left
    assert {name: (saved / name).read_bytes() for name in FILES} == before  # the same run: the same bytes
    run_folder.load(saved)


def test_a_crash_between_two_files_is_seen(
    saved: Path, run: tuple[Snapshot, History], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.write_bytes

    def crash(path: Path, content: bytes) -> None:
        if path.name == MANIFEST:
            raise KeyboardInterrupt
        real(path, content)

    monkeypatch.setattr(files, "write_bytes", crash)
    with pytest.raises(KeyboardInterrupt):
        run_folder.save(saved, "vae", run[0], SETUP, {"shape": [1, 28, 28]}, run[1].table(), 2.0)
    with pytest.raises(FileError, match="damaged"):
        run_folder.load(saved)


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
    training.resume(saved.training_state())
    resumed = training.snapshot().scale
    assert resumed is not None
    np.testing.assert_allclose(resumed, right, rtol=1e-5)
