"""Where the lanes of a window may be computed: its own process, one beside it, or what a command reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.foundation.user_error import UserError
from core.remote.spawn import LOCAL, command_of

if TYPE_CHECKING:
    from core.engine.engine import Engine

HOMES = ("threads", "process")
"""Homes by name; any other is a command whose standard input and output are an engine's."""
DEFAULT_HOME = "threads"


def checked_home(home: str) -> str:
    """The home. Raises `UserError` where it is neither one by name nor a command that can be started."""
    if home not in HOMES:
        command_of(home)
    return home


def engine_at(home: str) -> tuple[Engine, str]:
    """An engine at home, and what to tell the user of it. Imports torch.

    Where no process can be started it is one of threads, and the sentence says so.
    """
    from core.engine.threads import ThreadEngine
    from core.remote.process import ProcessEngine

    if home == "threads":
        return ThreadEngine(), ""
    try:
        return ProcessEngine(LOCAL if home == "process" else command_of(home)), ""
    except (OSError, UserError) as error:
        return ThreadEngine(), f"No process can be started for training ({error}); it trains in this one."
