"""The report: `reproduce` runs every part and writes it down as Markdown and JSON, after each part anew.

Parts know nothing of each other: where there are cores, each runs in a process of its own.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import platform
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from core.foundation.files import FileError, write_file
from core.reproduction.generators import generators
from core.reproduction.likelihoods import identities, likelihoods
from core.reproduction.modes import modes
from core.reproduction.rows import Row, Section, Tell, TrialFailed
from core.reproduction.samples import samples
from core.training import devices

Part = Callable[[bool, int, Tell], Section]
"""Runs quickly or in full, with so many threads for each of its runs."""

PARTS: tuple[Part, ...] = (identities, samples, likelihoods, modes, generators)
LEFT_OUT = (
    "Not run here: VAE and IWAE of Burda et al. 2016 (86.76 and 84.78 nats need 3,280 passes and binarised images)."
)


def reproduce(folder: Path, quick: bool, tell: Tell) -> int:
    """Run the table and write ``report.md``, ``report.json`` and pictures; 0, or 1 where a row disagrees."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot write in {folder} ({error.strerror}); choose another place") from None
    began = time.perf_counter()
    done: dict[int, Section] = {}
    for index, section in _each_part(quick, tell):
        done[index] = section
        _write(folder, quick, [done[i] for i in sorted(done)], time.perf_counter() - began)
    sections = [done[i] for i in sorted(done)]
    bad = [row for section in sections for row in section.rows if row.agrees is False]
    print(f"{folder / 'report.md'}: {len(bad)} of {_judged(sections)} rows disagree")
    for row in bad:
        print(f"  {row.setting}, {row.quantity}: {row.ours} against {row.theirs} ({row.rule})")
    return 1 if bad else 0


def _each_part(quick: bool, tell: Tell) -> Iterator[tuple[int, Section]]:
    """Every part with its place in the report, as it is done."""
    cores = devices.cores()
    workers = min(cores, len(PARTS))
    if workers == 1:
        for index, part in enumerate(PARTS):
            yield index, part(quick, cores, tell)
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks of threads that are not there
    pool = ProcessPoolExecutor(workers, context, _leave_ctrl_c_to_the_parent)
    try:
        last_first = list(enumerate(PARTS))[::-1]  # the long ones are at the end
        asked = {pool.submit(part, quick, cores // workers, tell): index for index, part in last_first}
        for future in as_completed(asked):
            yield asked[future], future.result()
    except BrokenProcessPool:
        raise TrialFailed("A process of the reproduction was ended from outside, perhaps for its memory") from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()  # at the end they are idle; after Ctrl-C nobody wants what they do
        pool.shutdown(cancel_futures=True)


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _judged(sections: Sequence[Section]) -> int:
    return sum(row.agrees is not None for section in sections for row in section.rows)


def _write(folder: Path, quick: bool, sections: Sequence[Section], spent_s: float) -> None:
    write_file(folder / "report.md", markdown(sections, quick, spent_s).encode())
    parts = [dataclasses.asdict(dataclasses.replace(each, pictures=())) for each in sections]
    plain = {"quick": quick, "seconds": round(spent_s, 1), "sections": parts}
    write_file(folder / "report.json", json.dumps(plain, indent=2).encode() + b"\n")
    for section in sections:
        for name, picture in section.pictures:
            write_file(folder / name, picture.encode())


def markdown(sections: Sequence[Section], quick: bool, spent_s: float) -> str:
    """The report as text."""
    machine = f"{platform.system()} {platform.machine()}, {devices.cores()} cores, torch {torch.__version__}"
    lines = [
        "# Our numbers beside the published ones",
        "",
        f"Written by `latent-playground reproduce{' --quick' if quick else ''}` in {spent_s / 60:.0f} minutes.",
        f"Machine: {machine}.",
        f"Units: nats per image unless said otherwise. {LEFT_OUT}",
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text, ""]
        lines += ["| setting | quantity | ours | published | source | agrees if | |", "|---|---|---|---|---|---|---|"]
        lines += [_line(row) for row in section.rows]
        for name, _ in section.pictures:
            lines += ["", f"![{section.title}]({name})"]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    mark = {True: "agrees", False: "**differs**", None: ""}[row.agrees]
    cells = (row.setting, row.quantity, row.ours, row.theirs, row.source, row.rule, mark)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
