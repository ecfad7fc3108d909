"""Mutants of files: bytes and structures changed at random, the same for the same random numbers."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from random import Random
from typing import Any

DEEP = "[" * 1000 + "]" * 1000
LONG = "x" * 200_000
RAW = ("NaN", "Infinity", "-Infinity", "9" * 400, "9" * 5000, "1e999", "-0", DEEP, '{"a":' * 1000 + "1" + "}" * 1000)
"""JSON texts that Python's encoder does not write."""
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, -5, 7, 2**31, 2**53, 2**63, 10**30, 0.5, -0.0, 1e-320, 1e300, -1e300),
    *("", " ", "0", "nan", "x", "a\nb", "a\0b", "\x1b[31m", "\u202e", "é", "9999, " * 7 + "9999", LONG),
    *([], [0], [[[]]], [None] * 300, {}, {"a": 1}, {"": None}),
)
TOKENS = (
    *(b"\0", b"\n", b"\r", b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"(", b")", b"$", b"$$", b"```", b"+++"),
    *(b"#", b"^", b"_", b"&", b"%", b"~", b",", b"-", b".", b"=", b"/", b"0", b"9" * 30, b"1e999", b"nan", b"\xff"),
    *(b"\xff\xff\xff\xff", b"\xc3\x28", b"\xed\xa0\x80", b"__", b"lambda:", b"{" * 500, b"[" * 500, b"(" * 500),
)
_SLOT = "\ue000"
"""Stands in a tree for a text of `RAW` until it is written."""


def mutated_bytes(content: bytes, random: Random, tokens: Sequence[bytes] = TOKENS) -> bytes:
    """A content with one to four changes: bits, bytes, spans cut or doubled, tokens put in, the end cut off."""
    changed = bytearray(content)
    for _ in range(random.randint(1, 4)):
        at = random.randint(0, len(changed))
        span = slice(at, at + random.choice((1, 1, 2, 4, 16, 200)))
        match random.randrange(6):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << random.randrange(8)
            case 1 if changed:
                changed[at % len(changed)] = random.randrange(256)
            case 2:
                del changed[span]
            case 3:
                changed[at:at] = changed[span] * random.choice((1, 2, 50))
            case 4:
                changed[at:at] = random.choice(tokens)
            case _:
                del changed[at:]
    return bytes(changed)


def mutated_text(text: str, random: Random, tokens: Sequence[bytes] = TOKENS) -> str:
    """As `mutated_bytes`; what is no UTF-8 any more has replacement characters."""
    return mutated_bytes(text.encode(), random, tokens).decode(errors="replace")


def mutated_json(value: Any, random: Random) -> bytes:
    """The text of a JSON value in which one to three nodes were replaced, taken away, doubled or nested."""
    root: list[Any] = [copy.deepcopy(value)]
    raw = random.choice(RAW)
    for _ in range(random.randint(1, 3)):
        places = list(_places(root))
        holder, key = places[random.randrange(len(places))]
        match random.randrange(6):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[str(random.choice(("", "new", "a\nb", LONG)))] = copy.deepcopy(random.choice(VALUES))
            case 2:
                holder[key] = [holder[key]]
            case 3:
                holder[key] = _SLOT
            case _:
                holder[key] = copy.deepcopy(random.choice(VALUES))
    return json.dumps(root[0]).replace(json.dumps(_SLOT), raw).encode()


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    keys = list(node) if isinstance(node, dict) else list(range(len(node))) if isinstance(node, list) else []
    inside = [place for key in keys for place in _places(node[key])]
    return [(node, key) for key in keys] + inside
