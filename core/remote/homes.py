"""Where the lanes of a window may be computed: in its own process, or in one beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from core.remote.spawn import Spawned

if TYPE_CHECKING:
    from core.engine.engine import Engine

Home = Literal["threads", "process"]
DEFAULT_HOME: Home = "process"


class Coming:
    """An engine that is on its way: its process is started at once, and imports torch while the window opens.

    Where no process can be started it is one of threads, and ``trouble`` says so in a sentence.
    """

    def __init__(self, home: Home = DEFAULT_HOME) -> None:
        self.trouble = ""
        self._spawned: Spawned | None = None
        if home == "process":
            try:
                self._spawned = Spawned()
            except OSError as error:
                self.trouble = f"No process can be started for training ({error}); it trains in this one."

    def engine(self) -> Engine:
        """The engine, once; whoever takes it closes it. Imports torch."""
        from core.engine.threads import ThreadEngine
        from core.remote.process import ProcessEngine

        spawned, self._spawned = self._spawned, None
        return ThreadEngine() if spawned is None else ProcessEngine(spawned)

    def drop(self) -> None:
        """Nobody takes it: its process ends, which has begun nothing."""
        if self._spawned is not None:
            self._spawned.kill()
            self._spawned = None
