"""A training goes on from its state as if it had never stopped, and refuses what is no state of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.datasets.base import Dataset, load
from core.foundation.history import History
from core.models.base import MODELS
from core.remote.vocabulary import codec
from core.training.batches import DeviceDataset
from core.training.saved import Continuation, Saved
from core.training.setup import Setup
from core.training.state import fresh_state, resume, state_of
from core.training.training import Training, columns_of

Tiny = Callable[..., Dataset]
Make = Callable[[], Training]
BATCH = 50
BEFORE, AFTER = 3, 4
"""Steps before and after the state is taken: the epoch of 240 images ends amid a batch of the later ones."""


def maker(name: str, data: Dataset, knobs: dict[str, Any] | None = None, **setup: Any) -> Make:
    config = MODELS.get(name).Config(**{"hidden": "24, 16", "channels": 4, **(knobs or {})})
    chosen = Setup(**{"batch": BATCH, "seed": 3, "device": "cpu", **setup})
    device_dataset = DeviceDataset(data, torch.device("cpu"))
    return lambda: Training(name, config, chosen, device_dataset)


def taken(training: Training) -> Saved:
    return state_of(training, History(columns_of(type(training.model).name)))


def advance(training: Training, steps: int) -> np.ndarray:
    """The terms of so many steps, (N, K)."""
    for _ in range(steps):
        training.advance()
    return training.take_rows()[:, 2:]


def check_goes_on(make: Make) -> None:
    original = make()
    advance(original, BEFORE)
    saved = taken(original)
    words = codec({"Saved": Saved})
    other = make()
    resume(other, words.decode(words.encode(saved)))
    assert (other.step, other.seconds, other.first) == (original.step, original.seconds, original.first)
    assert other.batches.epoch == original.batches.epoch
    assert np.array_equal(advance(original, AFTER), advance(other, AFTER))
    assert original.batches.epoch > 1
    ours, theirs = original.model.state_dict(), other.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert all(ours[name].stride() == theirs[name].stride() for name in ours)
    assert saved.step == BEFORE  # and what was taken did not change with the training
    again = make()
    resume(again, saved)
    assert not all(torch.equal(ours[name], each) for name, each in again.model.state_dict().items())


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", MODELS.names())
def test_a_training_goes_on_to_the_last_bit(name: str, network: str, tiny: Tiny) -> None:
    check_goes_on(maker(name, tiny(), network=network))


@pytest.mark.parametrize(
    ("name", "knobs", "setup"),
    [
        ("vae", {"optimiser": "sgd"}, {}),
        ("vae", {"optimiser": "rmsprop"}, {"network": "conv"}),
        ("gan", {"optimiser": "rmsprop"}, {}),
        ("gan", {"packing": 2}, {}),
        ("wgan_gp", {"d_steps": 3}, {"precision": "bfloat16"}),
    ],
)
def test_whatever_its_knobs(name: str, knobs: dict[str, Any], setup: dict[str, Any], tiny: Tiny) -> None:
    check_goes_on(maker(name, tiny(), knobs, **setup))


def test_points_go_on() -> None:
    check_goes_on(maker("gan", load("moons"), batch=3_000))


def changed(saved: Saved, **parts: Any) -> Saved:
    """The state with other parts, of its continuation too."""
    assert saved.continuation is not None
    fields = {each.name for each in dataclasses.fields(Continuation)}
    inner = {name: part for name, part in parts.items() if name in fields}
    outer = {name: part for name, part in parts.items() if name not in fields}
    return dataclasses.replace(saved, continuation=dataclasses.replace(saved.continuation, **inner), **outer)


def test_what_is_no_state_is_a_sentence_and_changes_nothing(tiny: Tiny) -> None:
    make = maker("ae", tiny())
    saved = taken(make())
    then = saved.continuation
    assert then is not None
    name, moment = next(iter(saved.weights)), next(iter(then.moments))
    size, noise = len(then.moments[moment]), np.random.default_rng(0).integers(0, 256, len(then.noise), np.uint8)
    wrong = [
        changed(saved, step=-1),
        changed(saved, seconds=float("nan")),
        changed(saved, weights={}),
        changed(saved, weights={**saved.weights, "more": np.zeros(1)}),
        changed(saved, weights={**saved.weights, name: np.zeros(3, np.float32)}),
        changed(saved, weights={**saved.weights, name: saved.weights[name] > 0}),
        changed(saved, moments={}),
        changed(saved, moments={**then.moments, moment: np.zeros(size + 1, np.float32)}),
        changed(saved, moments={**then.moments, moment: np.zeros(size, np.int32)}),
        changed(saved, at=1_000_000),
        changed(saved, at=-1),
        changed(saved, drawn=-1),
        changed(saved, order=then.order[:-1]),
        changed(saved, order=noise),
        changed(saved, noise=noise),
        changed(saved, noise=then.noise.astype(np.float32)),
        changed(saved, first={"nothing": 1.0}),
        changed(saved, first={"loss": float("nan")}),
    ]
    training, untouched = make(), make()
    for each in wrong:
        with pytest.raises(ValueError, match=r"^[a-z]"):
            resume(training, each)
    assert np.array_equal(advance(training, 3), advance(untouched, 3))


def test_noise_of_another_device_goes_on_with_other_numbers(tiny: Tiny) -> None:
    make = maker("vae", tiny())
    original = make()
    advance(original, 3)
    saved = changed(taken(original), device="cuda", noise=np.arange(16, dtype=np.uint8))
    first, second = make(), make()
    resume(first, saved)
    resume(second, saved)
    rows = advance(first, 3)
    assert np.array_equal(rows, advance(second, 3))
    assert not np.array_equal(rows, advance(original, 3))


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_a_fresh_state_is_the_one_with_which_a_run_begins(model: str, tiny: Tiny) -> None:
    data, setup = tiny(), Setup(network="mlp", batch=BATCH, seed=5, device="cpu")
    config = MODELS.get(model).Config(hidden="16")
    fresh = fresh_state(model, config, setup, data, 3)
    training = Training(model, config, setup, DeviceDataset(data, torch.device("cpu")))
    begun = taken(training)
    assert (fresh.step, fresh.threads) == (0, 3)
    for name, array in begun.weights.items():
        assert np.array_equal(fresh.weights[name], array)
    one, other = fresh.continuation, begun.continuation
    assert one is not None
    assert other is not None
    assert np.array_equal(one.order, other.order)
    assert np.array_equal(one.noise, other.noise)
    assert (one.at, one.drawn) == (other.at, other.drawn) == (0, 0)
