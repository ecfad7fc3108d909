"""A whole experiment as a short text that can be pasted into another window or sent in a mail.

    Latent Playground experiment, version 1
    data mixture: layout=grid
    setup: latent=8 seed=3
    lane vae: beta=4.0 hidden="256, 128"
    lane gan:
    end of experiment

Knobs at their defaults are left out. Words count, lines do not: mail clients wrap lines, quote them with ">", curl
quotes and add spaces, and none of it matters. What such a client may change within a value is written as an escape.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from core.datasets.base import SOURCES
from core.engine.lane_names import MOST_LANES
from core.exports.command_line import changed_knobs, plain
from core.exports.experiment_config import ExperimentConfig, LaneConfig
from core.foundation.params import from_options, knob
from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.models.base import MODELS
from core.training.setup import Setup

VERSION = 1
"""Grows when words of the text or defaults of knobs mean something else."""
MOST = 1_500
"""Longest text that is written, characters."""
MOST_READ = 100_000
"""Longest text that is read, characters: a mail in which others were quoted."""
WIDTH = 70
"""Longest line, characters, where values allow it: mail clients wrap at 72 to 78."""
HEADER = "Latent Playground experiment, version"
END = "end of experiment"

_HEADER = re.compile(r"(?<!\S)Latent Playground experiment, version (\d{1,9})(?!\S)", re.IGNORECASE)
_WORD = re.compile(
    r"""[ ]?(?: (?P<knob>[A-Za-z_]\w*) = (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<bare>[^\s"]+) ) (?!\S)
            | (?P<word>[^\s="]+) (?!\S) )""",
    re.VERBOSE,
)
_QUOTE_MARKS = re.compile(r"^[>|\s]+", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_.+/-]+")
_TO_STRAIGHT = str.maketrans(dict.fromkeys("“”„‟″〝〞", '"'))

C = TypeVar("C")


class ExperimentTextError(UserError):
    """A text that describes no experiment, or an experiment that fits no text."""


# --- writing ---------------------------------------------------------------------------------------------------------


def written(experiment: ExperimentConfig) -> str:
    """The text of an experiment, at most `MOST` characters. `ExperimentTextError` where it is longer."""
    parts = [(f"data {experiment.dataset}:", experiment.portable().source), ("setup:", experiment.setup)]
    lines = [f"{HEADER} {VERSION}"]
    for head, config in (*parts, *((f"lane {lane.model}:", lane.config) for lane in experiment.lanes)):
        lines += _wrapped([head, *(f"{each.name}={_value(plain(value))}" for each, value in changed_knobs(config))])
    text = "\n".join([*lines, END]) + "\n"
    if len(text) > MOST:
        raise ExperimentTextError(
            f"the experiment takes {len(text):,} characters as a text, and {MOST:,} are allowed; save its runs instead"
        )
    return text


def _wrapped(words: list[str]) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(f"  {word}")
        else:
            lines[-1] += f" {word}"
    return lines


def _value(text: str) -> str:
    """A value without quotes where it is one plain word, else in quotes with escapes as in JSON."""
    if _BARE.fullmatch(text):
        return text
    safe = "".join(_escaped(c) for c in text)
    safe = re.sub(r"^ | $|(?<= ) ", r"\\u0020", safe)  # what is at an end or doubled would be lost
    return f'"{safe}"'


def _escaped(c: str) -> str:
    """A character as it stands between quotes: letters of any alphabet as they are, what a mail may change escaped."""
    if c in ('"', "\\"):
        return f"\\{c}"
    if c not in ">|<" and (" " <= c <= "~" or (c.isalnum() and unicodedata.is_normalized("NFC", c))):
        return c
    return json.dumps(c)[1:-1] if not c.isascii() or c < " " else f"\\u{ord(c):04x}"


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass
class _Part:
    """A part of the text: its first word, its name, and its knobs."""

    kind: str
    name: str
    knobs: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind} {brief(self.name, 40)}" if self.name else self.kind


def read(text: str) -> ExperimentConfig:
    """The experiment in a text from anywhere, each knob checked. `UserError` is one sentence."""
    if len(text) > MOST_READ:
        raise ExperimentTextError(f"the text has {len(text):,} characters; at most {MOST_READ:,} are read")
    clean = _cleaned(text)
    header = _HEADER.search(clean)
    if header is None:
        raise ExperimentTextError(f"the text holds no experiment: it lacks a line '{HEADER} {VERSION}'")
    if int(header[1]) != VERSION:
        raise ExperimentTextError(
            f"the experiment is written in version {int(header[1])}, and this program reads version {VERSION};"
            " use the version of the program that wrote it"
        )
    data, setup, lanes = _sorted(list(_parts(clean, header.end())))
    return ExperimentConfig(
        data.name,
        _config(SOURCES.get(data.name).Config, data),
        _config(Setup, setup),
        tuple(LaneConfig(lane.name, _config(MODELS.get(lane.name).Config, lane)) for lane in lanes),
    )


def _cleaned(text: str) -> str:
    """A text in one line: without marks of quotation and invisible characters, with straight quotes, single spaces."""
    shown = "".join(c for c in text if unicodedata.category(c) != "Cf")
    lines = "\n".join(_QUOTE_MARKS.sub("", line) for line in shown.splitlines())
    return " ".join(lines.translate(_TO_STRAIGHT).split())


def _parts(clean: str, at: int) -> Iterator[_Part]:
    """The parts between header and end, in their order."""
    part: _Part | None = None
    while not clean.startswith(END, at + 1):
        match = _WORD.match(clean, at)
        if match is None:
            left = clean[at + 1 :]
            raise ExperimentTextError(_unread(left) if left else f"the text stops before '{END}'; copy all of it")
        at = match.end()
        if (name := match["knob"]) is not None:
            if part is None:
                raise ExperimentTextError(f"the text has the knob '{brief(name)}' before any part; copy it again")
            if name in part.knobs:
                raise ExperimentTextError(f"{part}: '{brief(name)}' stands there twice; leave one of them out")
            part.knobs[name] = match["bare"] if match["quoted"] is None else _unquoted(match["quoted"], part)
            continue
        kind = match["word"].lower()
        if part is not None:
            yield part
        if kind == "setup:":
            part = _Part("setup", "")
            continue
        named = _WORD.match(clean, at) if kind in ("data", "lane") else None
        if named is None or named["word"] is None or not named["word"].endswith(":"):
            raise ExperimentTextError(_unread(clean[match.start() + 1 :]))
        part, at = _Part(kind, named["word"][:-1]), named.end()
    if part is not None:
        yield part


def _unread(text: str) -> str:
    return f"the text cannot be read from '{brief(text, 40)}' on; copy it again from where it was written"


def _unquoted(text: str, part: _Part) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        raise ExperimentTextError(f"{part}: '{brief(text, 40)}' holds a wrong escape; write \\\\ for \\") from None


def _sorted(parts: list[_Part]) -> tuple[_Part, _Part, list[_Part]]:
    """The data, the setup and the lanes."""
    data, setups, lanes = ([each for each in parts if each.kind == kind] for kind in ("data", "setup", "lane"))
    for each, name in ((data, "data"), (setups, "setup")):
        if len(each) != 1:
            raise ExperimentTextError(f"the text has {len(each)} parts '{name}', and there must be one; copy it again")
    if not 1 <= len(lanes) <= MOST_LANES:
        raise ExperimentTextError(f"the text has {len(lanes)} lanes, and an experiment has 1 to {MOST_LANES}")
    return data[0], setups[0], lanes


def _config(kind: type[C], part: _Part) -> C:
    """The knobs of a part. `UserError` names it."""
    try:
        for name in part.knobs:
            knob(kind, name)
        return from_options(kind, part.knobs)
    except UserError as error:
        raise ExperimentTextError(f"{part}: {error}") from None
