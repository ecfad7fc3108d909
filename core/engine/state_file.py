"""What a run goes on from to the last bit, besides weights and knobs, as one safetensors file and a JSON object.

The file holds the moments of every optimiser ("moments/" + phase + "/" + moment), the states of the generators
("order", "noise"), and the history as numbers ("history", "pending"); the object the rest of a `Continuation`. What is
read is checked before anything relies on it: the file may come from anywhere. Errors are `CheckError`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.numpy import save as save_arrays
from safetensors.torch import load as load_tensors

from core.engine.run_checks import CheckError, Shapes, check_rows, header_of, table_of
from core.foundation.history import CAPACITY, MOST_STRIDE, Table
from core.foundation.quoted import brief
from core.models.base import MODELS, TrainConfig, build
from core.nets import optimisers
from core.nets.networks import Shape
from core.training.saved import Continuation, Saved

MOMENTS = "moments/"
"""How the names of moments begin."""
MOST_GENERATOR_BYTES = 1 << 16
"""Largest state of a generator of random numbers; that of a CPU has 5,056 bytes."""
MOST_THREADS = 4_096
"""Most CPU threads of a run."""


def contents_of(saved: Saved) -> tuple[dict[str, Any], bytes]:
    """The JSON object and the file of a state, which has a continuation."""
    then = saved.continuation
    assert then is not None
    arrays: dict[str, npt.NDArray[Any]] = {MOMENTS + name: array for name, array in then.moments.items()}
    arrays |= {"order": then.order, "noise": then.noise}
    table = saved.history
    if table is not None:
        arrays["history"] = table.rows
    if saved.pending is not None:
        arrays["pending"] = saved.pending
    facts = {
        "at": then.at,
        "drawn": then.drawn,
        "device": then.device,
        "first": dict(then.first),
        "columns": [] if table is None else list(table.names),
        "stride": 1 if table is None else table.stride,
        "threads": saved.threads,
    }
    return facts, save_arrays({name: np.ascontiguousarray(array) for name, array in arrays.items()})


def with_state(
    saved: Saved, facts: Any, content: bytes, model: str, config: TrainConfig, shape: Shape, network: str
) -> Saved:
    """A state of plain weights with its continuation and exact history, of the run of that model, shape and network."""
    known, moments = table_of(facts, "state"), moments_of(model, config, shape, network)
    _check_shapes(header_of(content, "state"), moments)
    try:
        arrays = {name: tensor.numpy() for name, tensor in load_tensors(content).items()}
    except SafetensorError:
        raise CheckError("its state is not as long as its header says; save the run again") from None
    history, pending = (_rows(arrays.get(name), name, saved.step) for name in ("history", "pending"))
    table = saved.history
    stride, width = _whole(known["stride"], "stride", 1, MOST_STRIDE - 1), (len(_columns(known["columns"])),)
    is_ours = table is not None and known["columns"] == list(table.names)  # else the model has other terms now
    if not all(rows is None or rows.shape[1:] == width for rows in (history, pending)):
        raise CheckError(f"its state has a history of other columns than {brief(known['columns'])}")
    if table is not None and is_ours and history is not None:
        table = Table(table.names, history, stride)
    pending = pending if is_ours else None
    then = Continuation(
        moments={name.removeprefix(MOMENTS): each for name, each in arrays.items() if name.startswith(MOMENTS)},
        order=arrays["order"],
        at=_whole(known["at"], "at", 0, 1 << 53),
        drawn=_whole(known["drawn"], "drawn", 0, 1 << 53),
        noise=arrays["noise"],
        device=_device(known["device"]),
        first=_first(known["first"], MODELS.get(model).watched),
    )
    for name, array in then.moments.items():
        if not np.isfinite(array).all():
            raise CheckError(f"its state is not finite ({brief(name)}): the run had broken; open an earlier one")
    _check_generator(then.order, "order of the images")
    if then.device == "cpu":
        _check_generator(then.noise, "noise")
    threads = _whole(known["threads"], "threads", 0, MOST_THREADS)
    return Saved(saved.weights, saved.step, saved.seconds, table, saved.turns, pending, then, threads)


def moments_of(model: str, config: TrainConfig, shape: Shape, network: str) -> dict[str, int]:
    """How many numbers each moment of the model's optimisers has, by its name in the file, without memory for them.

    Empty for a user's model that needs memory to be made.
    """
    try:
        with torch.device("meta"):
            phases = build(model, config, shape, network).phases()
        found = {}
        for phase in phases:
            parameters = [p for module in phase.modules for p in module.parameters() if p.requires_grad]
            made = optimisers.make(config.optimiser, parameters, phase.learning_rate(config), phase.betas)
            for name, tensors in made.moments.items():
                found[f"{MOMENTS}{phase.name}/{name}"] = sum(each.numel() for each in tensors)
        return found
    except (NotImplementedError, RuntimeError):
        return {}


def _check_shapes(held: Shapes, moments: Mapping[str, int]) -> None:
    """Compare the header with what is wanted, before any number is read."""
    names = {name for name in held if name.startswith(MOMENTS)}
    if moments and (other := names ^ moments.keys()):
        raise CheckError(f"its state is that of another optimiser ({brief(min(other))})")
    for name in names:
        kind, sides = held[name]
        if kind != "F32" or len(sides) != 1 or (moments and sides != (moments[name],)):
            raise CheckError(f"its state does not fit its config: {brief(name)} is {brief(kind)} {brief(sides)}")
    for name in ("order", "noise"):
        kind, sides = held.get(name, ("nothing", ()))
        if kind != "U8" or len(sides) != 1 or math.prod(sides) > MOST_GENERATOR_BYTES:
            raise CheckError(f"its state has no generator of random numbers: {name} is {brief(kind)} {brief(sides)}")
    for name in ("history", "pending"):
        kind, sides = held.get(name, ("F64", (0, 2)))
        if kind != "F64" or len(sides) != 2 or sides[0] > CAPACITY or sides[1] < 2:
            raise CheckError(f"its state has no history: {name} is {brief(kind)} {brief(sides)}")
    if unknown := held.keys() - names - {"order", "noise", "history", "pending"}:
        raise CheckError(f"its state holds {brief(min(unknown))}, which is nothing of ours")


def _rows(rows: npt.NDArray[Any] | None, name: str, step: int) -> npt.NDArray[np.float64] | None:
    if rows is None:
        return None
    check_rows(rows, name)
    rows = rows[rows[:, 0] <= step]
    rows.flags.writeable = False
    return rows


def _whole(value: Any, name: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise CheckError(f"state: {name} is {brief(value)}, not a whole number from {least} to {most:,}")
    return value


def _columns(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CheckError(f"state: {brief(value)} are no columns")
    return value


def _device(value: Any) -> str:
    if not isinstance(value, str) or not value.isidentifier() or len(value) > 32:
        raise CheckError(f"state: {brief(value)} is not a device")
    return value


def _first(value: Any, watched: tuple[str, ...]) -> dict[str, float]:
    first = table_of(value, "first of state")
    for name, number in first.items():
        if name not in watched or not isinstance(number, int | float) or not 0 < number < math.inf:
            raise CheckError(f"state: {brief(number)} is no first value of {brief(name)}")
    return {name: float(number) for name, number in first.items()}


def _check_generator(state: npt.NDArray[np.uint8], what: str) -> None:
    try:
        torch.Generator().set_state(torch.from_numpy(np.array(state)))
    except (RuntimeError, TypeError):
        raise CheckError(f"its state of the {what} is not one of a generator of random numbers") from None
