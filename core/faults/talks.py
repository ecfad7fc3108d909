"""A conversation between a window and an engine, recorded whole, and mutants of what was said in it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import io
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from core.datasets.base import Dataset, Images
from core.datasets.columns import Columns
from core.datasets.density import equally_weighted
from core.engine import commands
from core.engine.board import View
from core.engine.engine import Worker
from core.engine.threads import ThreadEngine
from core.evaluation.reference import Reference
from core.faults.mutants import TOKENS, mutated_bytes
from core.foundation.mailbox import Mailbox
from core.models.base import MODELS, TrainConfig
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.data_plane import PlaneLook, Wanted
from core.probes.held_out import HeldOutLook
from core.probes.hole_maps import HoleMapLook
from core.probes.look import Look
from core.probes.nearest import NearestLook, NeighboursLook
from core.probes.new_pictures import NewPicturesLook
from core.probes.pictures import InterpolationLook, ReconstructionsLook, TilesLook
from core.probes.samples import SamplesLook
from core.remote.codec import Codec
from core.remote.engine import RemoteEngine
from core.remote.messages import ENGINE_SAYS, WINDOW_SAYS
from core.remote.process import LARGER
from core.remote.server import Server
from core.remote.vocabulary import codec
from core.remote.wire import Frame, Wire, WireError
from core.theory.latent_space import axis_plane
from core.training.saved import Saved, Turn
from core.training.setup import Setup
from core.training.training import Training

PATIENCE_S = 60.0
"""Longest wait for what is recorded, s."""
HEAD = 10
"""Bytes of the greeting, which is no message."""
PLANE = axis_plane(0, 1, 2)
Z = np.array([0.5, -0.25], np.float32)
CORNERS = np.array([[-1, 1], [1, 1], [-1, -1], [1, -1]], np.float32)


@functools.cache
def words() -> Codec:
    """The codec of all that a window and an engine say."""
    return codec({cls.__name__: cls for cls in (*WINDOW_SAYS, *ENGINE_SAYS)})


def bytes_of(frame: Frame) -> bytes:
    """A frame as it travels, without the greeting."""
    sink = io.BytesIO()
    Wire(io.BytesIO(), sink, LARGER).write(frame)
    return sink.getvalue()[HEAD:]


def said(message: Any) -> bytes:
    """A message as it travels, without the greeting. Raises `WireError` where it cannot."""
    return bytes_of(words().encode(message, type(message).__name__))


# --- the recording ---------------------------------------------------------------------------------------------------


@functools.cache
def points() -> Dataset:
    """90 points around four centres, and 30 to test on."""
    chance, centres = np.random.default_rng(0), np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])

    def drawn(count: int) -> Images:
        labels = np.arange(count) % 4
        coordinates = centres[labels] + 0.1 * chance.standard_normal((count, 2))
        return Images(coordinates.astype(np.float32)[:, :, None, None], labels)

    columns = Columns(("x", "y"), (0.0, 0.0), (1.0, 1.0))
    density = equally_weighted(centres, 0.1, True)
    return Dataset("four", "Four", drawn(90), drawn(30), ("a", "b", "c", "d"), density=density, columns=columns)


@functools.cache
def pictures() -> Dataset:
    """40 grey images of 28 × 28, and 20 to test on."""
    chance = np.random.default_rng(1)

    def drawn(count: int) -> Images:
        shades = chance.random((count, 1), np.float32)
        return Images(chance.integers(0, 255, (count, 1, 28, 28), np.uint8), None, shades)

    return Dataset("noise", "Noise", drawn(40), drawn(20), factor_names=("shade",))


SETUP = Setup(network="mlp", batch=8, device="cpu", threads=1)
LANES = (("vae", points), ("gan", points), ("ae", pictures))
"""The lanes that are employed: a model, and its data."""


def small(model: str, **knobs: Any) -> TrainConfig:
    """The knobs of a model of a few neurons."""
    return MODELS.get(model).Config(hidden="4", **knobs)


def employ(engine: RemoteEngine) -> list[Any]:
    """Employ the lanes."""
    return [engine.employ(MODELS.get(name).short, name, small(name), SETUP, data(), 1) for name, data in LANES]


@dataclass(frozen=True)
class Talk:
    """What was said, in order, by each side."""

    window: tuple[Any, ...]
    engine: tuple[Any, ...]


@functools.cache
def talk() -> Talk:
    """A conversation of about 200 messages: lanes train, are turned, looked at, measured and restarted, and end."""
    by_window: list[Any] = []
    by_engine: list[Any] = []
    behind = ThreadEngine()

    def to_engine(message: Any) -> None:
        by_window.append(_crossed(message))
        server.obey(by_window[-1])

    def to_window(message: Any) -> None:
        by_engine.append(_crossed(message))
        engine.take(by_engine[-1])

    engine = RemoteEngine(to_engine, words())
    troubles: list[str] = []
    server = Server(behind, to_window, words(), troubles.append)
    server.start()
    try:
        _converse(engine)
    finally:
        engine.close(PATIENCE_S)
        server.close()
        behind.close(PATIENCE_S)
    if troubles:
        raise RuntimeError(troubles[0])
    known = (each for each in by_engine if getattr(each, "worker", 0) <= len(LANES))  # one more came at the end
    return Talk(tuple(by_window), tuple(known))


def _crossed(message: Any) -> Any:
    """The message as the other side gets it."""
    return words().decode(words().encode(message, type(message).__name__))


def _until(worker: Worker, holds: Callable[[View], object]) -> View:
    if not worker.board.wait(lambda view: bool(holds(view)), PATIENCE_S):
        raise TimeoutError(f"a lane of the recording stays as it is: {worker.board.view.status}")
    return worker.board.view


def _converse(engine: RemoteEngine) -> None:
    vae, gan, ae = employ(engine)
    of_points, of_pictures = Reference(points()), Reference(pictures())
    engine.give_way(True)
    engine.hold(0.001)
    for worker in (vae, gan, ae):
        worker.say(commands.Step(3))
        worker.board.mark_read(_until(worker, lambda view: view.status.state == "paused").status.step)
    engine.give_way(False)
    engine.ping()
    engine.want_real_side(of_points)
    for worker, reference, looks in ((vae, of_points, _of_points()), (ae, of_pictures, _of_pictures())):
        for look in looks:
            worker.ask(look, reference)
            _until(worker, lambda view, look=look: view.looks.before(look))  # type: ignore[misc]
    for worker, names in ((vae, ("distortion", "rate")), (gan, ("coverage",))):
        worker.ask_measures(names, "prior", "at once", of_points)
        _until(worker, lambda view: view.measures and not view.measures.waiting)
    for step in range(4, 14):
        vae.say(commands.Set("beta", step / 2))
        vae.say(commands.Step(1))
        vae.board.mark_read(_until(vae, lambda view, step=step: view.status.step == step).status.step)  # type: ignore[misc]
    for command in (commands.Start(), commands.Limits(40, 0.0, 0.0), commands.Pause(), commands.RollBack()):
        gan.say(command)
    snapshot = vae.board.view.snapshot
    assert snapshot is not None
    weights = {name: tensor.numpy() for name, tensor in snapshot.model.state_dict().items()}
    saved = Saved(weights, 13, 1.0, vae.board.view.history, (Turn(3, "beta", 1.5),))
    vae.say(commands.Restart(small("vae", beta=2.0), SETUP, points(), True))
    _until(vae, lambda view: view.life == 1 and view.status.step > 1)
    vae.say(commands.Pause())
    lent: Mailbox[Training] = Mailbox()
    vae.say(commands.Lend(lent))
    if not isinstance(lent.take(PATIENCE_S), Training):
        raise TimeoutError("no training is lent")
    gan.say(commands.Restart(small("gan"), SETUP, pictures(), False))
    _until(gan, lambda view: view.life == 1 and view.snapshot is not None)
    until = time.monotonic() + PATIENCE_S
    while vae.kept is None and time.monotonic() < until:  # it comes by itself, once the lane rests
        time.sleep(0.02)
    for state in (vae.kept, saved):
        again = engine.employ("VAE", "vae", small("vae"), SETUP, points(), 1, state, 2)
        _until(again, lambda view: view.snapshot is not None)


def _of_points() -> list[Look[Any]]:
    return [
        *(LatentCodesLook(), TrainingCodesLook(), HeldOutLook(), SamplesLook(4, 7), SamplesLook(4, 7, "gaussian")),
        PlaneLook(Wanted("share", True, True), PLANE, Z, 8, 7),
        *(NearestLook(Z), NewPicturesLook("prior", 3, 5), HoleMapLook("density", PLANE, Z)),
    ]


def _of_pictures() -> list[Look[Any]]:
    path = np.stack([Z, -Z])
    return [
        *(TilesLook(PLANE, Z, CORNERS, 2), ReconstructionsLook(), InterpolationLook((0, 1), 5, True)),
        *(InterpolationLook((0, 1), 2, False, path), NearestLook(Z), NeighboursLook(Z, 3)),
    ]


# --- mutants ---------------------------------------------------------------------------------------------------------


INTEGERS = (-1, 0, 1, 2, 3, -(2**63), 2**31, 2**63 - 1, 10**12, 5_000, 200_000)
NUMBERS = (math.nan, math.inf, -math.inf, -1.0, 0.0, 1e300, -1e300, 5e-324, 1e9)
TEXTS = ("", "x", "vae", "gan", "prior", "gmm", "coverage", "lr", "beta", "\udc80", "a\nb", "\x1b[31m", "é" * 900)
LONG = "x" * 1_000_000


def mutated_content(message: Any, random: Random) -> bytes:
    """A message as it travels, with some bytes changed, cut out or put in: most of them in its header."""
    content = said(message)
    if random.random() < 0.7:
        length = min(len(content), 4 + int.from_bytes(content[:4], "big"))
        return mutated_bytes(content[:length], random, TOKENS) + content[length:]
    return mutated_bytes(content, random, TOKENS)


def mutated_message(message: Any, random: Random, others: tuple[Any, ...]) -> Any:
    """A message that can be sent, in which one to three values are others of the same type."""
    for _ in range(20):
        mutant = message
        for _ in range(random.randint(1, 3)):
            mutant = _changed(mutant, random, others)
        with contextlib.suppress(WireError):  # no codec writes it
            said(mutant)
            return mutant
    return message


def _changed(value: Any, random: Random, others: tuple[Any, ...]) -> Any:
    """A value that differs from another in one place."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _changed_record(value, random, others)
    if isinstance(value, np.ndarray):
        return _changed_array(value, random)
    if isinstance(value, Mapping):
        pairs = [pair for pair in _changed_entries(tuple(value.items()), random, others) if len(pair) == 2]
        return {key: entry for key, entry in pairs if isinstance(key, str | int | float)}  # an array is no key
    if isinstance(value, tuple):
        return _changed_entries(value, random, others)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return random.choice(INTEGERS)
    if isinstance(value, float):
        return random.choice(NUMBERS)
    if isinstance(value, str):
        return LONG if random.random() < 0.05 else random.choice(TEXTS)
    return value if value is not None else random.choice((0, 0.5, "", ()))


def _changed_record(value: Any, random: Random, others: tuple[Any, ...]) -> Any:
    names = [each.name for each in dataclasses.fields(value) if each.init]
    if not names:
        return value
    name = random.choice(names)
    old = getattr(value, name)
    pick = random.random()
    if pick < 0.1:
        new = None
    elif pick < 0.3:  # the same field of another message
        alike = [getattr(each, name) for each in others if hasattr(each, name)]
        new = random.choice(alike) if alike else old
    else:
        new = _changed(old, random, others)
    try:
        return dataclasses.replace(value, **{name: new})
    except Exception:  # what a class says of its own fields
        return value


def _changed_entries(entries: tuple[Any, ...], random: Random, others: tuple[Any, ...]) -> tuple[Any, ...]:
    at = random.randrange(len(entries)) if entries else 0
    match random.randrange(8):
        case 0:
            return ()
        case 1:
            return entries[:at] + entries[at + 1 :]
        case 2:
            return entries + entries[at : at + 1]
        case 3:
            return entries[at : at + 1] * random.choice((2, 40, 300))
        case _:
            changed = (_changed(each, random, others) for each in entries[at : at + 1])
            return (*entries[:at], *changed, *entries[at + 1 :])


def _changed_array(array: Any, random: Random) -> Any:
    match random.randrange(9):
        case 0 if array.ndim:
            return array[:0]
        case 1:
            return array.reshape(-1)
        case 2:
            return array[None]
        case 3:
            return np.zeros((), array.dtype)
        case 4:
            return array.astype(random.choice((np.float64, np.float32, np.int64, np.uint8)))
        case 5 if array.dtype.kind == "f":
            return np.full_like(array, random.choice(NUMBERS[:-2]))
        case 6 if array.ndim and array.size:
            return np.repeat(array, random.choice((2, 50)), axis=random.randrange(array.ndim))
        case 7 if array.dtype.kind in "iu":
            return np.full_like(array, np.iinfo(array.dtype).max)
        case _:
            return array[..., :1] if array.ndim else array.reshape(1)
