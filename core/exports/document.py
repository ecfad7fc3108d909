"""What a report consists of, without a format: sections of words, tables, drawings, pictures and lines to copy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """A paragraph. ``tone`` is that of a verdict, or ""; ``lane`` is the slot whose shape stands before it."""

    text: str
    tone: str = ""
    lane: int | None = None


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, a note in small print, whether it stands out, and the slot of its lane."""

    text: str
    note: str = ""
    strong: bool = False
    lane: int | None = None


@dataclass(frozen=True)
class Grid:
    """A table: a head, and rows whose first cell names them. ``numbers``: cells are set to the right."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: bool = False


@dataclass(frozen=True)
class Drawing:
    """An SVG drawing in colours of `core.exports.palette`, ``width`` × ``height`` px, and what it shows in words."""

    svg: str
    width: int
    height: int
    caption: str
    lane: int | None = None


@dataclass(frozen=True)
class Picture:
    """A PNG, shown ``width`` px wide without smoothing. ``grey`` ones may be shown as ink on paper."""

    png: bytes
    width: int
    height: int
    caption: str
    grey: bool
    lane: int | None = None


@dataclass(frozen=True)
class Row:
    """Drawings or pictures side by side, as far as there is room."""

    blocks: tuple[Drawing | Picture, ...]


@dataclass(frozen=True)
class Code:
    """Lines to copy, and what they are."""

    text: str
    caption: str = ""


Block = Words | Grid | Drawing | Picture | Row | Code


@dataclass(frozen=True)
class Section:
    """A part of a report under a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A report: its title, a line below it, and its sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
