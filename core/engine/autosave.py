"""``train`` saves its run while it trains, so that a power cut costs a minute: every so many steps, or seconds."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from core.engine.kept import Kept
from core.engine.run import Run
from core.foundation.files import FileError
from core.foundation.mailbox import Mailbox, Refusal
from core.foundation.params import KnobError
from core.foundation.quoted import brief

USUAL_S = 60.0
"""Time between two saves where nobody says otherwise, s."""
USUAL_SHARE = 0.01
"""Largest share of the time that those take: large models are saved more rarely."""
UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True)
class Every:
    """How often a run is saved: every ``steps`` or ``seconds``, never where both are 0. The usual costs 1 % at most."""

    steps: int = 0
    seconds: float = USUAL_S
    is_usual: bool = True

    @classmethod
    def parsed(cls, text: str | None) -> Every:
        """Of 500 (steps), 90s, 5m, 1h, or 0 (never); None is the usual. Raises `KnobError`."""
        if text is None:
            return USUAL
        found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([smh]?)", text.strip().lower())
        if found is None or ("." in found[1] and not found[2]):
            raise KnobError(f"--save-every: '{brief(text)}' is no number of steps (500) and no time (90s, 5m, 1h)")
        if found[2]:
            return cls(0, float(found[1]) * UNITS[found[2]], False)
        return cls(int(found[1]), 0.0, False)


USUAL = Every()


class Autosave:
    """Saves one run while it trains. ``write`` writes a state and raises `FileError`. Called by one thread.

    The state is copied between two steps and written by the caller of `look`, beside which the run trains on.
    """

    def __init__(self, run: Run, every: Every, write: Callable[[Kept], None]) -> None:
        self._run, self._every, self._write = run, every, write
        self._answer: Mailbox[Kept] | None = None
        self._saved_at = time.monotonic()
        self._due = self._saved_at + every.seconds
        self._told = ""
        self._come: Kept | Refusal | None = None

    def interval_s(self) -> float:
        """The time in which the next save is to be expected, s."""
        now, before = time.monotonic(), self._saved_at
        self._saved_at = now
        return max(1.0, self._every.seconds or now - before, self._due - now)

    def has_come(self) -> bool:
        """Whether a state is there to be written."""
        if self._answer is not None and self._come is None:
            self._come = self._answer.take()
        return self._come is not None

    def look(self) -> None:
        """Write the state that has come, and ask for the next one where it is due."""
        if self._answer is None:
            self._ask()
        elif self.has_come():
            come, self._answer, self._come = self._come, None, None
            began = time.monotonic()
            if isinstance(come, Kept) and come.saved.step:
                self._save(come)
            now = time.monotonic()
            least_s = (now - began) / USUAL_SHARE if self._every.is_usual else 0.0
            self._due = now + max(self._every.seconds, least_s)
            self._ask()

    def _ask(self) -> None:
        every = self._every
        if every.steps or (every.seconds and time.monotonic() >= self._due):
            self._answer = self._run.keep(every.steps)

    def _save(self, kept: Kept) -> None:
        """Save; a disk that fails is told once, until it works again."""
        try:
            self._write(kept)
        except FileError as error:
            if str(error) != self._told:
                self._told = str(error)
                print(f"latent-playground: not saved at step {kept.saved.step:,}: {error}", file=sys.stderr)
        else:
            self._told = ""
