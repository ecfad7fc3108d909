"""The report of ``reproduce``, as Markdown and JSON. It is written anew after each part.

Parts are independent: where there are several cores, each part runs in a process of its own.
"""

from __future__ import annotations

import dataclasses
import multiprocessing
import platform
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import torch

from core.foundation import strict_json
from core.foundation.busy_cores import busy_cores
from core.foundation.files import FileError, write_file
from core.reproduction.generators import generators
from core.reproduction.likelihoods import identities, likelihoods
from core.reproduction.modes import modes
from core.reproduction.rows import Log, Row, Section, TrialFailed
from core.reproduction.samples import samples
from core.training import devices

Part = Callable[[bool, int, Log], Section]
"""A part of the report: called with ``quick``, the threads of each of its runs, and a `Log`."""

PARTS: tuple[Part, ...] = (identities, samples, likelihoods, modes, generators)
LEFT_OUT = (
    "Not run here: VAE and IWAE of Burda et al. 2016 (86.76 and 84.78 nats need 3,280 passes and binarised images)."
)


def reproduce(folder: Path, quick: bool, log: Log) -> int:
    """Run every part and write ``report.md``, ``report.json`` and pictures. Returns 1 if a row disagrees, else 0."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot write in {folder} ({error.strerror}); choose another place") from None
    began = time.perf_counter()
    done: dict[int, Section] = {}
    for index, section in _run_parts(quick, log):
        done[index] = section
        _write(folder, quick, [done[i] for i in sorted(done)], time.perf_counter() - began)
    rows = [row for i in sorted(done) for row in done[i].rows if row.agrees is not None]
    disagreeing = [row for row in rows if not row.agrees]
    print(f"{folder / 'report.md'}: {len(disagreeing)} of {len(rows)} rows disagree")
    for row in disagreeing:
        print(f"  {row.setting}, {row.quantity}: {row.ours} against {row.theirs} ({row.rule})")
    return 1 if disagreeing else 0


def _run_parts(quick: bool, log: Log) -> Iterator[tuple[int, Section]]:
    """The section of every part and its place in the report, in the order in which they finish."""
    workers = min(devices.cores(), len(PARTS))
    threads = max(1, devices.free_cores(busy_cores()) // workers)
    if workers == 1:
        for index, part in enumerate(PARTS):
            yield index, part(quick, threads, log)
        return
    context = multiprocessing.get_context("spawn")  # a fork inherits locks held by threads that it does not copy
    pool = ProcessPoolExecutor(workers, context, _leave_ctrl_c_to_the_parent)
    try:
        last_first = list(enumerate(PARTS))[::-1]  # the longest parts are last in the report
        index_of = {pool.submit(part, quick, threads, log): index for index, part in last_first}
        for future in as_completed(index_of):
            yield index_of[future], future.result()
    except BrokenProcessPool:
        raise TrialFailed("A process of the reproduction was ended from outside, perhaps for its memory") from None
    finally:
        for process in multiprocessing.active_children():
            process.terminate()  # idle at the end; after Ctrl-C their results are not needed
        pool.shutdown(cancel_futures=True)


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write(folder: Path, quick: bool, sections: Sequence[Section], spent_s: float) -> None:
    write_file(folder / "report.md", markdown(sections, quick, spent_s).encode())
    parts = [dataclasses.asdict(dataclasses.replace(each, pictures=())) for each in sections]
    plain = {"quick": quick, "seconds": round(spent_s, 1), "sections": parts}
    write_file(folder / "report.json", strict_json.dumps(plain, indent=2).encode() + b"\n")
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
    verdict = {True: "agrees", False: "**differs**", None: ""}[row.agrees]
    cells = (row.setting, row.quantity, row.ours, row.theirs, row.source, row.rule, verdict)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
