"""The base of every error that the user can put right: window and command line show it without a traceback."""

from __future__ import annotations

import re
from typing import ClassVar


class UserError(ValueError):
    """``str(error)`` is one plain sentence: what is wrong with the request, and often how to put it right."""

    is_misuse: ClassVar[bool] = True
    """Whether the request was wrong; otherwise it was in order, and failed on the way."""


_WORD = re.compile(r"[a-z]+(?![\w./\\-])")


def as_sentence(text: str) -> str:
    """What an error says, as it stands alone: a capital, unless it begins with the name of a file, and a full stop."""
    first = _WORD.match(text)
    text = text[:1].upper() + text[1:] if first else text
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
