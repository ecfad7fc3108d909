"""Moving pictures of the latent space: what lanes decode along a path, or one z through training, side by side.

Frames are made and written one by one, so that memory does not grow with their number. Same lanes, same bytes.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.datasets.base import Report
from core.exports.base import Exported, ExportError
from core.exports.motion_files import Form, ends_of, even, kind_of
from core.foundation.arrays import Floats, Pixels
from core.foundation.files import streamed_file
from core.foundation.pixels import display
from core.theory.latent_space import LIMIT, lerp, slerp, walk_on
from core.training.snapshot import Snapshot

MOST_FRAMES = 3_600
MOST_SIZE = 8
"""Most screen pixels for the side of one pixel of an image."""

# The frame, in greys, so that grey images need no colours.
GROUND = 18
TEXT = 236
CAPTION = 180
TRACK = 58
MARGIN_PX = 8
GAP_PX = 12
NARROWEST_PX = 112
"""Width of a lane whose images are smaller: its captions need the room."""
BAR_PX = 3
TEXT_PX = (12, 24)
"""Smallest and largest type."""
TEXT_SHARE = 1 / 20
"""Type size between them, as a share of an image's height."""


@dataclass(frozen=True)
class Lane:
    """A column of a film, of N frames: frame i is z[i] of ``z`` (N, D) as ``snapshots[i]`` decodes it."""

    name: str
    snapshots: tuple[Snapshot, ...]
    z: Floats

    def __post_init__(self) -> None:
        if len(self.snapshots) != len(self.z):
            raise ValueError(f"{len(self.z)} frames need as many snapshots, not {len(self.snapshots)}")

    def picture(self, frame: int) -> Pixels:
        """One frame's image, (H, W) or (H, W, 3): decoded alone, as the window does, so to the same bytes."""
        picture: Pixels = display(self.snapshots[frame].decode(self.z[frame : frame + 1]))[0]
        return picture


@dataclass(frozen=True)
class Style:
    """How a film is shown: ``size`` 1 to `MOST_SIZE`, ``fps`` frames a second, for ever or once (``loop``).

    With ``back`` the frames are followed by the same ones backwards.
    """

    size: int = 4
    fps: int = 12
    loop: bool = True
    back: bool = False

    def order(self, count: int) -> list[int]:
        """Which of ``count`` frames are shown, one after another."""
        return [*range(count), *(range(count - 2, 0, -1) if self.back else ())]


# --- lanes -----------------------------------------------------------------------------------------------------------


def along(name: str, snapshot: Snapshot, z: Floats) -> Lane:
    """A lane that decodes z (N, D) by one snapshot."""
    return Lane(name, (snapshot,) * len(z), z)


def in_training(kept: Sequence[tuple[str, Sequence[Snapshot]]], z: Floats, count: int) -> list[Lane]:
    """Lanes that show what one z (D,) became, ``count`` frames evenly over the steps from the first to the last.

    ``kept``: each lane's name and its snapshots, oldest first, at least one. A frame shows the newest snapshot that
    there was at its step, in every lane; before a lane's first one, the first.
    """
    steps = [snapshot.step for _, snapshots in kept for snapshot in snapshots]
    at = np.linspace(min(steps), max(steps), count)
    lanes = []
    for name, snapshots in kept:
        newest = np.searchsorted([snapshot.step for snapshot in snapshots], at, side="right") - 1
        lanes.append(Lane(name, tuple(snapshots[max(i, 0)] for i in newest), np.repeat(z[None], count, 0)))
    return lanes


def line(a: Floats, b: Floats, count: int, arc: bool = False) -> Floats:
    """``count`` points evenly from a to b, each (D,): (count, D). With ``arc`` around the origin."""
    return (slerp if arc else lerp)(a, b, np.linspace(0.0, 1.0, count, dtype=np.float32))


def loop(a: Floats, b: Floats, count: int, arc: bool = False) -> Floats:
    """``count`` points from a to b and back: (count, D). The last leads on to the first."""
    t = 1.0 - np.abs(1.0 - 2.0 * np.arange(count) / count)
    return (slerp if arc else lerp)(a, b, t.astype(np.float32))


def walk(start: Floats, count: int, fps: int, seed: int) -> Floats:
    """``count`` points of a random walk from ``start`` (D,), as fast as the window's: (count, D)."""
    random = np.random.default_rng([seed, len(start)])
    heading = random.standard_normal(start.shape, dtype=np.float32)
    points = [np.clip(start, -LIMIT, LIMIT)]
    while len(points) < count:
        kick = random.standard_normal(start.shape, dtype=np.float32)
        z, heading = walk_on(points[-1], heading, kick, 1.0 / fps)
        points.append(np.clip(z, -LIMIT, LIMIT))
    return np.stack(points).astype(np.float32)


def traversal(z: Floats, dimension: int, low: float, high: float, count: int) -> Floats:
    """z (D,) with one coordinate, counted from 0, evenly from ``low`` to ``high``: (count, D)."""
    points = np.repeat(np.asarray(z, np.float32)[None], count, 0)
    points[:, dimension] = np.linspace(low, high, count, dtype=np.float32)
    return points


# --- frames ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Column:
    """Where a lane stands, pixels: ``left`` and ``width`` of the column, its ``image`` (top, left, height, width)."""

    lane: Lane
    left: int
    width: int
    image: tuple[int, int, int, int]
    channels: int


class Stage:
    """The frames of lanes, which have equally many. A frame has a lane's name, image, progress and step, downwards."""

    def __init__(self, lanes: Sequence[Lane], size: int) -> None:
        if len({len(lane.z) for lane in lanes}) != 1:
            raise ValueError("a film needs lanes of equally many frames")
        self.count = len(lanes[0].z)
        self._size = size
        first = [lane.picture(0) for lane in lanes]
        tallest = max(picture.shape[0] for picture in first) * size
        smallest, largest = TEXT_PX
        self._text_px = min(largest, max(smallest, round(tallest * TEXT_SHARE)))
        self._line_px = round(self._text_px * 1.5)
        self._columns = self._placed(lanes, first)
        self._grey = all(picture.ndim == 2 for picture in first)
        self._bar_top = MARGIN_PX + self._line_px + tallest + MARGIN_PX // 2
        self.height = self._bar_top + BAR_PX + MARGIN_PX // 2 + self._line_px + MARGIN_PX // 2
        self.width = self._columns[-1].left + self._columns[-1].width + MARGIN_PX

    def _placed(self, lanes: Sequence[Lane], pictures: Sequence[Pixels]) -> list[_Column]:
        columns, left, top = [], MARGIN_PX, MARGIN_PX + self._line_px
        for lane, picture in zip(lanes, pictures, strict=True):
            height, width = (side * self._size for side in picture.shape[:2])
            room = max(width, NARROWEST_PX)
            place = (top, left + (room - width) // 2, height, width)
            columns.append(_Column(lane, left, room, place, 1 if picture.ndim == 2 else 3))
            left += room + GAP_PX
        return columns

    def image_box(self, lane: int) -> tuple[int, int, int, int]:
        """Where a lane's image is in a frame: top, left, height, width, pixels."""
        return self._columns[lane].image

    def frame(self, number: int, width: int = 0, height: int = 0) -> Pixels:
        """One frame, (H, W) if all images are grey, else (H, W, 3); on ground of ``width`` × ``height`` if larger."""
        size = (max(height, self.height), max(width, self.width))
        canvas = np.full(size if self._grey else (*size, 3), GROUND, np.uint8)
        for column in self._columns:
            self._draw(canvas, column, number)
        return canvas

    def _draw(self, canvas: Pixels, column: _Column, number: int) -> None:
        def put(top: int, left: int, grey: Pixels) -> None:
            place = canvas[top : top + grey.shape[0], left : left + grey.shape[1]]
            place[...] = grey if place.ndim == grey.ndim else grey[..., None]

        top, left = column.image[:2]
        larger = np.repeat(np.repeat(column.lane.picture(number), self._size, 0), self._size, 1)
        put(top, left, larger)
        step = f"step {column.lane.snapshots[number].step:,}"
        put(MARGIN_PX, column.left, _written(column.lane.name, self._text_px, column.width, self._line_px, TEXT))
        below = self._bar_top + BAR_PX + MARGIN_PX // 2
        put(below, column.left, _written(step, self._text_px - 1, column.width, self._line_px, CAPTION))
        bar = np.full((BAR_PX, column.width), TRACK, np.uint8)
        bar[:, : round(column.width * number / max(self.count - 1, 1))] = CAPTION
        put(self._bar_top, column.left, bar)


@functools.lru_cache(maxsize=64)
def _written(text: str, px: int, width: int, height: int, ink: int) -> Pixels:
    """A line of text, (height, width), shortened where it is too long."""
    font = _font(px)
    if font.getlength(text) > width:
        while text and font.getlength(f"{text}…") > width:
            text = text[:-1]
        text = f"{text.rstrip()}…"
    line = Image.new("L", (width, height), GROUND)
    ImageDraw.Draw(line).text((0, height // 2), text, fill=ink, font=font, anchor="lm")
    return np.asarray(line)


@functools.lru_cache(maxsize=4)
def _font(px: int) -> ImageFont.FreeTypeFont:
    data = (files("assets") / "fonts" / "Inter-Medium.otf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), px, layout_engine=ImageFont.Layout.BASIC)


# --- the file --------------------------------------------------------------------------------------------------------


def write(lanes: Sequence[Lane], style: Style, place: Path, report: Report) -> Exported:
    """Write a film into a file whose ending names its kind, and read it again before it takes its place.

    ``report`` may raise to cancel: nothing is left then. The difference of the result is the largest of a pixel in the
    first and the last frame, as a share of white; 0 for grey GIF, APNG and WebP. Raises `UserError`, `ExportError`,
    `FileError`.
    """
    kind = kind_of(place, style.fps)
    stage = Stage(lanes, style.size)
    order = style.order(stage.count)
    form = Form(even(kind, stage.width), even(kind, stage.height), len(order), style.fps, style.loop)
    with streamed_file(place) as file:
        motion = kind(file, form)
        for done, number in enumerate(order):
            report(done / len(order))
            frame = stage.frame(number, form.width, form.height)
            if done == 0:
                first = frame
            motion.add(frame)
        motion.close()
        report(1.0)
        difference = _difference((first, frame), ends_of(file, kind, form))
        if kind.exact and difference:
            raise ExportError(f"the {kind.title} read again differs by {difference:.1e}; nothing was written")
    return Exported((place,), difference)


def read_again(done: Exported) -> str:
    """What `write` found when it read a file again, in words."""
    if not done.difference:
        return "read again: first and last frame are the same to the pixel"
    return f"read again: pixels of the first and last frame differ by at most {100 * done.difference:.1f} % of white"


def _difference(frames: tuple[Pixels, Pixels], read: tuple[Pixels, Pixels]) -> float:
    most = 0
    for ours, theirs in zip(frames, read, strict=True):
        colours = ours if ours.ndim == 3 else ours[..., None]
        most = max(most, int(np.abs(colours.astype(np.int16) - theirs).max()))
    return most / 255
