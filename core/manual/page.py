"""A page of the manual, and the few pieces of HTML that pages are made of. All text is escaped here, and only here.

The HTML is also well-formed XML, so that a test can parse it strictly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from core.manual import mathml
from core.text import formulas


@dataclass(frozen=True)
class Page:
    """One page: the ``name`` of its file without the ending, its title, one sentence about it, and its HTML."""

    name: str
    title: str
    about: str
    body: str


def words(text: str) -> str:
    """Plain text as HTML, with ``$formulas$`` and `code` in backticks."""
    parts = []
    for piece in formulas.pieces(text):
        if piece.is_formula:
            parts.append(mathml.formula(piece.text, on_its_own=piece.on_its_own))
        else:
            parts.append(re.sub(r"`+([^`]+)`+", r"<code>\1</code>", escape(piece.text, quote=False)))
    return "".join(parts)


def paragraphs(text: str) -> str:
    """A docstring or another text with empty lines between its paragraphs."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return "".join(f"<p>{words(' '.join(block.split()))}</p>\n" for block in blocks if block.strip())


def heading(level: int, text: str, anchor: str = "", note: str = "") -> str:
    """A heading; with an anchor it links to itself, and with a note says its technical name after it."""
    small = f" <code>{escape(note)}</code>" if note else ""
    if not anchor:
        return f"<h{level}>{words(text)}{small}</h{level}>\n"
    return f'<h{level} id="{anchor}"><a class="self" href="#{anchor}">{words(text)}</a>{small}</h{level}>\n'


def link(address: str, text: str) -> str:
    """A link within the manual."""
    return f'<a href="{escape(address)}">{words(text)}</a>'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Names with their values, the values in HTML; pairs without a value are left out."""
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>\n" for name, value in pairs if value)
    return f'<div class="wide"><table class="facts"><tbody>\n{rows}</tbody></table></div>\n' if rows else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with plain heads and cells in HTML."""
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody></table></div>\n'


def items(entries: Iterable[str]) -> str:
    """A list of entries in HTML."""
    return f"<ul>\n{''.join(f'<li>{entry}</li>' for entry in entries)}\n</ul>\n"
