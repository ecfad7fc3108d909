"""A plan as a file of TOML: what all runs share, and what varies, in one part or several.

seeds = 3                     # or [0, 5, 7]
measures = ["distortion", "rate"]
[train]                       # options of `train`
model = "vae"
steps = 2000
[grid]                        # each value meets each other one
beta = [0.1, 1, 10]
[zip]                         # lists that walk side by side
latent = [2, 10]
hidden = ["128", "256"]
[random]                      # drawn by seed, evenly or on a log scale
runs = 20
seed = 0
lr = { low = 1e-4, high = 1e-2, scale = "log" }
[[part]]                      # more, each with train, grid, zip, random of its own beside those above
train.model = "gan"
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.engine.order import STOPS
from core.evaluation.samplers import NAMES as SAMPLERS
from core.foundation.generations import read_regular
from core.foundation.params import KnobError
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.metrics.base import METRICS
from core.sweeps.asked import Asked, Draw
from core.sweeps.plan import Plan, SweepError, check_size, numbered

MOST_BYTES = 1 << 20
MOST_SEEDS = 1_000
MOST_PARTS = 100
RECIPES = Path(__file__).parents[2] / "assets" / "recipes"
TOP = ("seeds", "measures", "sampler", "train", "grid", "zip", "random", "part")
PART = ("train", "grid", "zip", "random", "seeds")


def recipe(name: str) -> Path | None:
    """The plan of that name among the recipes of the program; None where there is none."""
    path = RECIPES / f"{name}.toml"
    return path if name.replace("-", "").isalnum() and path.is_file() else None


def recipes() -> tuple[str, ...]:
    """The names of the recipes."""
    return tuple(sorted(path.stem for path in RECIPES.glob("*.toml")))


def read(path: Path, fixed: Mapping[str, str], words: str) -> Plan:
    """The plan in a file of TOML, or the plan.json of another sweep. Raises `UserError`: one sentence.

    Options ``fixed`` by the command line go over those of the file.
    """
    content = read_regular(path, 1 << 25 if path.suffix == ".json" else MOST_BYTES)
    try:
        if path.suffix == ".json":
            if fixed:
                raise SweepError(f"is a whole plan; leave out {', '.join(f'--{name}' for name in fixed)}")
            return Plan.from_json(content, 1 << 25)
        return of_text(content.decode("utf-8-sig"), fixed, words)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        why = brief(error, 120) if isinstance(error, tomllib.TOMLDecodeError) else "it is no text"
        raise SweepError(f"{path} is no TOML: {why}") from None
    except UserError as error:
        raise SweepError(f"{path}: {error}") from None


def of_text(text: str, fixed: Mapping[str, str], words: str) -> Plan:
    """The plan in a text of TOML. Raises `UserError` or `tomllib.TOMLDecodeError`."""
    found = tomllib.loads(text)
    _check_names(found, TOP, "")
    parts = found.get("part", [])
    if not isinstance(parts, list) or len(parts) > MOST_PARTS:
        raise SweepError(f"part is no list of 1 to {MOST_PARTS} tables")
    top = {name: found[name] for name in PART if name in found}
    asked = [_asked(_merged(top, part), fixed) for part in parts] if parts else [_asked(top, fixed)]
    check_size(sum(each.size for each in asked))
    runs = numbered([run for each in asked for run in each.runs()])
    if len({(run.model, run.config, run.setup, run.dataset, run.source) for run in runs}) < len(runs):
        raise SweepError("two parts train the same run; leave one out")
    measures = found.get("measures", [])
    if not isinstance(measures, list):
        raise SweepError("measures is no list of names")
    return Plan(runs, checked_measures([str(each) for each in measures]), checked_sampler(found), words)


def checked_measures(names: list[str]) -> tuple[str, ...]:
    """Names of measures; "all" is every one. Raises `UnknownName`."""
    if names == ["all"]:
        return METRICS.names()
    for name in names:
        METRICS.get(name)
    return tuple(dict.fromkeys(names))


def checked_sampler(found: Mapping[str, Any]) -> str:
    """Where z of measured samples comes from. Raises `SweepError`."""
    name = found.get("sampler", "prior")
    if name not in SAMPLERS:
        raise SweepError(f"sampler {brief(name)} is none of {', '.join(SAMPLERS)}")
    return str(name)


def seeds_of(value: Any) -> tuple[int, ...]:
    """Seeds of a number (so many, from 0 on) or of a list. Raises `KnobError`."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 < value <= MOST_SEEDS:
            raise KnobError(f"{value:,} seeds cannot be; ask for 1 to {MOST_SEEDS:,}")
        return tuple(range(value))
    if isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        if not value:
            raise KnobError("there are no seeds; name at least one")
        return tuple(value)
    raise KnobError(f"seeds is {brief(value)}, neither a number nor a list of numbers")


def _asked(part: Mapping[str, Any], fixed: Mapping[str, str]) -> Asked:
    train, random = _table(part, "train"), _table(part, "random")
    given = {name: _text(value, name) for name, value in train.items()}
    if set(STOPS) & set(fixed):
        given = {name: text for name, text in given.items() if name not in STOPS}
    draws = tuple(_draw(name, each) for name, each in random.items() if name not in ("runs", "seed"))
    count, draw_seed = random.get("runs", 0), random.get("seed", 0)
    if not all(isinstance(each, int) and each >= 0 for each in (count, draw_seed)):
        raise KnobError("random: runs and seed must be whole numbers from 0 on")
    lists = {
        kind: {name: _texts(values, name) for name, values in _table(part, kind).items()} for kind in ("grid", "zip")
    }
    if "seed" in given or "seed" in fixed:
        seeds: tuple[int, ...] = (int(_number(fixed.get("seed", given.get("seed")), "seed")),)
        if "seeds" in part:
            raise KnobError("seed and seeds are both there; leave out one of them")
    else:
        seeds = seeds_of(part.get("seeds", 1))
    both = {name: text for name, text in {**given, **fixed}.items() if name != "seed"}
    return Asked(both, lists["grid"], lists["zip"], draws, count, draw_seed, seeds)


def _merged(top: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """A part with what stands above all parts; its own words go first."""
    if not isinstance(part, dict):
        raise SweepError("part is no table")
    _check_names(part, PART, "part: ")
    merged: dict[str, Any] = {**top, **part}
    for kind in ("train", "grid", "zip", "random"):
        if kind in top and kind in part:
            merged[kind] = {**_table(top, kind), **_table(part, kind)}
    return merged


def _check_names(found: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in found:
        if name not in known:
            raise SweepError(f"{where}{brief(name)} is none of {', '.join(known)}")


def _table(part: Mapping[str, Any], kind: str) -> dict[str, Any]:
    table = part.get(kind, {})
    if not isinstance(table, dict):
        raise SweepError(f"{kind} is no table")
    return table


def _texts(values: Any, name: str) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise KnobError(f"{name} is no list of values")
    return tuple(_text(value, name) for value in values)


def _text(value: Any, name: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return repr(_number(value, name))


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise KnobError(f"{name} is {brief(value)}, no whole number") from None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise KnobError(f"{name} is {brief(value)}, neither text nor a finite number")
    return value


def _draw(name: str, found: Any) -> Draw:
    if not isinstance(found, dict):
        raise KnobError(f"random: {name} is no table of low and high")
    _check_names(found, ("low", "high", "scale"), f"random: {name}: ")
    low, high = (float(_number(found.get(end), f"random: {name}: {end}")) for end in ("low", "high"))
    scale = found.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise KnobError(f"random: {name}: scale {brief(scale)} is neither linear nor log")
    if not low < high or (scale == "log" and low <= 0):
        raise KnobError(f"random: {name} must have low < high, and both above 0 on a log scale")
    return Draw(name, low, high, scale)
