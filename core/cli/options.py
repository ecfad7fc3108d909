"""What commands share: how they are added, and how a number or a place is read. Imports neither torch nor numpy."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.foundation.quoted import brief
from core.foundation.user_error import UserError

PROGRAM = "latent-playground"
RUN_FOLDER = "a run folder, written by 'train --out' or Save"
MOST_SEED = 2**31 - 1
"""Largest seed."""

Command = Callable[[argparse.Namespace], int]


def add_command(commands: Any, name: str, command: Command, text: str) -> argparse.ArgumentParser:
    """A command's own parser."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(command=command)
    return parser


def number(text: str, name: str, low: float, high: float, kind: type) -> float:
    """The number in an option's text. Raises `KnobError`."""
    from core.foundation.params import Knob, Param

    return float(Knob(name, kind, 0, Param(name, low, high)).parse(text))


def whole(text: str, name: str, low: int, high: int) -> int:
    """The whole number in an option's text. Raises `KnobError`."""
    return int(number(text, name, low, high, int))


def place(text: str, name: str) -> Path:
    """The path that an option names. `UserError` where it can be none: an empty one would mean the present folder."""
    if not text.strip():
        raise UserError(f"{name} is empty; name a place")
    try:
        Path(text).exists()
    except (OSError, ValueError):  # too long, or with a null byte
        raise UserError(f"{name}: '{brief(text)}' can be no path; name another place") from None
    return Path(text)


def add_sampler(parser: argparse.ArgumentParser) -> None:
    """Add the option that `sampler_of` reads."""
    samplers = "where z of measured samples comes from: prior, raw, gaussian, gmm or codes"
    parser.add_argument("--sampler", default="prior", metavar="NAME", help=samplers)


def sampler_of(text: str) -> str:
    """The name of a sampler (`core.evaluation.samplers`). Raises `KnobError`."""
    from core.evaluation.samplers import NAMES
    from core.foundation.params import Knob, Param

    return str(Knob("sampler", str, "prior", Param("--sampler", choices=NAMES)).parse(text))


def print_progress(words: str) -> None:
    """Print a line about work in progress, in one piece: threads may say something at the same time."""
    print(f"{words}\n", end="", file=sys.stderr, flush=True)
