"""A report as one HTML file without outside references: for a phone, for paper, by day and by night."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape
from typing import Any

from core.exports.charts import shape
from core.exports.document import Block, Cell, Code, Document, Drawing, Grid, Picture, Row, Section, Words
from core.exports.palette import DARK, LIGHT

NARROW_PX = 400
"""Wider drawings scroll sideways on a phone, where their letters would be too small, px."""
MARK_PX = 10
"""Size of a lane's shape in a line of text, px."""


def _variables(colors: Any) -> str:
    return "".join(f"--{role}:{color};" for role, color in colors.items())


# A browser is told to fetch nothing at all. Grey pictures are ink on paper by day, light on dark by night.
_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
@media print {{ :root {{ {light} }} }}
@page {{ margin: 15mm; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 Inter, system-ui, -apple-system, "Segoe UI", sans-serif; font-variant-numeric: tabular-nums; }}
main {{ max-width: 760px; margin: 0 auto; padding: 24px 16px 48px; }}
h1 {{ font-size: 24px; line-height: 1.25; margin: 0; }}
h2 {{ font-size: 17px; margin: 36px 0 10px; border-bottom: 1px solid var(--line); padding-bottom: 4px;
  break-after: avoid; }}
p {{ margin: 8px 0; overflow-wrap: anywhere; }}
.sub, figcaption {{ color: var(--text-3); font-size: 13px; }}
.good {{ color: var(--good); }} .note {{ color: var(--note); }} .warn {{ color: var(--warn); }}
.error {{ color: var(--error); }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: 14px; margin: 8px 0; }}
th, td {{ text-align: left; vertical-align: top; padding: 4px 16px 4px 0; border-bottom: 1px solid var(--grid);
  overflow-wrap: anywhere; }}
thead th {{ color: var(--text-2); font-weight: 600; white-space: nowrap; }}
tbody th {{ font-weight: 400; color: var(--text-2); min-width: 110px; }}
.numbers th + th, .numbers td {{ text-align: right; padding: 4px 0 4px 16px; }}
small {{ display: block; color: var(--text-3); font-size: 12px; line-height: 1.35; }}
figure {{ margin: 12px 0; break-inside: avoid; }}
figure > svg {{ display: block; max-width: 100%; height: auto; }}
.chart {{ overflow-x: auto; }}
.chart > svg {{ min-width: 560px; }}
figure > img {{ display: block; max-width: 100%; height: auto; image-rendering: pixelated; }}
.grey {{ filter: invert(1); }}
@media (prefers-color-scheme: dark) {{ .grey {{ filter: none; }} }}
@media print {{ .grey {{ filter: invert(1); }} .wide, .chart {{ overflow: visible; }} }}
@media print {{ tr, pre {{ break-inside: avoid; }} }}
.row {{ display: flex; flex-wrap: wrap; gap: 16px; }}
.row figure {{ flex: 0 1 200px; }}
pre {{ background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 10px 12px;
  margin: 4px 0 12px; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }}
.mark {{ display: inline-block; vertical-align: -1px; margin-right: 6px; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="sub">{subtitle}</p>
"""


def html(document: Document) -> str:
    """The whole file as text."""
    title, subtitle = escape(document.title), escape(document.subtitle)
    head = _HEAD.format(title=title, subtitle=subtitle, light=_variables(LIGHT), dark=_variables(DARK))
    return head + "".join(map(_section, document.sections)) + "</main>\n</body>\n</html>\n"


def _section(section: Section) -> str:
    blocks = "".join(map(_block, section.blocks))
    return f"<section>\n<h2>{escape(section.title)}</h2>\n{blocks}</section>\n"


def _block(block: Block) -> str:
    return _WRITERS[type(block)](block)


def _words(words: Words) -> str:
    tone = f' class="{words.tone}"' if words.tone else ""
    return f"<p{tone}>{_mark(words.lane)}{escape(words.text)}</p>\n"


def _grid(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{_cell(cell)}</th>' for cell in grid.head)
    rows = "".join(
        f'<tr><th scope="row">{_cell(row[0])}</th>{"".join(f"<td>{_cell(cell)}</td>" for cell in row[1:])}</tr>\n'
        for row in grid.rows
    )
    numbers = ' class="numbers"' if grid.numbers else ""
    top = f"<thead><tr>{head}</tr></thead>\n" if head else ""
    return f'<div class="wide"><table{numbers}>\n{top}<tbody>\n{rows}</tbody></table></div>\n'


def _cell(cell: Cell) -> str:
    text = f"<strong>{escape(cell.text)}</strong>" if cell.strong else escape(cell.text)
    note = f"<small>{escape(cell.note)}</small>" if cell.note else ""
    return f"{_mark(cell.lane)}{text}{note}"


def _drawing(drawing: Drawing) -> str:
    svg = drawing.svg.replace("<svg ", f'<svg role="img" aria-label="{escape(drawing.caption)}" ', 1)
    chart = ' class="chart"' if drawing.width > NARROW_PX else ""
    return f"<figure{chart}>{svg}<figcaption>{_mark(drawing.lane)}{escape(drawing.caption)}</figcaption></figure>\n"


def _picture(picture: Picture) -> str:
    data = base64.b64encode(picture.png).decode("ascii")
    grey = ' class="grey"' if picture.grey else ""
    caption = escape(picture.caption)
    image = (
        f'<img{grey} alt="{caption}" width="{picture.width}" height="{picture.height}"'
        f' src="data:image/png;base64,{data}">'
    )
    return f"<figure>{image}<figcaption>{_mark(picture.lane)}{caption}</figcaption></figure>\n"


def _row(row: Row) -> str:
    return f'<div class="row">{"".join(map(_block, row.blocks))}</div>\n'


def _code(code: Code) -> str:
    caption = f'<p class="sub">{escape(code.caption)}</p>\n' if code.caption else ""
    return f"{caption}<pre>{escape(code.text)}</pre>\n"


def _mark(lane: int | None) -> str:
    """The shape of a lane in its colour."""
    if lane is None:
        return ""
    box = f'width="{MARK_PX + 2}" height="{MARK_PX + 2}" viewBox="-1 -1 {MARK_PX + 2} {MARK_PX + 2}"'
    return f'<svg class="mark" aria-hidden="true" {box}>{shape(lane, MARK_PX / 2, MARK_PX / 2, MARK_PX)}</svg>'


_WRITERS: dict[type, Callable[[Any], str]] = {
    Words: _words,
    Grid: _grid,
    Drawing: _drawing,
    Picture: _picture,
    Row: _row,
    Code: _code,
}
