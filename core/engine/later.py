"""A state of a run that somebody wants once it stands at a later step."""

from __future__ import annotations

import math

from core.engine.commands import Keep
from core.foundation.mailbox import Refusal


class Later:
    """One request that waits for its step; a newer one supersedes it."""

    def __init__(self) -> None:
        self._waits: Keep | None = None
        self.at: float = math.inf
        """The step that it waits for; infinity without a request."""

    def put(self, command: Keep, step: int) -> None:
        """Remember a request of a run that stands at a step."""
        self.drop("a state of another step was asked for since")
        self._waits, self.at = command, (step // command.every + 1) * command.every

    def take(self) -> Keep | None:
        """The request, which does not wait any longer."""
        waits, self._waits, self.at = self._waits, None, math.inf
        return waits

    def drop(self, reason: str) -> None:
        """Nothing comes of the request."""
        if (waits := self.take()) is not None:
            waits.answer.put(Refusal(reason))
