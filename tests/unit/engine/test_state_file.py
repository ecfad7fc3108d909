"""A run folder holds the whole state of a run: what it goes on from to the last bit, or one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from core.datasets.base import Dataset
from core.engine import run_folder
from core.engine.kept import Kept
from core.engine.run_folder import STATE, SavedRun
from core.engine.state_file import contents_of, with_state
from core.foundation.history import History
from core.models.base import MODELS
from core.nets.networks import Shape
from core.training.batches import DeviceDataset
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.state import resume, state_of
from core.training.training import Training, columns_of

Tiny = Callable[..., Dataset]
SHAPE = Shape(1, 28, 28, 3)
TURN = 4
"""The step at which a knob is turned."""


class Trained:
    """A training with its history, in which a learning rate changes."""

    def __init__(self, name: str, data: Dataset, capacity: int = 16, **setup: Any) -> None:
        knobs = {name: value for name, value in setup.items() if name == "optimiser"}
        self.config = MODELS.get(name).Config(**{"hidden": "8", "channels": 4, **knobs})
        rest = {name: value for name, value in setup.items() if name not in knobs}
        self.setup = Setup(**{"batch": 50, "seed": 3, "latent": 3, "device": "cpu", **rest})
        self.name, self.data = name, data
        self.history = History(columns_of(name), capacity)
        self.turns: tuple[Turn, ...] = ()
        self.training = self.begun()

    def begun(self) -> Training:
        return Training(self.name, self.config, self.setup, DeviceDataset(self.data, torch.device("cpu")))

    def advance(self, steps: int) -> None:
        for _ in range(steps):
            if self.training.step == TURN:
                knob = "lr" if hasattr(self.config, "lr") else "lr_g"
                self.config = type(self.config)(**{**vars(self.config), knob: 0.002})
                self.training.set_config(self.config)
                self.turns = (Turn(TURN, knob, 0.002),)
            self.training.advance()
        self.history.append(self.training.take_rows())

    def state(self) -> Saved:
        return state_of(self.training, self.history, self.turns)

    def save(self, folder: Path) -> None:
        kept = Kept(0, self.config, self.setup, self.data, self.state())
        run_folder.save(folder, SavedRun.of_kept(self.name, kept, {"name": "tiny", "shape": [1, 28, 28]}))

    def open(self, folder: Path) -> None:
        saved = run_folder.load(folder).training_state()
        assert saved.history is not None
        self.config = run_folder.load(folder).config
        self.training, self.turns = self.begun(), saved.turns
        resume(self.training, saved)
        self.history = History(columns_of(self.name), 16)
        self.history.resume(saved.history, saved.pending)


def terms(history: History) -> np.ndarray:
    """The table and the rows after it without seconds."""
    rows = np.concatenate([history.table().rows, history.pending])
    return np.delete(rows, 1, 1)


def assert_same(one: Trained, other: Trained) -> None:
    assert np.array_equal(terms(one.history), terms(other.history))
    assert one.history.table().stride == other.history.table().stride
    ours, theirs = one.state(), other.state()
    assert ours.turns == theirs.turns
    assert all(np.array_equal(ours.weights[name], theirs.weights[name]) for name in ours.weights)
    assert ours.continuation is not None
    assert theirs.continuation is not None
    mine, its = contents_of(ours), contents_of(theirs)
    assert mine[0] == its[0]
    first, second = load_arrays(mine[1]), load_arrays(its[1])
    assert all(np.array_equal(first[name], second[name]) for name in first if name not in ("history", "pending"))


@pytest.mark.parametrize("optimiser", ["adam", "rmsprop", "sgd"])
@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", MODELS.names())
def test_a_saved_run_goes_on_as_if_it_had_never_stopped(
    name: str, network: str, optimiser: str, tiny: Tiny, tmp_path: Path
) -> None:
    whole = Trained(name, tiny(), network=network, optimiser=optimiser)
    parts = Trained(name, tiny(), network=network, optimiser=optimiser)
    whole.advance(9)
    for steps in (3, 4, 2):  # of 240 images in batches of 50: amid a pass over them, before and after the turn
        parts.advance(steps)
        parts.save(tmp_path / "run")
        parts.open(tmp_path / "run")
    assert_same(whole, parts)


def test_a_history_whose_rows_were_merged_goes_on_merging(tiny: Tiny, tmp_path: Path) -> None:
    whole, parts = Trained("ae", tiny()), Trained("ae", tiny())
    for _ in range(7):
        whole.advance(7)
        parts.advance(7)
        parts.save(tmp_path / "run")
        parts.open(tmp_path / "run")
        assert_same(whole, parts)
    assert whole.history.table().stride == 4
    assert len(whole.history.pending) == 1


@pytest.fixture(scope="module")
def state(tiny: Tiny) -> Saved:
    trained = Trained("vae", tiny(), network="mlp")
    trained.advance(6)
    return trained.state()


def read(state: Saved, facts: Any, content: bytes) -> Saved:
    plain = Saved(state.weights, state.step, state.seconds, state.history, state.turns)
    return with_state(plain, facts, content, "vae", MODELS.get("vae").Config(hidden="8"), SHAPE, "mlp")


def test_a_state_comes_back_as_it_was(state: Saved) -> None:
    found = read(state, *contents_of(state))
    assert found.continuation is not None
    assert contents_of(found) == contents_of(state)
    assert found.threads == torch.get_num_threads()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"at": -1}, "state: at is -1, not a whole number from 0"),
        ({"at": True}, "state: at is True"),
        ({"drawn": 1e300}, "state: drawn is 1e+300"),
        ({"drawn": 2**60}, "not a whole number from 0 to"),
        ({"device": "rm -rf"}, "is not a device"),
        ({"device": 3}, "3 is not a device"),
        ({"first": {"nothing": 1.0}}, "1.0 is no first value of nothing"),
        ({"first": {"objective": -1.0}}, "is no first value of objective"),
        ({"first": [1]}, "first of state: [1] is not a JSON object"),
        ({"stride": 0}, "state: stride is 0"),
        ({"columns": ["a"]}, "its state has a history of other columns than ['a']"),
        ({"columns": 7}, "state: 7 are no columns"),
        ({"threads": 5_000}, "state: threads is 5000"),
    ],
)
def test_facts_that_cannot_be(state: Saved, facts: dict[str, Any], why: str) -> None:
    right, content = contents_of(state)
    with pytest.raises(ValueError) as caught:
        read(state, {**right, **facts}, content)
    assert why in str(caught.value)


MOMENT = "moments/vae/mean"


@pytest.mark.parametrize(
    ("name", "change", "why"),
    [
        (MOMENT, lambda a: a[:-1], "its state does not fit its config"),
        (MOMENT, lambda a: a.astype(np.float64), "its state does not fit its config"),
        (MOMENT, lambda a: a * np.float32("nan"), "its state is not finite"),
        (MOMENT, None, "its state is that of another optimiser"),
        ("moments/vae/more", lambda a: np.zeros(3, np.float32), "its state is that of another optimiser"),
        ("order", lambda a: a[:-1], "its state of the order of the images is not one of a generator"),
        ("noise", lambda a: a // 2 * 0 + 255, "its state of the noise is not one of a generator"),
        ("noise", lambda a: a.astype(np.int32), "has no generator of random numbers"),
        ("order", None, "its state has no generator of random numbers"),
        ("history", lambda a: a[::-1], "its history is not in the order of its steps"),
        ("history", lambda a: a * np.nan, "its history is not in the order of its steps"),
        ("history", lambda a: a[:, :3], "its state has a history of other columns"),
        ("history", lambda a: a[0], "its state has no history"),
        ("pending", lambda a: np.zeros((20_000, 6)), "its state has no history"),
        ("x", lambda a: np.zeros(1), "its state holds x, which is nothing of ours"),
    ],
)
def test_arrays_that_cannot_be(state: Saved, name: str, change: Any, why: str) -> None:
    facts, content = contents_of(state)
    arrays = load_arrays(content)
    if change is None:
        del arrays[name]
    else:
        arrays[name] = np.ascontiguousarray(change(arrays.get(name, np.zeros(1, np.uint8))))
    with pytest.raises(ValueError) as caught:
        read(state, facts, save_arrays(arrays))
    assert why in str(caught.value)


def test_no_memory_is_taken_for_what_a_header_claims(state: Saved) -> None:
    facts, content = contents_of(state)
    for broken in (b"", content[:100], content[:-1], b"\xff" * 64):
        with pytest.raises(ValueError, match="its state"):
            read(state, facts, broken)


def test_the_file_of_a_state_is_named_in_the_manifest(tiny: Tiny, tmp_path: Path) -> None:
    trained = Trained("ae", tiny())
    trained.advance(2)
    trained.save(tmp_path / "run")
    assert STATE in run_folder.files_of(tmp_path / "run")
