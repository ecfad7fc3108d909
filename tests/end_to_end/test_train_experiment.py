"""``train --experiment`` goes on with all lanes of a document and writes it back."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from core.cli.main import main
from core.datasets.base import SOURCES, describe, load
from core.engine.document import ChosenPicture, Document, Lane, Point
from core.engine.document_file import load as load_document
from core.engine.document_file import save
from core.engine.kept import Kept
from core.engine.run_folder import SavedRun
from core.foundation.history import History
from core.models.base import MODELS
from core.theory.latent_space import axis_plane
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.state import resume, state_of
from core.training.training import Training, columns_of

Captured = pytest.CaptureFixture[str]
SOURCE = SOURCES.get("shapes").Config(train_images=1000)  # type: ignore[call-arg]
SETUP = Setup(network="mlp", batch=32, threads=1, device="cpu", steps=5)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """The lanes of the document have one, too: their number decides the last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A document with two lanes at step 5."""
    dataset = load("shapes", SOURCE)
    data, lanes = describe(dataset, SOURCE), []
    for slot, model in enumerate(("vae", "ae")):
        config = MODELS.get(model).Config(hidden="16")
        training = Training(model, config, SETUP, DeviceDataset(dataset, torch.device("cpu")))
        for _ in range(5):
            training.advance()
        history = History(columns_of(model))
        history.append(training.take_rows())
        kept = Kept(0, config, SETUP, dataset, state_of(training, history))
        lanes.append(Lane(SavedRun.of_kept(model, kept, data), slot, config))
    z = np.zeros(2, np.float32)
    point = Point(z, z, z, axis_plane(0, 1, 2))
    save(tmp_path / "a.lplay", Document(data, SETUP, tuple(lanes), point, image=ChosenPicture("test", 4)))
    return tmp_path / "a.lplay"


def test_every_lane_goes_on_to_the_last_bit(place: Path, capsys: Captured) -> None:
    named = load_document(place)
    lanes = tuple(dataclasses.replace(lane, name=f"Mine {lane.slot}") for lane in named.lanes)
    save(place, dataclasses.replace(named, lanes=lanes))
    before = load_document(place)
    assert main(["train", "--experiment", str(place), "--steps", "20", "--save-every", "7"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Shapes: VAE from step 5, AE from step 5\n")
    assert out.endswith(f"saved in {place}\n")
    after = load_document(place)
    assert (after.setup, after.image.index, after.data) == (SETUP, 4, before.data)
    assert [lane.name for lane in after.lanes] == [lane.name for lane in lanes]
    dataset = load("shapes", SOURCE)
    for old, new in zip(before.lanes, after.lanes, strict=True):
        training = Training(old.run.model, old.run.config, SETUP, DeviceDataset(dataset, torch.device("cpu")))
        resume(training, old.run.training_state())
        while training.step < 20:
            training.advance()
        assert new.run.step == 20
        for name, tensor in training.model.state_dict().items():
            if not name.startswith("scale."):  # the unit of the codes is measured at snapshots
                assert torch.equal(tensor, new.run.weights[name])


def test_programs_follow_it(place: Path, capsys: Captured) -> None:
    other = place.parent / "b.lplay"
    assert main(["train", "--experiment", str(place), "--steps", "8", "--out", str(other), "--json"]) == 0
    first, *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert [lane["step"] for lane in first["lanes"]] == [5, 5]
    assert (last["event"], [lane["step"] for lane in last["lanes"]]) == ("done", [8, 8])
    assert last["saved_in"] == str(other)
    assert load_document(place).lanes[0].run.step == 5


def test_what_cannot_be_trained_is_one_sentence(place: Path, capsys: Captured) -> None:
    for words, says in (
        ((str(place), "--steps", "0"), "say how far the lanes are to go"),
        ((str(place), "--model", "ae"), "--experiment goes on with a run's own model and data; leave out --model"),
        ((str(place), "--resume", "x"), "leave out one of them"),
        ((str(place.parent / "none.lplay"),), "is missing"),
    ):
        assert main(["train", "--experiment", *words]) == 2
        assert says in capsys.readouterr().err
