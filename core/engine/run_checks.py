"""What a run folder claims, checked before anything of its size is built: the folder may come from anywhere.

Errors are `CheckError`; ``str(error)`` is one sentence without the folder.
"""

from __future__ import annotations

import csv
import io
import math
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load as load_tensors

from core.datasets.columns import Columns
from core.engine.lane_names import checked_name
from core.foundation.checked_json import JsonError, read_object
from core.foundation.history import CAPACITY, Table
from core.foundation.params import Knob, Param, knob
from core.foundation.pixels import LARGEST_SIDE, is_points
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.models.base import TrainConfig, build
from core.nets.networks import Shape
from core.training.saved import MOST_TURNS, Turn

MOST_STEPS = 10**12
"""Largest step of a saved run."""
MOST_SECONDS = 1e10
"""Longest training of a saved run, s."""
MOST_CLASSES = 10_000
"""Largest number of class names."""
MOST_HEADER_BYTES = 1 << 20
"""Largest header of a weights file, bytes; ours have ten thousand."""

MOST_ROW_BYTES = 1 << 16
"""Longest row of a history, bytes; ours have a hundred."""

Shapes = dict[str, tuple[str, tuple[int, ...]]]
"""The number format, as safetensors names it, and the shape of each tensor by name."""

_FORMATS = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


class CheckError(UserError):
    """A run folder whose contents cannot be used."""


def step_of(value: Any, name: str = "step") -> int:
    """A step count. Raises `KnobError`."""
    return int(Knob(name, int, 0, Param(name, 0, MOST_STEPS)).check(_number(value, name)))


def lane_name_of(value: Any) -> str:
    """The user's name of a lane; "" for none."""
    if not isinstance(value, str):
        raise CheckError(f"{brief(value)} is no name of a lane")
    try:
        return checked_name(value)
    except ValueError as error:
        raise CheckError(str(error)) from None


def seconds_of(value: Any) -> float:
    """Seconds of training. Raises `KnobError`."""
    return float(Knob("seconds", float, 0.0, Param("seconds", 0.0, MOST_SECONDS)).check(_number(value, "seconds")))


def _number(value: Any, name: str) -> Any:
    if not isinstance(value, int | float):  # a knob also takes digits in quotes
        raise CheckError(f"{name}: {brief(value)} is not a number")
    return value


def table_of(value: Any, name: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise CheckError(f"{name}: {brief(value)} is not a JSON object")
    return value


def turns_of(config: Mapping[str, Any], knobs: TrainConfig, step: int) -> tuple[Turn, ...]:
    """The changes of knobs in the config of a run; of an earlier version only the last change of each is known."""
    rows = config.get("turns")
    if rows is not None:
        if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 3 for row in rows):
            raise CheckError("turns: not a list of step, knob and value")
        turns = tuple(Turn(step_of(at, f"turn of {brief(name)}"), str(name), value) for at, name, value in rows)
    else:
        turned = table_of(config.get("turned_at", {}), "turned_at").items()
        at = {name: step_of(each, f"turned_at of {brief(name)}") for name, each in turned}
        known = {name for name in at if hasattr(knobs, name)}
        turns = tuple(Turn(at[name], name, getattr(knobs, name)) for name in sorted(known, key=lambda name: at[name]))
    check_turns(turns, type(knobs), step)
    return turns


def check_turns(turns: Sequence[Turn], config: type[TrainConfig], step: int) -> None:
    """Whether these are changes of knobs of that kind, in the order of their steps, none after ``step``."""
    if len(turns) > MOST_TURNS:
        raise CheckError(f"it has {len(turns):,} changes of knobs; {MOST_TURNS:,} are allowed")
    for turn in turns:
        knob(config, turn.name).check(turn.value)
    steps = [0, *(step_of(turn.step, f"turn of {turn.name}") for turn in turns), step]
    if steps != sorted(steps):
        raise CheckError("its changes of knobs are not in the order of their steps")


def data_of(value: Any) -> Mapping[str, Any]:
    """The description of the data (`core.datasets.base.describe`); a wrong shape could ask for any amount of memory."""
    data = table_of(value, "data")
    shape = data["shape"]
    is_shape = isinstance(shape, list) and len(shape) == 3 and all(type(side) is int for side in shape)
    if not is_shape or not (
        is_points(shape) or (shape[0] in (1, 3) and all(1 <= s <= LARGEST_SIDE for s in shape[1:]))
    ):
        raise CheckError(f"data: images of shape {brief(shape)} are not ours")
    if "columns" in data:
        columns_of(data)
    for key in ("name", "title"):
        if not isinstance(data.get(key, ""), str):
            raise CheckError(f"data: {key} is not text")
    names = data.get("class_names", [])
    if not isinstance(names, list) or len(names) > MOST_CLASSES or not all(isinstance(name, str) for name in names):
        raise CheckError("data: class_names is not a list of names")
    table_of(data.get("config", {}), "config of data")
    return dict(data)


def columns_of(data: Mapping[str, Any]) -> Columns | None:
    """What the coordinates of points in the description of the data stand for; None where they have no names."""
    if "columns" not in data:
        return None
    try:
        return Columns.from_json(table_of(data["columns"], "columns of data"), data["shape"][0])
    except ValueError as error:
        raise CheckError(f"data: {error}") from None


# --- weights ---------------------------------------------------------------------------------------------------------


def weights_of(content: bytes, model: str, config: TrainConfig, shape: Shape, network: str) -> dict[str, torch.Tensor]:
    """The tensors of a weights file that fits the model and holds finite numbers alone.

    Names, formats and shapes are compared before any tensor is read or any network is built: a small file may describe
    networks of gigabytes.
    """
    _check_fit(header_of(content, "weights"), shapes_of(model, config, shape, network))
    weights = load_tensors(content)
    for name, tensor in weights.items():
        if not torch.isfinite(tensor).all():
            raise CheckError(f"its weights are not finite ({brief(name)}): the run had broken; open an earlier one")
    return weights


def header_of(content: bytes, what: str) -> Shapes:
    """Formats and shapes that a safetensors file, ``what`` in a sentence, declares in its header."""
    try:
        (length,) = struct.unpack("<Q", content[:8])
        header = read_object(content[8 : 8 + min(length, len(content))], MOST_HEADER_BYTES)
        header.pop("__metadata__", None)
        return {name: (each["dtype"], _sides(each["shape"])) for name, each in header.items()}
    except JsonError as error:
        raise CheckError(f"the header of its {what} {error}") from None
    except (struct.error, KeyError, TypeError):
        raise CheckError(f"its {what} has no header; save the run again") from None


def _sides(shape: Any) -> tuple[int, ...]:
    if not all(type(side) is int and side >= 0 for side in shape):
        raise TypeError(shape)
    return tuple(shape)


def shapes_of(model: str, config: TrainConfig, shape: Shape, network: str) -> Shapes:
    """Formats and shapes of a model's weights, without memory for them; empty for a model that needs it.

    PyTorch's meta device has shapes and no numbers. A model of a user's own may look at its numbers while it is made.
    """
    try:
        with torch.device("meta"):
            made = build(model, config, shape, network)
        return {name: (_FORMATS.get(each.dtype, "?"), tuple(each.shape)) for name, each in made.state_dict().items()}
    except (NotImplementedError, RuntimeError):
        return {}


def _check_fit(held: Shapes, wanted: Shapes) -> None:
    for name in held:
        if name in wanted and held[name] != wanted[name]:
            (is_format, is_shape), (as_format, as_shape) = held[name], wanted[name]
            raise CheckError(
                f"its weights do not fit its config: {brief(name)} is {brief(is_format)} {brief(is_shape)},"
                f" by the config {as_format} {brief(as_shape)}"
            )
    numbers, described = (sum(math.prod(sides) for _, sides in each.values()) for each in (held, wanted))
    if described > numbers:
        raise CheckError(f"its weights do not fit its config: {numbers:,} numbers, by the config {described:,}")


# --- history ---------------------------------------------------------------------------------------------------------


def history_of(content: bytes, columns: tuple[str, ...], step: int) -> Table:
    """The rows of a metrics file up to ``step``; a row may cover several steps. None of other columns than ``columns``.

    Terms need not be finite: they are what a diverging run had.
    """
    if any(len(line) > MOST_ROW_BYTES for line in io.BytesIO(content)):
        raise CheckError("its history is no table of numbers")
    head, _, body = content.partition(b"\n")
    rows = body.rstrip(b"\n").count(b"\n") + bool(body.strip())
    if rows > CAPACITY:
        raise CheckError(f"its history has {rows:,} rows; {CAPACITY:,} are allowed")
    try:
        names = next(csv.reader(io.StringIO(head.decode())), [])
        values = np.empty((0, len(names)))
        if rows:
            values = np.loadtxt(io.BytesIO(body), delimiter=",", comments=None, ndmin=2)
    except (ValueError, csv.Error):
        raise CheckError("its history is no table of numbers") from None
    if not names or values.shape[1] != len(names):
        raise CheckError("its history is no table of numbers")
    if tuple(names) != columns:
        values = np.empty((0, len(columns)))
    check_rows(values)
    values = values[values[:, 0] <= step]
    values.flags.writeable = False
    return Table(columns, values, 1)


def check_rows(rows: npt.NDArray[np.float64], name: str = "history") -> None:
    """Whether rows (N, K) have finite steps and seconds, the steps one after the other."""
    known = rows[:, :2]
    if not np.isfinite(known).all() or (known < 0).any() or (np.diff(rows[:, 0]) <= 0).any():
        raise CheckError(f"its {name} is not in the order of its steps")
