"""Files from elsewhere: mutants of everything that is read. Each is read, or ends in one short sentence."""

from __future__ import annotations

import functools
import gzip
import hashlib
import json
import math
import re
import struct
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from safetensors.torch import save as save_tensors

from core.datasets.base import SOURCES, Source
from core.datasets.base import why_unfit as why_unfit_source
from core.engine import run_folder
from core.engine.state_file import MOMENTS, contents_of, moments_of
from core.evaluation import classifier_store
from core.evaluation.classifier import Classifier, shapes
from core.faults import documents, experiment_texts
from core.faults.array_files import mutated_arrays, read_arrays
from core.faults.base import Fault, unspeakable
from core.faults.mutants import TOKENS, VALUES, mutated_bytes, mutated_json, mutated_text
from core.faults.picture_files import mutated_archive, mutated_picture, read_archive, read_picture
from core.faults.table_files import mutated_table, read_table_file
from core.foundation.checked_json import read_object
from core.foundation.extensions import sentence
from core.foundation.generations import MANIFEST, manifest_of, stored_name
from core.foundation.history import History
from core.foundation.params import from_json, knobs, to_json
from core.foundation.user_error import UserError
from core.lessons import checker, reader
from core.models.base import MODELS, build
from core.models.base import why_unfit as why_unfit_model
from core.nets.networks import Shape
from core.readers.idx import IMAGES, LABELS, parse_idx
from core.text import expressions, formulas, glossary
from core.theory.latent_space import prior
from core.training.saved import Continuation, Saved
from core.training.setup import Setup
from core.training.training import columns_of

MOST_SECONDS = 10.0
"""Longest reading of one mutant, s."""
FULL, QUICK = 10_000, 150

M = TypeVar("M")


class Wrong(Exception):
    """A mutant was read, but what came of it cannot be."""


@dataclass(frozen=True)
class _Reader(Generic[M]):
    """A reader: ``mutant`` makes what is read, ``read`` reads it or raises `UserError`."""

    name: str
    mutant: Callable[[Random], M]
    read: Callable[[M], object]

    def run(self, count: int, seed: int) -> list[str]:
        """Read so many mutants; one sentence for each that a reader did not bear."""
        failures = []
        for number in range(count):
            mutant = self.mutant(Random(f"{seed} {self.name} {number}"))
            if complaint := _complaint(lambda: self.read(mutant)):  # noqa: B023 - called at once
                failures.append(f"mutant {number} of seed {seed}: {complaint}")
        return failures


def _complaint(read: Callable[[], object]) -> str:
    """What a reader did that it should not; "" where it read, or refused in one sentence."""
    began = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read()
    except UserError as error:
        if trouble := unspeakable(str(error)):
            return f"{type(error).__name__} {trouble}"
    except Exception as error:
        return sentence(error)
    took = time.perf_counter() - began
    return f"it took {took:.0f} s" if took > MOST_SECONDS else ""


def _refuse(words: str) -> None:
    """Raise where the answer of a checker is no sentence; it returns its complaints."""
    if words and (trouble := unspeakable(words)):
        raise Wrong(trouble)


# --- run folders -----------------------------------------------------------------------------------------------------


@functools.cache
def _runs() -> tuple[dict[str, bytes], ...]:
    """The contents of the files of some small runs, by plain name."""
    return tuple(
        small_run(name, shape) for name, shape in (("vae", (2, 1, 1)), ("gan", (2, 1, 1)), ("ae", (1, 28, 28)))
    )


def small_run(name: str, image: tuple[int, int, int], hidden: str = "4") -> dict[str, bytes]:
    """The contents of the files of a run with fresh weights, by plain name, as a save writes them."""
    config, setup = MODELS.get(name).Config(hidden=hidden), Setup(batch=16)
    history = History(columns_of(name))
    history.append(np.arange(3 * len(history.names), dtype=np.float64).reshape(3, -1))
    data = {"name": "mixture", "title": "8 Gaussians", "shape": list(image), "class_names": ["a", "b"]}
    facts: dict[str, Any] = {
        "format": run_folder.FORMAT,
        "model": name,
        "config": to_json(config),
        "setup": to_json(setup),
        "data": {**data, "config": to_json(SOURCES.get("mixture").Config())},
        "step": 40,
        "seconds": 1.5,
        "turns": [[3, next(each.name for each in knobs(type(config)) if each.param.pace), 0.002]],
    }
    model, shape = build(name, config, Shape(*image, setup.latent), setup.network), Shape(*image, setup.latent)
    sizes = moments_of(name, config, shape, setup.network)
    generator = torch.Generator().get_state().numpy()
    moments = {each.removeprefix(MOMENTS): np.zeros(size, np.float32) for each, size in sizes.items()}
    then = Continuation(moments, generator, 8, 40 * 16, generator, "cpu", {})
    facts["state"], state = contents_of(Saved({}, 40, 1.5, history.table(), (), history.pending, then, 1))
    return {
        run_folder.CONFIG: json.dumps(facts).encode(),
        run_folder.METRICS: run_folder.metrics_csv(history.table()),
        run_folder.WEIGHTS: save_tensors({name: tensor.contiguous() for name, tensor in model.state_dict().items()}),
        run_folder.STATE: state,
    }


def _mutated_run(random: Random) -> dict[str, bytes]:
    contents = dict(random.choice(_runs()))
    match random.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            contents[run_folder.CONFIG] = mutated_json(json.loads(contents[run_folder.CONFIG]), random)
        case 5:
            contents[run_folder.CONFIG] = mutated_bytes(contents[run_folder.CONFIG], random)
        case 6 | 7:
            contents[run_folder.WEIGHTS] = _mutated_tensors(contents[run_folder.WEIGHTS], random)
        case 8 | 9:
            contents[run_folder.STATE] = _mutated_tensors(contents[run_folder.STATE], random)
        case _:
            contents[run_folder.METRICS] = mutated_bytes(contents[run_folder.METRICS], random)
    return contents


def _mutated_tensors(content: bytes, random: Random) -> bytes:
    """A safetensors file whose header, or bytes anywhere, are changed."""
    (length,) = struct.unpack("<Q", content[:8])
    header, body = content[8 : 8 + length], content[8 + length :]
    match random.randrange(4):
        case 0:
            return mutated_bytes(content, random)
        case 1:  # a number of a tensor is not finite
            at = 4 * random.randrange(len(body) // 4)
            bad = struct.pack("<f", random.choice((math.nan, math.inf, -math.inf)))
            return content[:8] + header + body[:at] + bad + body[at + 4 :]
        case _:
            header = mutated_json(json.loads(header), random)
            return struct.pack("<Q", len(header)) + header + body


def _read_run(contents: dict[str, bytes]) -> None:
    saved = run_folder.from_contents(Path("run"), contents)
    if not (saved.step >= 0 and math.isfinite(saved.seconds)):
        raise Wrong(f"step {saved.step}, {saved.seconds} s")
    if broken := [name for name, tensor in saved.weights.items() if not torch.isfinite(tensor).all()]:
        raise Wrong(f"{broken[0]} is not finite")
    if (then := saved.continuation) is not None:
        if broken := [name for name, moment in then.moments.items() if not np.isfinite(moment).all()]:
            raise Wrong(f"{broken[0]} is not finite")
        if then.at < 0 or then.drawn < 0 or not all(map(math.isfinite, then.first.values())):
            raise Wrong(f"{then.at} of an epoch, {then.drawn} in all")
    saved.snapshot().decode(prior(2, saved.setup.latent, 1))


def _mutated_manifest(random: Random) -> bytes:
    manifest = manifest_of(_runs()[0])
    if random.random() < 0.4:
        return mutated_bytes(manifest, random)
    return mutated_json(json.loads(manifest), random)


def _read_manifest(manifest: bytes) -> None:
    """Open a folder whose files are whole and whose manifest is a mutant."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, content in _runs()[0].items():
            (folder / stored_name(name, hashlib.sha256(content).hexdigest())).write_bytes(content)
        (folder / MANIFEST).write_bytes(manifest)
        run_folder.load(folder)


# --- data ------------------------------------------------------------------------------------------------------------


@functools.cache
def _idx_files() -> tuple[bytes, ...]:
    numbers = [np.arange(math.prod(shape), dtype=np.uint8).reshape(shape) for shape in ((5,), (5, 9, 8), (2, 9, 8, 3))]
    plain = [b"\0\0\x08" + bytes([n.ndim]) + struct.pack(f">{n.ndim}I", *n.shape) + n.tobytes() for n in numbers]
    return (*plain, *(gzip.compress(each, mtime=0) for each in plain))


def _mutated_idx(random: Random) -> tuple[bytes, tuple[int, ...]]:
    content = random.choice(_idx_files())
    counts = [struct.pack(">I", count) for count in (0, 1, 5, 2**16, 2**31, 2**32 - 1)]
    return mutated_bytes(content, random, (*TOKENS, *counts)), random.choice((IMAGES, LABELS))


def _mutated_settings(random: Random) -> tuple[type, bytes]:
    sources: list[type[Any]] = [SOURCES.get(name).Config for name in SOURCES.names()]
    configs: list[type[Any]] = [Setup, MODELS.get("vae").Config, *sources]
    config = random.choice(configs)
    return config, mutated_json(to_json(config()), random)


# --- text ------------------------------------------------------------------------------------------------------------


@functools.cache
def _lessons() -> tuple[str, ...]:
    folder = files("assets").joinpath("lessons")
    return tuple(each.read_text("utf-8") for each in sorted(folder.iterdir(), key=lambda f: f.name) if each.is_file())


TOML_VALUES = (
    *("nan", "-inf", "true", "0", "-1", "9" * 5000, "10" * 15, "[" * 1000, "{a={a=1}}", "1979-05-27", "[[1]]"),
    *("'" * 3, '""', r'"\u0000"', f'"{"x" * 150_000}"'),
)


def _mutated_lesson(random: Random) -> str:
    text = random.choice(_lessons())
    values = list(re.finditer(r"(?<== )[^\n,}\]]+", text))
    if values and random.random() < 0.5:  # another value in a block
        at = random.choice(values)
        return text[: at.start()] + random.choice(TOML_VALUES) + text[at.end() :]
    return mutated_text(text, random)


def _read_lesson(text: str) -> None:
    _refuse(checker.check(reader.read(text, "01-mutant.md")))


@functools.cache
def _formulas() -> tuple[str, ...]:
    prose = "\n".join(_lessons())
    return tuple(sorted({piece.text for piece in formulas.pieces(prose) if piece.is_formula}))


NESTINGS = (("{", "}"), (r"\frac", "1"), (r"\hat", ""), (r"\sqrt{", "}"), ("^", ""), ("x_{", "}"), (r"\q{", "}"))


def _mutated_formula(random: Random) -> str:
    latex = random.choice(_formulas())
    if random.random() < 0.2:
        opening, closing = random.choice(NESTINGS)
        count = random.choice((3, 5, 6, 7, 8, 500))
        latex = f"{opening * count}{latex}{closing * count}"
    return mutated_text(latex, random)


def _read_formula(latex: str) -> None:
    formulas.plain(latex)
    for piece in formulas.pieces(f"words $${latex}$$ and ${latex}$"):
        formulas.spoken(piece.text)
    formulas.check(latex)
    formulas.with_colors(latex, {"q": "#123456"})


CONDITIONS = (
    "after.rate < 0.5 * before.rate and not after.mmd > 3",
    "max(abs(a.b), 1.5, ln2) / (c - -2) >= 1e3 or a.b == c",
    "{after.rate:.1f} nats, {100 * a.share:,.0f} % of $x_{i}$",
)
_NAMES = {"after.rate": 1.0, "before.rate": 0.0, "after.mmd": -2.5, "a.b": 1e300, "c": 3.0, "a.share": 0.5}


def _read_condition(text: str) -> None:
    for read in (_fill, expressions.condition):
        try:
            read(text)
        except UserError as error:
            _refuse(str(error))
    expressions.evaluate(text, _NAMES)


def _fill(text: str) -> str:
    expressions.placeholders(text)  # as the reader of lessons does first
    return expressions.fill(text, _NAMES)


@functools.cache
def _glossary() -> str:
    whole = files("assets").joinpath("glossary.md").read_text("utf-8")
    return "## ".join(whole.split("## ")[:12])


# --- what people bring -----------------------------------------------------------------------------------------------


@functools.cache
def _classifier() -> bytes:
    weights = {name: torch.zeros(shape) for name, shape in shapes((1, 28, 28), 2).items()}
    return classifier_store.to_bytes(Classifier(weights, (0, 1), True, 0.9), "data")


def _mutated_module(random: Random) -> tuple[Callable[[Any], str], type]:
    """A class of a user's own with something else in the place of what it declares, and its checker."""
    base: type = MODELS.get(random.choice(("vae", "gan", "wae"))) if random.random() < 0.7 else SOURCES.get("moons")
    check = why_unfit_source if issubclass(base, Source) else why_unfit_model
    declared = ("title", "short", "summary", "order", "badge", "columns", "watched", "chart", "Config")
    changed: dict[str, Any] = {random.choice(declared): random.choice(VALUES) for _ in range(random.randint(1, 2))}
    return check, type("Mine", (base,), changed)


def _read_module(case: tuple[Callable[[Any], str], type]) -> None:
    check, cls = case
    try:
        trouble = check(cls)
    except Exception as error:  # as the registry of modules does
        trouble = sentence(error)
    _refuse(trouble)
    if not trouble:
        _refuse(str(vars(cls).get("title", "")))


READERS: Mapping[str, tuple[str, _Reader[Any]]] = {
    reader.name: (says, reader)
    for says, reader in (
        ("run folders whose files fit their manifest", _Reader("runs", _mutated_run, _read_run)),
        ("manifests of run folders", _Reader("manifests", _mutated_manifest, _read_manifest)),
        ("IDX files of images and labels", _Reader("idx", _mutated_idx, lambda m: parse_idx(m[0], "mutant", m[1]))),
        ("files of arrays: NPY, NPZ, MAT, CSV, CIFAR", _Reader("arrays", mutated_arrays, read_arrays)),
        ("tables of numbers", _Reader("tables", mutated_table, read_table_file)),
        ("pictures", _Reader("pictures", mutated_picture, read_picture)),
        ("archives of pictures", _Reader("archives", mutated_archive, read_archive)),
        ("settings and knobs", _Reader("settings", _mutated_settings, lambda m: from_json(m[0], read_object(m[1])))),
        ("lesson files", _Reader("lessons", _mutated_lesson, _read_lesson)),
        ("formulas", _Reader("formulas", _mutated_formula, _read_formula)),
        ("conditions", _Reader("conditions", lambda r: mutated_text(r.choice(CONDITIONS), r), _read_condition)),
        ("documents of experiments", _Reader("documents", lambda r: documents.mutated(r, _runs()[:2]), documents.read)),
        ("texts of experiments", _Reader("experiments", experiment_texts.mutated, experiment_texts.read)),
        ("glossaries", _Reader("glossary", lambda r: mutated_text(_glossary(), r), glossary.read)),
        (
            "feature classifiers in the cache",
            _Reader(
                "classifiers",
                lambda r: _mutated_tensors(_classifier(), r),
                lambda content: classifier_store.from_bytes(content, "data", (1, 28, 28)),
            ),
        ),
        ("declarations of users' own classes", _Reader("modules", _mutated_module, _read_module)),
    )
}

FAULTS: tuple[Fault, ...] = tuple(
    Fault(name, f"mutants of {says}", FULL, QUICK, each.run) for name, (says, each) in READERS.items()
)
