"""Saves of runs and documents that are killed, or whose disk fails at any file operation: the old or the new loads.

Needs POSIX: every try is a process of its own, forked from one that has the engine loaded.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import itertools
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.datasets.base import Dataset, Images
from core.engine import document_file, run_folder
from core.engine.document import Document, Lane, Point
from core.engine.kept import Kept
from core.engine.run_folder import SavedRun
from core.faults.base import Fault
from core.foundation.files import YOUNG_S, FileError
from core.foundation.generations import MANIFEST, PLAIN, manifest_of
from core.foundation.history import History
from core.models.base import MODELS
from core.theory.latent_space import axis_plane
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.state import state_of
from core.training.training import Training, columns_of

OLD_STEPS = 2
NEW_STEPS = 3
KILLED = "kill"
FAILURES = (errno.errorcode[errno.EIO], errno.errorcode[errno.ENOSPC], KILLED)
"""What an operation does instead: raise EIO once, raise ENOSPC from there on, end the process."""
OPERATIONS = ("open", "write", "fsync", "replace", "rename", "chmod", "fchmod", "unlink", "mkdir", "scandir", "listdir")
"""Functions of `os` through which a save reaches the disk."""
GROWING = ("open", "write", "fsync", "mkdir")
"""Operations that fail while a disk is full."""
PLACES = ("a run", "an older format", "a torn save", "nothing", "a document", "a document's folder", "no document")
"""What is saved over: a run folder in four states; a document as a file and as a folder, and where there is none."""
EMPTY = ("nothing", "no document")
"""Those of them that hold nothing."""
DOCUMENT = "document"
"""Name of a document, without the ending that makes it a file."""
PATIENCE_S = 60.0
"""Longest wait for one try, s: longer counts as hung."""


@functools.cache
def run_of(steps: int) -> SavedRun:
    """A small run after so many steps; the same in every process."""
    torch.set_num_threads(1)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 1, 28, 28), np.uint8)
    dataset = Dataset("shapes", "Shapes", Images(pixels), Images(pixels[:8]))
    config = MODELS.get("vae").Config(hidden="12")
    setup = Setup(network="mlp", batch=16)
    training = Training("vae", config, setup, DeviceDataset(dataset, torch.device("cpu")))
    for _ in range(steps):
        training.advance()
    history = History(columns_of("vae"))
    history.append(training.take_rows())
    kept = Kept(0, config, setup, dataset, state_of(training, history))
    return SavedRun.of_kept("vae", kept, {"name": "shapes", "shape": [1, 28, 28]})


@functools.cache
def document_of(steps: int) -> Document:
    """A document with that run as its lane, whose point is at so many steps."""
    run = run_of(steps)
    z = np.full(run.setup.latent, steps / 10, np.float32)
    point = Point(z, z + 1, z - 1, axis_plane(0, 1, run.setup.latent))
    return Document(run.data, run.setup, (Lane(run, 0, run.config),), point, picture=b"picture")


def is_document(place: Path) -> bool:
    """Whether a document is saved there, not a run."""
    return place.stem == DOCUMENT


def save(place: Path, steps: int) -> None:
    """Save the run of so many steps, or its document."""
    if is_document(place):
        document_file.save(place, document_of(steps))
    else:
        run_folder.save(place, run_of(steps))


def _load(place: Path) -> SavedRun:
    """The run that is saved there. `FileError` where that, or its document, does not load."""
    if not is_document(place):
        return run_folder.load(place)
    found = document_file.load(place)
    run = found.lanes[0].run
    if not np.array_equal(found.point.z, document_of(run.step).point.z):
        raise FileError(f"the point of {place} is not that of its lane")
    return run


def is_whole(place: Path) -> str:
    """Why a place holds neither the old state nor the new one, to the last bit; "" where it does."""
    try:
        saved = _load(place)
    except FileError as error:
        return f"nothing loads: {error}"
    if saved.step not in (OLD_STEPS, NEW_STEPS):
        return f"step {saved.step} was never saved"
    run = run_of(saved.step)
    same = all(torch.equal(run.weights[name], tensor) for name, tensor in saved.weights.items())
    ours, theirs = run.continuation, saved.continuation
    if ours is not None and theirs is not None:  # an older format has none
        same &= all(np.array_equal(ours.moments[name], moment) for name, moment in theirs.moments.items())
        same &= np.array_equal(ours.noise, theirs.noise) and ours.drawn == theirs.drawn
    return "" if same and len(saved.history) == saved.step else "old and new are mixed"


def leftovers(place: Path) -> str:
    """What lies beside what was saved after one more save; "" where that is nothing."""
    for temporary in place.parent.glob(f".{place.name}.*"):
        os.utime(temporary, times=(0, time.time() - 2 * YOUNG_S))  # the next save comes later than here
    try:
        save(place, NEW_STEPS)
    except FileError as error:
        return f"the next save fails: {error}"
    stale = sorted(path.name for path in place.parent.iterdir() if path != place)
    if place.is_dir():
        known = document_file.files_of(place) if is_document(place) else run_folder.files_of(place)
        stale += sorted(path.name for path in place.iterdir() if path not in known.values())
    return f"left behind: {', '.join(stale)}" if stale else is_whole(place)


# --- one try, in a process of its own --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Broken:
    """The operation of a save that fails, from 1 on, and how; ``at`` 0 breaks nothing."""

    at: int = 0
    how: str = KILLED


class _Disk:
    """Counts the operations of this process and breaks one of them."""

    def __init__(self, broken: Broken) -> None:
        self.broken, self.count = broken, 0

    def install(self) -> None:
        for name in OPERATIONS:
            setattr(os, name, self._through(name, getattr(os, name)))
        plain = os.fdopen
        os.fdopen = lambda *words, **named: _File(plain(*words, **named), self)  # type: ignore[assignment]

    def _through(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*words: Any, **named: Any) -> Any:
            self.count += 1
            self._perhaps_fail(name)
            return real(*words, **named)

        return operation

    def _perhaps_fail(self, name: str) -> None:
        if self.broken.how == KILLED and self.count == self.broken.at:
            os.kill(os.getpid(), signal.SIGKILL)
        is_full = self.broken.how == "ENOSPC" and self.broken.at and self.count >= self.broken.at and name in GROWING
        if is_full or (self.broken.how == "EIO" and self.count == self.broken.at):
            number = getattr(errno, self.broken.how)
            raise OSError(number, os.strerror(number))


class _File:
    """A file whose writes are operations of a disk."""

    def __init__(self, file: Any, disk: _Disk) -> None:
        self._file = file
        self.write = disk._through("write", file.write)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _one_save(folder: Path, broken: Broken, said: Connection) -> None:
    """Save the new run on a disk that fails; says how many operations there were, and what was raised."""
    document_of(NEW_STEPS)
    disk = _Disk(broken)
    said.send("begin")
    disk.install()
    try:
        save(folder, NEW_STEPS)
    except FileError:
        outcome = "refused"
    except BaseException as error:
        outcome = f"raised {type(error).__name__}: {error}"
    else:
        outcome = "saved"
    said.send((disk.count, outcome))


@functools.cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with _search_path_in_environment():  # it has the flag -S where this process has it
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def _search_path_in_environment() -> Iterator[None]:
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    try:
        yield
    finally:
        del os.environ["PYTHONPATH"]
        if before is not None:
            os.environ["PYTHONPATH"] = before


@dataclass
class _Try:
    """A save in a process of its own."""

    folder: Path
    broken: Broken

    def __enter__(self) -> _Try:
        self._said, theirs = _server().Pipe(False)
        self.process: ForkServerProcess = _server().Process(target=_one_save, args=(self.folder, self.broken, theirs))
        self.process.start()
        theirs.close()
        if not self._said.poll(PATIENCE_S) or self._said.recv() != "begin":
            raise RuntimeError("the process that saves did not begin")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()
        self._said.close()

    def outcome(self) -> tuple[int, str]:
        """Operations and outcome of the save; "killed" where the process is gone, "hung" where it goes on."""
        if not self._said.poll(PATIENCE_S):
            return 0, "hung"
        try:
            count, outcome = self._said.recv()
        except EOFError:
            return 0, "killed"
        return int(count), str(outcome)


def _path(root: Path, place: str) -> Path:
    """Where a place is, in a folder of its own."""
    return root / {"a document's folder": DOCUMENT}.get(place, f"{DOCUMENT}.lplay" if "document" in place else "run")


def _prepare(folder: Path, place: str) -> None:
    if place in EMPTY:
        return
    save(folder, OLD_STEPS)
    if place == "an older format":
        as_older_format(folder)
    if place == "a torn save":
        for name in (".weights.safetensors.ab12cd34", f".config-{16 * '0'}.json.ab12cd34", f"metrics-{16 * '0'}.csv"):
            (folder / name).write_bytes(b"half")


def as_older_format(folder: Path) -> None:
    """Rename the files of a run folder as earlier versions named them, and write their manifest."""
    files = run_folder.files_of(folder)
    files.pop(run_folder.STATE).unlink()
    contents = {name: path.read_bytes() for name, path in files.items() if name != MANIFEST}
    for name, content in contents.items():
        files[name].unlink()
        (folder / name).write_bytes(content)
    files[MANIFEST].write_bytes(manifest_of(contents, PLAIN))


def _verdict(folder: Path, place: str, outcome: str) -> str:
    """What is wrong after a try; "" where nothing is."""
    if outcome == "hung" or outcome.startswith("raised"):
        return outcome
    is_new = outcome == "saved"
    if (place not in EMPTY or is_new) and (trouble := is_whole(folder)):
        return trouble
    if is_new and _load(folder).step != NEW_STEPS:
        return "said to be saved, and the old state loads"
    return leftovers(folder)


def _tried(place: str, broken: Broken, kill_after_s: float | None = None) -> tuple[int, str]:
    """Operations of one try, and what is wrong after it."""
    with tempfile.TemporaryDirectory() as root:
        folder = _path(Path(root), place)
        _prepare(folder, place)
        with _Try(folder, broken) as one:
            if kill_after_s is None:
                count, outcome = one.outcome()
            else:
                time.sleep(kill_after_s)
                one.process.kill()
                count, outcome = one.outcome()
        return count, _verdict(folder, place, outcome)


# --- the faults ------------------------------------------------------------------------------------------------------


def kills(count: int, seed: int) -> list[str]:
    """Kill a save at a random moment, ``count`` times."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "run"
        save(folder, OLD_STEPS)
        began = time.perf_counter()
        save(folder, NEW_STEPS)
        lasts_s = time.perf_counter() - began
    failures = []
    for number in range(count):
        place = PLACES[number % len(PLACES)]
        after_s = rng.uniform(0, 1.5 * lasts_s)
        _, trouble = _tried(place, Broken(), after_s)
        if trouble:
            failures.append(f"seed {seed}, kill {number}, over {place}, after {1000 * after_s:.1f} ms: {trouble}")
    return failures


def operations(count: int, seed: int) -> list[str]:
    """Fail file operations of a save in each way, over each kind of folder: all of them where ``count`` is enough."""
    tries = list(_every_operation())
    random.Random(seed).shuffle(tries)
    failures = []
    for place, broken in itertools.islice(itertools.cycle(tries), count):
        if trouble := _tried(place, broken)[1]:
            failures.append(f"over {place}, operation {broken.at}, {broken.how}: {trouble}")
    return failures


def writers(count: int, seed: int) -> list[str]:
    """Let two processes save at once, ``count`` times: one of them at least succeeds, the other says why not."""
    failures = []
    for number in range(count):
        place = PLACES[(seed + number) % len(PLACES)]
        with tempfile.TemporaryDirectory() as root:
            folder = _path(Path(root), place)
            _prepare(folder, place)
            with _Try(folder, Broken()) as one, _Try(folder, Broken()) as other:
                outcomes = sorted(each.outcome()[1] for each in (one, other))
            both_or_one = outcomes in (["saved", "saved"], ["refused", "saved"])
            trouble = _verdict(folder, place, "saved") if both_or_one else " and ".join(outcomes)
        if trouble:
            failures.append(f"pair {number}, over {place}: {trouble}")
    return failures


def _every_operation() -> Iterator[tuple[str, Broken]]:
    for place in PLACES:
        whole, _ = _tried(place, Broken())
        for how, at in itertools.product(FAILURES, range(1, whole + 1)):
            yield place, Broken(at, how)


FAULTS = (
    Fault("kills", "saves of runs and documents are killed at random moments", 1000, 40, kills, pieces=2),
    Fault("writers", "two processes save into one place at once", 50, 10, writers),
    Fault("operations", "file operations of a save fail with EIO or ENOSPC or are its last", 700, 60, operations),
)
