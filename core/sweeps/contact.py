"""The samples of every setting of a sweep side by side: pictures, or points of a plane."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from core.exports import charts
from core.exports.contact_sheet import GAP
from core.exports.document import Block, Drawing, Picture, Row, Words
from core.foundation.files import FileError
from core.sweeps import folder
from core.sweeps.groups import Group, groups
from core.sweeps.outcome import Outcome
from core.sweeps.series import evenly

MOST_SETTINGS = 60
"""Settings whose samples are shown, at most."""
FEW_SETTINGS = 6
"""So many settings are shown one below another, with all their samples."""
WIDE_PX = 560
"""Widest picture of these, px."""
SMALL_PX = 200
"""Widest picture of many, px: three in a row."""
MOST_ZOOM = 6
"""A pixel becomes a square of so many px at most."""


def contact_sheet(outcomes: Sequence[Outcome]) -> Iterator[Block]:
    """Samples of the first seed of each setting, as far as there is room; the rest is counted."""
    settings = groups(outcomes)
    shown = [(group, first) for group in settings if (first := _first(group)) is not None]
    if not shown:
        yield Words("No run has samples.")
        return
    chosen = evenly(shown, MOST_SETTINGS)
    blocks = [_block(group, first, len(chosen) <= FEW_SETTINGS) for group, first in chosen]
    seen = [block for block in blocks if block is not None]
    yield Words(_about(len(seen), len(settings), len(shown)))
    planes = [block for block in seen if isinstance(block, Drawing)]
    pictures = [block for block in seen if isinstance(block, Picture)]
    if planes:
        yield Row(tuple(planes))
    if len(chosen) <= FEW_SETTINGS:
        yield from pictures
    elif pictures:
        yield Row(tuple(pictures))


def _first(group: Group) -> Outcome | None:
    """The first seed with samples."""
    done = [outcome for outcome in group.outcomes if outcome.state == "done"]
    return next((each for each in done if each.points or (each.folder / folder.SAMPLES).is_file()), None)


def _about(seen: int, settings: int, with_samples: int) -> str:
    words = "Samples of the first seed of each setting, at the same draws of z wherever there are as many dimensions."
    if seen < with_samples:
        words += (
            f" {seen:,} of {settings:,} settings are shown, evenly chosen; the others are in runs/*/{folder.SAMPLES}."
        )
    elif seen < settings:
        words += f" {settings - seen:,} of {settings:,} settings have none."
    return words


def _block(group: Group, outcome: Outcome, is_wide: bool) -> Drawing | Picture | None:
    """The samples under the words of the setting; None where the picture cannot be read."""
    if outcome.points:
        points = np.array(outcome.points, np.float32)
        svg = charts.point_chart(np.empty((0, 2), np.float32), points, 0)
        return Drawing(svg, charts.PLANE_PX, charts.PLANE_PX, group.words)
    with contextlib.suppress(FileError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return _picture(folder.read_samples(outcome), group.words, is_wide)
    return None


def _picture(png: bytes, caption: str, is_wide: bool) -> Picture:
    """All samples, each pixel as many px as there is room for; or the first columns, where even one px is too many."""
    image: Image.Image = Image.open(io.BytesIO(png))
    image.load()
    most = WIDE_PX if is_wide else SMALL_PX
    if image.width > most:
        image = image.crop((0, 0, _whole_columns(image.width, most), image.height))
        file = io.BytesIO()
        image.save(file, "PNG")
        png = file.getvalue()
    zoom = max(1, min(MOST_ZOOM, most // image.width))
    return Picture(png, zoom * image.width, zoom * image.height, caption, image.mode == "L")


def _whole_columns(width: int, most: int) -> int:
    """The width of as many columns of samples as fit, px; one at least."""
    column = (width + GAP) // folder.SAMPLE_COLUMNS
    return max(1, (most + GAP) // column) * column - GAP
