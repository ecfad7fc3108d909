"""The device of a run, and thread counts and priorities of the process."""

from __future__ import annotations

import contextlib
import math
import os
import sys
import threading
import time

import torch

from core.foundation.busy_cores import busy_cores
from core.foundation.cores import machine_cores, usable_cores
from core.foundation.user_error import UserError

TRAINER_NICENESS = 10
"""Priority of trainers on Linux: below that of the window, whose niceness is 0."""
BACKGROUND_NICENESS = 5
"""Priority of slow looks and measures: above that of trainers, several of which would leave them a tenth of a core."""

TAKEN_SHARE = 1 / 3
"""Share of a core from which it counts as taken: on 2 cores, about where a second thread begins to cost speed."""


class DeviceError(UserError):
    """A device that is not available. ``str(error)`` is one sentence."""


def choose(name: str) -> torch.device:
    """The device of that name; "auto" is the first available of CUDA, MPS and CPU. Raises `DeviceError`."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceError("Device: this machine has no CUDA device that PyTorch can use; choose cpu or auto")
    if name == "mps" and not torch.backends.mps.is_available():
        raise DeviceError("Device: this machine has no MPS device that PyTorch can use; choose cpu or auto")
    return torch.device(name)


def available() -> tuple[tuple[str, str], ...]:
    """Names of the devices that `choose` finds on this machine, each with its title."""
    count = machine_cores()
    found = [("cpu", f"CPU, {count} core{'s' * (count != 1)}")]
    if torch.cuda.is_available():
        found.append(("cuda", torch.cuda.get_device_name()))
    if torch.backends.mps.is_available():
        found.append(("mps", "Apple GPU"))
    return tuple(found)


def cores() -> int:
    """CPU cores this process may use, or one more than the threads that the user leaves to training."""
    return usable_cores()


def free_cores(busy: float) -> int:
    """CPU cores that are left, at least one, where other programs keep ``busy`` cores busy (`busy_cores`).

    As many threads as cores are no use beside another program: all wait at a barrier for the one that has no core. A
    784-400-20 VAE on 2 cores beside one trained 300 to 13,000 samples/s with two threads, 25,000 with one.
    """
    return max(1, cores() - math.floor(busy + 1 - TAKEN_SHARE))


def leave_busy_cores() -> None:
    """Limit torch in the calling thread to the cores that other programs leave free; takes 0.2 s.

    Nothing where it has one thread already, as with OMP_NUM_THREADS=1.
    """
    threads = torch.get_num_threads()
    if threads > 1:
        torch.set_num_threads(min(threads, free_cores(busy_cores())))


def fair_threads(runs: int, of: int | None = None) -> int:
    """CPU threads for each of ``runs`` runs beside an open window: at least one, and a core is left to the window.

    ``of`` is the number of cores where they are computed; None: on this machine.

    With as many threads as cores, speed collapses: threads spin at barriers whenever anything else runs.
    """
    return max(1, ((cores() if of is None else of) - 1) // max(1, runs))


def share_of_next(runs: int, taken: int, of: int) -> int:
    """CPU threads of the next of ``runs`` runs on so many cores: a fair share of what others have not ``taken``."""
    return max(1, min(fair_threads(runs, of), fair_threads(1, of) - taken))


def look_with_one_thread() -> None:
    """Limit torch to one thread in the calling thread, which uses snapshots while others train.

    A second OpenMP thread would spin between two small decodes and take a core from the trainers.
    """
    torch.set_num_threads(1)


def settle_in_thread(threads: int, niceness: int = TRAINER_NICENESS) -> None:
    """Set up a thread that computes: its thread count, no denormals, lower priority where the OS allows.

    A process that was started with a lower one stays there.
    """
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):  # a sandbox may forbid it; training works anyway
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, max(niceness, os.getpriority(os.PRIO_PROCESS, thread)))


def spent_s(device: torch.device) -> float:
    """A clock for what work costs the training on ``device``, s: only its differences mean something.

    On a CPU the processor time of this thread, because while it waits for a core the others train; elsewhere the time
    that passes, in which the device may stand still.
    """
    return time.thread_time() if device.type == "cpu" else time.perf_counter()
