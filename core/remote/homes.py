"""Where the lanes of a window may be computed: its own process, one beside it, or what a command reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.foundation.settings_file import stored_value
from core.remote.spawn import LOCAL, Spawned, command_of

if TYPE_CHECKING:
    from core.engine.engine import Engine

Home = str
"""One of `HOMES`, or a command whose standard input and output are an engine's."""
HOMES = ("threads", "process")
DEFAULT_HOME = "process"


def checked_home(home: Home) -> Home:
    """The home. Raises `UserError` where it is neither one by name nor a command that can be started."""
    if home not in HOMES:
        command_of(home)
    return home


def preferred_home() -> Home:
    """The home that the preferences name, or the default one."""
    stored = stored_value("engine")
    return stored if isinstance(stored, str) and stored in HOMES else DEFAULT_HOME


class Coming:
    """An engine that is on its way: its process is started at once, and imports torch while the window opens.

    Where no process can be started it is one of threads, and ``trouble`` says so in a sentence. ``is_asked``: the
    command line names the home, which then wins over the preferences.
    """

    def __init__(self, home: Home = DEFAULT_HOME, is_asked: bool = False) -> None:
        self.asked = home if is_asked else ""
        self.trouble = ""
        self.command = "" if home in HOMES else home
        """The command that starts it; "" on this computer."""
        self._spawned: Spawned | None = None
        if home != "threads":
            try:
                self._spawned = Spawned(LOCAL if home == "process" else command_of(home))
            except OSError as error:
                self.command = ""
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
