"""``latent-playground faults``: run the faults one after another and report what did not hold."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.faults.base import Fault
from core.foundation.user_error import UserError

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


def run(faults: Sequence[Fault], quick: bool, seed: int, progress: Callable[[str], None]) -> list[Result]:
    """Run each fault. One that raises has failed and does not stop the others."""
    results = []
    for fault in faults:
        count = fault.quick if quick else fault.full
        progress(f"{fault.name}: {fault.says} ({count:,}) …")
        began = time.perf_counter()
        try:
            failures = fault.run(count, seed)
        except Exception:
            failures = [f"the harness itself failed: {traceback.format_exc().strip()}"]
        results.append(Result(fault, count, seed, time.perf_counter() - began, tuple(failures)))
    return results


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
