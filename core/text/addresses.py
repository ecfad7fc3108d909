"""Addresses within the manual: ``page.html#anchor`` of a knob, measure, verdict, command, term, model, data set.

The pages that `core.manual` writes and the links of the window to them both use these, so that neither can drift.
"""

from __future__ import annotations

import re

HOME = "index.html"
"""The first page."""
SAMPLERS = "measures.html#samplers"
"""Where z of samples comes from."""

_PARTS = "window.html"


def slug(words: str) -> str:
    """The words as an anchor: letters and digits with hyphens between them; two equal texts have one slug."""
    return re.sub(r"\W+", "-", words.lower()).strip("-")


def of_knob(name: str) -> str:
    """A knob by the name of its field."""
    return f"knobs.html#{slug(name)}"


def of_model(name: str) -> str:
    """A model by the name in its registry."""
    return f"models.html#{slug(name)}"


def of_data(name: str) -> str:
    """A source of data by the name in its registry."""
    return f"data.html#{slug(name)}"


def of_measure(name: str) -> str:
    """A measure by the name in its registry."""
    return f"measures.html#{slug(name)}"


def of_verdict(name: str) -> str:
    """A verdict by its name."""
    return f"verdicts.html#{slug(name)}"


def of_term(key: str) -> str:
    """A term of the glossary by its key."""
    return f"glossary.html#{slug(key)}"


def of_lesson(name: str) -> str:
    """A lesson by the name of its file, without the ending."""
    return f"lessons.html#{slug(name)}"


def of_command(name: str) -> str:
    """A command of the command line: ``train``, ``data get``."""
    return f"commands.html#{slug(name)}"


def of_part(title: str) -> str:
    """A part of the window by its title."""
    return f"{_PARTS}#{slug(title)}"


def is_part(address: str) -> bool:
    """Whether an address is that of a part of the window."""
    return address.startswith(_PARTS)


def of_action(name: str) -> str:
    """A command of the window by its name in the table of commands."""
    return f"keys.html#{slug(name)}"
