"""The page of keys and commands of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.manual.page import Page, heading, table, words
from core.text import addresses


@dataclass(frozen=True)
class Listed:
    """A command of the window as the manual lists it: its name, words and key, and the menu that has it, or ""."""

    name: str
    words: str
    keys: str
    menu: str


def page(listed: Sequence[Listed], hands: Sequence[tuple[str, str]]) -> Page:
    """Every command; ``hands`` are keys with Shift or the mouse, and what they do."""
    keyed = [each for each in listed if each.keys]
    others = [each for each in listed if not each.keys]
    body = heading(2, "Keys", "keys") + table(("Key", "Command", "Menu"), map(_row, keyed))
    body += heading(2, "By the mouse, and with it", "hands")
    body += table(("Hand", "What it does"), [(words(hand), words(what)) for hand, what in hands])
    body += heading(2, "Commands without a key", "without-a-key") + table(("Key", "Command", "Menu"), map(_row, others))
    return Page("keys", "Keys and menus", "Every command of the window: its key and its place in the menu.", body)


def _row(each: Listed) -> tuple[str, str, str]:
    key = f"<kbd>{escape(each.keys)}</kbd>" if each.keys else ""
    return key, f'<span id="{addresses.slug(each.name)}">{words(each.words)}</span>', words(each.menu)
