"""Where the lanes of a window may be computed: its own process, or one beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from core.engine.engine import Engine

Home = Literal["threads", "process"]
DEFAULT_HOME: Home = "threads"


def engine_at(home: Home) -> tuple[Engine, str]:
    """An engine at home, and what to tell the user of it. Imports torch.

    Where no process can be started it is one of threads, and the sentence says so.
    """
    from core.engine.threads import ThreadEngine
    from core.remote.process import ProcessEngine

    if home == "threads":
        return ThreadEngine(), ""
    try:
        return ProcessEngine(), ""
    except OSError as error:
        return ThreadEngine(), f"No process can be started for training ({error}); it trains in this one."
