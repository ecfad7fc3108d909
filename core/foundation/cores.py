"""CPU cores that this program may use, and the number of threads that the user leaves to training."""

from __future__ import annotations

import os

from core.foundation.settings_file import stored_value

THREADS = "LATENT_PLAYGROUND_THREADS"
"""Variable with the most threads of all lanes together. Engines that are started later see it too."""
MOST_THREADS = 256


def asked_threads() -> int:
    """The most threads of all lanes together; 0 where nobody has said."""
    text = os.environ.get(THREADS, "")
    return min(int(text), MOST_THREADS) if text.isascii() and text.isdigit() else 0


def ask_threads(threads: int) -> None:
    """Set the most threads of all lanes that begin from now on; 0 leaves it to the number of cores."""
    if threads:
        os.environ[THREADS] = str(threads)
    else:
        os.environ.pop(THREADS, None)


def take_preference() -> None:
    """Read the number from the preferences, unless the variable is set for this start."""
    stored = stored_value("training_threads")
    if THREADS not in os.environ and type(stored) is int and 1 <= stored <= MOST_THREADS:
        ask_threads(stored)


def machine_cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def usable_cores() -> int:
    """The same, of which training takes all but one: so one more than the threads it was given."""
    asked, cores = asked_threads(), machine_cores()
    return min(cores, asked + 1) if asked else cores
