"""The folder of a sweep: its plan, a run folder a run with what was measured of it, the tables and the report.

    plan.json            every run with all its knobs
    runs/NAME/           a run folder, as `train --out` writes it
    runs/NAME/result.json, samples.png
    sweep.csv, sweep.json, report.html

A run is whole or not there: `result.json` is written last, by one rename. Readers take no lock.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.engine import run_folder
from core.foundation import strict_json
from core.foundation.checked_json import JsonError, read_object
from core.foundation.files import FileError, explained, locked, make_folder, write_file
from core.foundation.generations import read_regular
from core.foundation.user_error import UserError
from core.sweeps.outcome import Outcome
from core.sweeps.plan import Plan, PlannedRun, SweepError

PLAN, RUNS, RESULT, SAMPLES = "plan.json", "runs", "result.json", "samples.png"
CSV, JSON, REPORT = "sweep.csv", "sweep.json", "report.html"
MOST_PLAN_BYTES = 1 << 25
MOST_RESULT_BYTES = 1 << 18
MOST_SAMPLES_BYTES = 1 << 22
SAMPLES_SHOWN = 16
"""Samples in `SAMPLES`: a row of 8 above another, at z that all runs of as many latent dimensions share."""
SAMPLE_COLUMNS = 8


def folder_of(sweep: Path, run: PlannedRun) -> Path:
    """The run folder of a run."""
    return sweep / RUNS / run.name


def holds_sweep(sweep: Path) -> bool:
    """Whether a folder holds a sweep, whole or damaged."""
    return (sweep / PLAN).is_file()


def read_plan(sweep: Path) -> Plan:
    """The plan of the sweep in a folder. Raises `FileError`."""
    if not sweep.is_dir():
        raise FileError(f"{sweep} is not a folder; choose one that 'sweep --out' wrote")
    if not holds_sweep(sweep):
        raise FileError(f"{sweep} holds no sweep: it has no {PLAN}; choose a folder that 'sweep --out' wrote")
    content = read_regular(sweep / PLAN, MOST_PLAN_BYTES)
    try:
        return Plan.from_json(content, MOST_PLAN_BYTES)
    except UserError as error:
        raise FileError(f"{sweep / PLAN} cannot be used: {error}") from None


def check_place(sweep: Path, plan: Plan, resume: bool) -> None:
    """Raise `UserError` where the sweep cannot be written, or a folder holds another one. Writes nothing."""
    if sweep.exists() and not sweep.is_dir():
        raise FileError(f"{sweep} is no folder; choose another place")
    if holds_sweep(sweep):
        if read_plan(sweep).digest != plan.digest:
            raise SweepError(f"{sweep} holds another sweep; choose another place")
        if not resume:
            raise SweepError(f"{sweep} holds this sweep already; go on with it by --resume, or choose another place")
    elif sweep.is_dir() and any(sweep.iterdir()):
        raise SweepError(f"{sweep} is not empty and holds no sweep; choose another place")
    elif resume:
        raise SweepError(f"{sweep} holds no sweep to go on with; leave out --resume")
    nearest = next(each for each in (sweep, *sweep.absolute().parents) if each.exists())
    if not os.access(nearest, os.W_OK):
        raise FileError(f"cannot write in {nearest}; choose another place")


@contextlib.contextmanager
def claimed(sweep: Path, plan: Plan) -> Iterator[None]:
    """Hold the folder, so that nobody else trains the sweep, and write its plan. Raises `FileError`."""
    with explained(sweep), contextlib.ExitStack() as held:
        make_folder(sweep / RUNS)
        held.enter_context(locked(sweep))
        if not holds_sweep(sweep):
            write_file(sweep / PLAN, strict_json.dumps(plan.to_json()).encode() + b"\n")
        yielded = held.pop_all()
    with yielded:
        yield


def write_result(outcome: Outcome) -> None:
    """Write how a run has ended. Raises `FileError`."""
    write_file(outcome.folder / RESULT, strict_json.dumps(outcome.to_json()).encode() + b"\n")


def read_outcome(sweep: Path, run: PlannedRun) -> Outcome:
    """How a run stands. A result that cannot be read counts as none: the run is trained on when it is resumed."""
    folder = folder_of(sweep, run)
    outcome = Outcome(run, folder)
    with contextlib.suppress(FileError, JsonError, SweepError, KeyError, TypeError):
        found = read_object(read_regular(folder / RESULT, MOST_RESULT_BYTES), MOST_RESULT_BYTES)
        return outcome.told(found)
    return Outcome(run, folder, "begun") if run_folder.holds_run(folder) else outcome


def outcomes(sweep: Path, plan: Plan) -> tuple[Outcome, ...]:
    """How every run stands, in the order of the plan."""
    return tuple(read_outcome(sweep, run) for run in plan.runs)


def read_samples(outcome: Outcome) -> bytes:
    """The picture of a run's samples (PNG). Raises `FileError` where there is none."""
    return read_regular(outcome.folder / SAMPLES, MOST_SAMPLES_BYTES)


@dataclass
class Reading:
    """A sweep read again and again while it grows: only what is new is read. One thread calls it."""

    sweep: Path
    plan: Plan
    _read: dict[int, Outcome] = field(default_factory=dict)

    @classmethod
    def of(cls, sweep: Path) -> Reading:
        """The sweep in a folder. Raises `FileError`."""
        return cls(sweep, read_plan(sweep))

    def outcomes(self) -> tuple[Outcome, ...]:
        """How every run stands. What is over is not read again."""
        for run in self.plan.runs:
            known = self._read.get(run.number)
            if known is None or not known.is_over:
                self._read[run.number] = read_outcome(self.sweep, run)
        return tuple(self._read[run.number] for run in self.plan.runs)

    @property
    def known(self) -> Mapping[int, Outcome]:
        """What was read last, by the number of the run."""
        return self._read
