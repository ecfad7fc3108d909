"""A training as plain arrays, and a training that goes on from them: to the last bit on the same kind of device.

What a model of a user's own holds outside of its parameters and buffers is not in them. Arrays may come from a file or
another process: whatever does not fit is a ValueError of one sentence, before anything of the training changes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core.datasets.base import Dataset
from core.foundation.history import History, Table
from core.foundation.quoted import brief
from core.models.base import OLD_SCALE, TrainConfig
from core.training.batches import DeviceDataset
from core.training.saved import Continuation, Saved, Turn
from core.training.setup import Setup
from core.training.training import Training, columns_of

MOST_STEPS = 10**12
"""Largest step of a saved run."""


def state_of(training: Training, history: History, turns: Sequence[Turn] = ()) -> Saved:
    """A copy of the state of a training, taken on the thread that computes it. It waits for the device.

    ``history`` has its rows but those that wait, ``turns`` are the changes of its knobs.
    """
    table, rows = history.table(), np.concatenate([history.pending, training.waiting_rows()])
    known = int(np.searchsorted(table.rows[:, 0], training.step, "right"))  # a failed run stands before its last rows
    return Saved(
        {name: _array(tensor) for name, tensor in training.model.state_dict().items()},
        training.step,
        training.seconds,
        Table(table.names, table.rows[:known], table.stride),
        tuple(turns),
        rows[rows[:, 0] <= training.step],
        continuation=Continuation(
            {name: _joined(tensors) for name, tensors in _moments(training).items()},
            training.batches.order_state.numpy().copy(),
            training.batches.at,
            training.batches.drawn,
            training.noise.get_state().numpy().copy(),
            training.noise.device.type,
            dict(training.first),
        ),
        threads=torch.get_num_threads(),
    )


def fresh_state(model: str, config: TrainConfig, setup: Setup, dataset: Dataset, threads: int) -> Saved:
    """The state with which a run of the model of that name begins, drawn from the seed of its setup."""
    on_cpu = dataclasses.replace(setup, device="cpu")
    training = Training(model, config, on_cpu, DeviceDataset(dataset, torch.device("cpu")))
    return dataclasses.replace(state_of(training, History(columns_of(model))), threads=threads)


def resume(training: Training, saved: Saved) -> None:
    """Go on from a saved state. The training is fresh, of the same model, knobs, setup and data.

    Without a continuation, moments and randomness begin anew. Raises ValueError where the state does not fit.
    """
    _check(training, saved)
    weights = {name: torch.from_numpy(np.array(array)) for name, array in saved.weights.items()}
    if saved.continuation is None:
        training.restore(weights, saved.step)
        per_step = sum(p.times(training.config) for p, _, _ in training.turns if p.images)
        training.batches.drawn = saved.step * training.batches.size * per_step
    else:
        _go_on(training, weights, saved.step, saved.continuation)
    training.seconds = saved.seconds


def _go_on(training: Training, weights: dict[str, Tensor], step: int, then: Continuation) -> None:
    order, noise = torch.Generator(), torch.Generator(training.noise.device)
    _set(order, then.order, "order of the images")
    if then.device == noise.device.type:
        _set(noise, then.noise, "noise")
    else:  # another kind of device draws other numbers
        noise.manual_seed(int.from_bytes(then.noise.tobytes()[:7], "little"))
    training.restore(weights, step)
    for name, tensors in _moments(training).items():
        parts = torch.from_numpy(np.array(then.moments[name])).split([each.numel() for each in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view(tensor.shape))
    training.noise.set_state(noise.get_state())
    training.batches.go_to(order.get_state(), then.at, then.drawn)
    training.first = dict(then.first)


def _set(generator: torch.Generator, state: npt.NDArray[np.uint8], what: str) -> None:
    """Set the state of a generator. ValueError where it is none: PyTorch checks its size and what it holds."""
    try:
        generator.set_state(torch.from_numpy(np.array(state)))
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"its state of the {what} is not one of a generator of random numbers") from error


def _moments(training: Training) -> dict[str, list[Tensor]]:
    """The tensors of every optimiser by "phase/moment", each list in the order of the parameters."""
    return {
        f"{phase.name}/{name}": tensors
        for phase, optimiser, _ in training.turns
        for name, tensors in optimiser.moments.items()
    }


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    copied: npt.NDArray[Any] = tensor.detach().cpu().clone(memory_format=torch.contiguous_format).numpy()
    return copied


def _joined(tensors: list[Tensor]) -> npt.NDArray[Any]:
    joined: npt.NDArray[Any] = torch.cat([each.detach().reshape(-1) for each in tensors]).cpu().numpy()
    return joined


# --- checks ----------------------------------------------------------------------------------------------------------


def _check(training: Training, saved: Saved) -> None:
    if not 0 <= saved.step <= MOST_STEPS or not (math.isfinite(saved.seconds) and saved.seconds >= 0):
        raise ValueError(f"it stands at step {saved.step} after {saved.seconds} s")
    _check_weights(training.model.state_dict(), saved.weights)
    then = saved.continuation
    if then is None:
        return
    _check_moments(_moments(training), then.moments)
    count = len(training.batches.images)
    if not 0 <= then.at <= count or not 0 <= then.drawn < 1 << 62:
        raise ValueError(f"it has used {then.at} of {count} images of an epoch, {then.drawn} in all")
    if unknown := then.first.keys() - set(type(training.model).watched):
        raise ValueError(f"no term is called {brief(min(unknown))}")
    if not all(math.isfinite(value) and value > 0 for value in then.first.values()):
        raise ValueError("a first value of its terms is not a positive number")


def _check_weights(expected: Mapping[str, Tensor], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    older = f"scale.{OLD_SCALE}"  # files of earlier versions have it instead of the spread
    names = {"scale.std" if name == older else name for name in arrays}
    if other := names ^ expected.keys():
        raise ValueError(f"the weights have other names than the model's ({brief(min(other))})")
    for name, array in arrays.items():
        old = expected["scale.std" if name == older else name]
        if array.shape != tuple(old.shape) or array.dtype != torch.empty(0, dtype=old.dtype).numpy().dtype:
            raise ValueError(f"the weights {name} are {array.dtype} {array.shape}, not {old.dtype} {tuple(old.shape)}")


def _check_moments(expected: Mapping[str, list[Tensor]], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    if other := expected.keys() ^ arrays.keys():
        raise ValueError(f"the moments are of another optimiser ({brief(min(other))})")
    for name, array in arrays.items():
        size = sum(each.numel() for each in expected[name])
        if array.shape != (size,) or array.dtype.kind != "f":
            raise ValueError(f"the moments {name} are {array.dtype} {array.shape}, not floats ({size},)")
