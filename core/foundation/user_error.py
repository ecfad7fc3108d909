"""The base of every error that the user can put right: window and command line show it without a traceback."""

from __future__ import annotations

from typing import ClassVar


class UserError(ValueError):
    """``str(error)`` is one plain sentence: what is wrong with the request, and often how to put it right."""

    is_misuse: ClassVar[bool] = True
    """Whether the request was wrong; otherwise it was in order, and failed on the way."""
