"""An experiment as a document: data, setup, lanes with their whole state, the point, and what the window showed of it.

`contents_of` and `from_contents` turn it into files by name and back; `core.engine.document_file` puts them on a disk.
What is read is checked before anything relies on it: the file may come from anywhere. Errors are `CheckError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from core.engine import run_checks, run_folder
from core.engine.lane_names import MOST_LANES
from core.engine.run_checks import CheckError, Shapes, header_of, table_of
from core.engine.run_folder import SavedRun
from core.evaluation import samplers
from core.foundation import checked_json
from core.foundation.arrays import Floats
from core.foundation.checked_json import JsonError, read_object
from core.foundation.params import from_json, to_json
from core.foundation.quoted import brief
from core.foundation.version import version
from core.models.base import MODELS, TrainConfig
from core.theory.latent_space import LIMIT, Plane
from core.training.setup import Setup

FORMAT = 1
EXPERIMENT = "experiment.json"
ARRAYS = "arrays.safetensors"
PICTURE = "picture.png"
MOST_PICTURE_BYTES = 1 << 22
LONGEST_LABEL = 200
LARGEST_SEED = 2**31 - 1
IMAGE_KINDS = ("test", "draw", "own")

ImageKind = Literal["test", "draw", "own"]


def lane_file(number: int, name: str) -> str:
    """The name of a file of a lane, counted from 1: lane-1-config.json."""
    return f"lane-{number}-{name}"


NAMES = {
    EXPERIMENT: checked_json.MOST_BYTES,
    ARRAYS: 1 << 26,
    PICTURE: MOST_PICTURE_BYTES,
    **{lane_file(n + 1, name): most for n in range(MOST_LANES) for name, most in run_folder.NAMES.items()},
}
"""The files of a document, and how large each may be to be read, bytes."""
OPTIONAL = frozenset(NAMES) - {EXPERIMENT, ARRAYS}


@dataclass(frozen=True, eq=False)
class Point:
    """The point z (D,), the ends of the path (D,), the plane that maps show, and how the path runs."""

    z: Floats
    pin_a: Floats
    pin_b: Floats
    plane: Plane
    plane_is_chosen: bool = False
    plane_follows_codes: bool = False
    arc: bool = False
    path_t: float = 0.0


@dataclass(frozen=True, eq=False)
class ChosenPicture:
    """The image of the input card: a test image by its index, or pixels (C, H, W) of another kind."""

    kind: ImageKind = "test"
    index: int = 0
    pixels: Floats | None = None


@dataclass(frozen=True, eq=False)
class Lane:
    """A run with its state, its slot, and the knobs with which it would begin again."""

    run: SavedRun
    slot: int
    pending: TrainConfig
    name: str = ""


@dataclass(frozen=True, eq=False)
class Document:
    """An experiment. ``data``: see `core.datasets.base.describe`; ``selected`` is the index of the selected lane.

    ``shown`` is what the window shows of it, by name, as plain values that the window checks; ``picture`` a small PNG.
    """

    data: Mapping[str, Any]
    setup: Setup
    lanes: tuple[Lane, ...]
    point: Point
    selected: int = 0
    sampler: str = "prior"
    sample_seed: int = 1
    image: ChosenPicture = ChosenPicture()  # frozen
    shown: Mapping[str, Any] = field(default_factory=dict)
    picture: bytes = b""


# --- writing ---------------------------------------------------------------------------------------------------------


def contents_of(document: Document) -> dict[str, bytes]:
    """The contents of the files of a document by name."""
    point, image = document.point, document.image
    facts = {
        "format": FORMAT,
        "program": version(),
        "data": dict(document.data),
        "setup": to_json(document.setup),
        "lanes": [{"slot": lane.slot, "pending": to_json(lane.pending), "name": lane.name} for lane in document.lanes],
        "selected": document.selected,
        "sampler": document.sampler,
        "sample_seed": document.sample_seed,
        "plane": {
            "label": point.plane.label,
            "is_chosen": point.plane_is_chosen,
            "follows_codes": point.plane_follows_codes,
        },
        "path": {"arc": point.arc, "t": point.path_t},
        "image": {"kind": image.kind, "index": image.index},
        "shown": dict(document.shown),
    }
    arrays = {"z": point.z, "pin_a": point.pin_a, "pin_b": point.pin_b, "axes": point.plane.axes}
    if image.pixels is not None:
        arrays["image"] = image.pixels
    files = {
        EXPERIMENT: json.dumps(facts, indent=2).encode() + b"\n",
        ARRAYS: save_arrays({name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}),
    }
    if document.picture:
        files[PICTURE] = document.picture
    for number, lane in enumerate(document.lanes, 1):
        files |= {lane_file(number, name): content for name, content in run_folder.contents_of(lane.run).items()}
    return files


# --- reading ---------------------------------------------------------------------------------------------------------


def from_contents(place: Path, contents: Mapping[str, bytes]) -> Document:
    """The document in the contents of its files. Raises `CheckError`, and `FileError` for a lane."""
    try:
        return _checked(place, read_object(contents[EXPERIMENT]), contents)
    except JsonError as error:
        raise CheckError(f"{place}: {EXPERIMENT} {error}") from None
    except KeyError as error:
        raise CheckError(f"{place} is no experiment that is whole: it lacks {error}") from None
    except CheckError as error:
        raise CheckError(f"{place} cannot be used: {error}") from None


def _checked(place: Path, facts: Mapping[str, Any], contents: Mapping[str, bytes]) -> Document:
    if facts.get("format") != FORMAT:
        raise CheckError(f"it has format {brief(facts.get('format'))}, this version reads {FORMAT}")
    data, setup = run_checks.data_of(facts["data"]), from_json(Setup, facts["setup"])
    arrays = _arrays(contents[ARRAYS], setup.latent, tuple(data["shape"]))
    lanes = _lanes(place, facts["lanes"], contents, setup, data)
    return Document(
        data=data,
        setup=setup,
        lanes=lanes,
        point=_point(facts, arrays),
        selected=_whole(facts["selected"], "selected", len(lanes) - 1),
        sampler=_one_of(facts["sampler"], samplers.NAMES, "sampler"),
        sample_seed=_whole(facts["sample_seed"], "sample_seed", LARGEST_SEED),
        image=_image(table_of(facts["image"], "image"), arrays.get("image")),
        shown=table_of(facts.get("shown", {}), "shown"),
        picture=contents.get(PICTURE, b""),
    )


def _lanes(
    place: Path, facts: Any, contents: Mapping[str, bytes], setup: Setup, data: Mapping[str, Any]
) -> tuple[Lane, ...]:
    if not isinstance(facts, list) or not 1 <= len(facts) <= MOST_LANES:
        raise CheckError(f"it has no lanes, or more than {MOST_LANES}")
    lanes: list[Lane] = []
    for number, each in enumerate(facts, 1):
        fact = table_of(each, f"lane {number}")
        names = {name: lane_file(number, name) for name in run_folder.NAMES}
        files = {name: contents[stored] for name, stored in names.items() if stored in contents}
        if run_folder.CONFIG not in files:
            raise KeyError(names[run_folder.CONFIG])
        run = run_folder.from_contents(Path(f"{place}, lane {number}"), files)
        is_ours = (run.setup.latent, run.setup.network, list(run.data["shape"])) == (
            setup.latent,
            setup.network,
            list(data["shape"]),
        )
        if not is_ours:
            raise CheckError(f"lane {number} has other data, latent size or architecture than the experiment")
        slot = _whole(fact["slot"], "slot", MOST_LANES - 1)
        name = run_checks.lane_name_of(fact.get("name", ""))
        lanes.append(Lane(run, slot, from_json(MODELS.get(run.model).Config, fact["pending"]), name))
    if len({lane.slot for lane in lanes}) != len(lanes):
        raise CheckError("two of its lanes have one slot")
    return tuple(lanes)


def _point(facts: Mapping[str, Any], arrays: Mapping[str, Floats]) -> Point:
    plane, path = table_of(facts["plane"], "plane"), table_of(facts["path"], "path")
    label, t = plane["label"], path["t"]
    if not isinstance(label, str) or len(label) > LONGEST_LABEL:
        raise CheckError(f"plane: {brief(label)} is no label")
    if isinstance(t, bool) or not isinstance(t, int | float) or not 0 <= t <= 1:
        raise CheckError(f"path: t is {brief(t)}, not a number from 0 to 1")
    return Point(
        arrays["z"],
        arrays["pin_a"],
        arrays["pin_b"],
        Plane(arrays["axes"], label),
        _flag(plane["is_chosen"], "is_chosen of plane"),
        _flag(plane["follows_codes"], "follows_codes of plane"),
        _flag(path["arc"], "arc of path"),
        float(t),
    )


def _image(fact: Mapping[str, Any], pixels: Floats | None) -> ChosenPicture:
    kind = _one_of(fact["kind"], IMAGE_KINDS, "kind of image")
    index = _whole(fact["index"], "index of image", LARGEST_SEED)
    return ChosenPicture(kind, index, pixels)  # type: ignore[arg-type]  # it is one of them


def _arrays(content: bytes, dims: int, image: tuple[int, ...]) -> dict[str, Floats]:
    """The arrays, after a look at their header: a small file may claim gigabytes."""
    wanted: dict[str, tuple[int, ...]] = {"z": (dims,), "pin_a": (dims,), "pin_b": (dims,), "axes": (2, dims)}
    held: Shapes = header_of(content, "arrays")
    if missing := wanted.keys() - held.keys():
        raise KeyError(min(missing))
    for name, (kind, sides) in held.items():
        if kind != "F32" or sides != {**wanted, "image": image}.get(name):
            raise CheckError(f"its array {brief(name)} is {brief(kind)} {brief(sides)}")
    try:
        arrays: dict[str, npt.NDArray[np.float32]] = {name: array for name, array in load_arrays(content).items()}
    except SafetensorError:
        raise CheckError("its arrays are not as long as their header says") from None
    for name, array in arrays.items():
        low, high = (0.0, 1.0) if name == "image" else (-1.001, 1.001) if name == "axes" else (-LIMIT, LIMIT)
        if not np.isfinite(array).all() or array.min() < low or array.max() > high:
            raise CheckError(f"its array {name} holds numbers outside {low:g} to {high:g}")
    return arrays


def _whole(value: Any, name: str, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise CheckError(f"{name}: {brief(value)} is not a whole number from 0 to {most:,}")
    return value


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise CheckError(f"{name}: {brief(value)} is not true or false")
    return value


def _one_of(value: Any, names: tuple[str, ...], what: str) -> str:
    if value not in names:
        raise CheckError(f"there is no {what} {brief(value)}")
    return str(value)
