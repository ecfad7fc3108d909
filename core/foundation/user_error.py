"""What a person can mend: the one kind of error that windows and commands show as it is."""

from __future__ import annotations


class UserError(ValueError):
    """``str(error)`` is one plain sentence: what is wrong with what was asked for, and often the way out."""
