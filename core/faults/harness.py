"""``latent-playground faults``: run the faults and report what did not hold.

A short run is one fault after another in this process, a whole run several processes at a time.
"""

from __future__ import annotations

import json
import subprocess
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from core.faults.base import Fault
from core.foundation.program import PROGRAM
from core.foundation.user_error import UserError
from core.training import devices

MORE_THAN_CORES = 1
"""So many more processes run at a time than there are cores: each waits for a part of its time."""
SEEDS_APART = 1000
"""Between the seeds of two pieces of a fault."""
SHOWN = 10
"""Largest number of failures of one fault that the table prints; the JSON has all."""


@dataclass(frozen=True)
class Result:
    """How often a fault was tried, with which seed, for how long, and one sentence per failure."""

    fault: Fault
    count: int
    seed: int
    seconds: float
    failures: tuple[str, ...]


def chosen(faults: Sequence[Fault], names: Sequence[str]) -> list[Fault]:
    """The faults of these names, all where none is named. Raises `UserError` for an unknown name."""
    known = [fault.name for fault in faults]
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"there is no fault '{unknown[0]}'; there are {', '.join(known)}")
    return [fault for fault in faults if not names or fault.name in names]


def run(
    faults: Sequence[Fault], quick: bool, seed: int, progress: Callable[[str], None], tries: int | None = None
) -> list[Result]:
    """Run one fault after another, ``tries`` times each or as often as each says. One that raises has failed and does
    not stop the others."""
    results = []
    for fault in faults:
        count = tries if tries is not None else fault.quick if quick else fault.full
        progress(f"{fault.name}: {fault.says} ({count:,}) …")
        began = time.perf_counter()
        try:
            failures = fault.run(count, seed)
        except Exception:
            failures = [f"the harness itself failed: {traceback.format_exc().strip()}"]
        results.append(Result(fault, count, seed, time.perf_counter() - began, tuple(failures)))
    return results


class _Piece(NamedTuple):
    fault: Fault
    tries: int
    seed: int


def run_in_pieces(faults: Sequence[Fault], seed: int, progress: Callable[[str], None]) -> list[Result]:
    """Run every fault as often as it says, in processes; those that want the machine alone come last.

    What is cut into pieces is long and begins first, so that no core is idle at the end. The seconds of a fault are the
    sum of its pieces'.
    """
    pieces = [piece for fault in faults for piece in _pieces(fault, seed)]
    together = sorted((piece for piece in pieces if not piece.fault.alone), key=lambda piece: -piece.fault.pieces)
    found: dict[_Piece, Result] = {}

    def at_a_time(number: int, chosen: list[_Piece]) -> None:
        with ThreadPoolExecutor(number) as pool:
            for piece, result in zip(chosen, pool.map(lambda piece: _in_process(piece, progress), chosen), strict=True):
                found[piece] = result

    at_a_time(devices.cores() + MORE_THAN_CORES, together)
    at_a_time(1, [piece for piece in pieces if piece.fault.alone])
    return [_sum(fault, seed, [found[piece] for piece in pieces if piece.fault is fault]) for fault in faults]


def _pieces(fault: Fault, seed: int) -> Iterator[_Piece]:
    for number in range(fault.pieces):
        count = fault.full // fault.pieces + (number < fault.full % fault.pieces)
        yield _Piece(fault, count, (seed + SEEDS_APART * number) % 2**31)


def _sum(fault: Fault, seed: int, results: Sequence[Result]) -> Result:
    failures = tuple(sentence for each in results for sentence in each.failures)
    return Result(fault, sum(each.count for each in results), seed, sum(each.seconds for each in results), failures)


def _in_process(piece: _Piece, progress: Callable[[str], None]) -> Result:
    fault, count, seed = piece
    progress(f"{fault.name}: {fault.says} ({count:,}, seed {seed}) …")
    words = ("faults", "--only", fault.name, "--tries", str(count), "--seed", str(seed), "--json")
    began = time.perf_counter()
    done = subprocess.run((*PROGRAM, *words), capture_output=True, text=True)
    try:
        (told,) = json.loads(done.stdout)["faults"]
        failures = told["failures"]
    except (ValueError, KeyError, TypeError):
        failures = [f"its process ended with status {done.returncode}: {done.stderr.strip()[-600:]}"]
    seconds = time.perf_counter() - began
    progress(f"{fault.name}: {count:,} tries, {len(failures):,} failed, {seconds:.0f} s (seed {seed})")
    for sentence in failures[:SHOWN]:
        progress(f"  {sentence}")
    return Result(fault, count, seed, seconds, tuple(failures))


def report(results: Sequence[Result]) -> dict[str, Any]:
    """The results as JSON values."""
    return {
        "failed": sum(bool(each.failures) for each in results),
        "faults": [
            {
                "name": each.fault.name,
                "says": each.fault.says,
                "count": each.count,
                "seed": each.seed,
                "seconds": round(each.seconds, 1),
                "failures": list(each.failures),
            }
            for each in results
        ],
    }


def table(results: Sequence[Result]) -> str:
    """The results as text: a line per fault, below it what failed."""
    lines = [f"{'fault':<14} {'tries':>8} {'failed':>7} {'seconds':>8}"]
    for each in results:
        lines.append(f"{each.fault.name:<14} {each.count:>8,} {len(each.failures):>7,} {each.seconds:>8.1f}")
        lines += [f"  {sentence}" for sentence in each.failures[:SHOWN]]
        if len(each.failures) > SHOWN:
            lines.append(f"  … and {len(each.failures) - SHOWN:,} more; --json names them all")
    return "\n".join(lines)
