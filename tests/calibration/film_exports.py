"""Films that leave: frames counted, sized and compared by Pillow and FFmpeg, which did not put them together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
from PIL import Image

from core.exports.motion import Stage, along
from tests.calibration.data_exports import path_of, pictures
from tests.calibration.exported_run import ExportedRun, Row, called

FRAMES, SIZE, FPS = 12, 4, 12
EXACT = (".gif", ".apng", ".webp")
VIDEO = (".mp4", ".webm")
GIF_COLOURS = 0.25
GIF_MEAN = 0.02
"""Largest difference of a colour of a GIF, and largest mean, shares of white: 256 colours stand for all of a frame."""
VIDEO_MEAN = {True: 0.05, False: 0.01}
"""Largest mean difference of a video's images in colour, and in grey, shares of white: a codec loses."""


def films(run: ExportedRun) -> Iterator[Row]:
    """A path as every kind of film."""
    for ending in (*EXACT, *VIDEO):
        place = run.out / f"film{ending}"
        words = ("--frames", FRAMES, "--size", SIZE, "--fps", FPS, "--out", place)
        called("film", run.folder, *words)
        yield from _checked([run], place)


def side_by_side(runs: Sequence[ExportedRun]) -> Iterator[Row]:
    """A film of several runs, each of which follows its own path."""
    for ending in (".apng", ".mp4"):
        place = runs[0].out / f"all{ending}"
        words = ("--frames", FRAMES, "--size", SIZE, "--fps", FPS, "--out", place)
        called("film", *(run.folder for run in runs), *words)
        yield from _checked(runs, place, f"film of {len(runs)} runs, ")


def _checked(runs: Sequence[ExportedRun], place: Path, prefix: str = "film, ") -> Iterator[Row]:
    frames = _by_ffmpeg(place) if place.suffix in VIDEO else _by_pillow(place)
    paths = [path_of(run, FRAMES) for run in runs]
    stage = Stage([along("", run.snapshot, z) for run, z in zip(runs, paths, strict=True)], SIZE)
    even = 2 if place.suffix in VIDEO else 1
    size = tuple(-(-side // even) * even for side in (stage.height, stage.width))
    name = prefix + place.suffix[1:].upper().replace("WEBP", "WebP").replace("WEBM", "WebM")
    wrong = abs(len(frames) - FRAMES) + sum(frame.shape[:2] != size for frame in frames)
    yield runs[0].row(f"{name}, frames", wrong, 0, f"{len(frames)} of {size[1]} × {size[0]} px")
    if place.suffix in (".gif", ".apng"):
        told = _by_ffmpeg(place)
        yield runs[0].row(f"{name}, frames by FFmpeg", abs(len(told) - FRAMES), 0)
    worst, total = 0.0, []
    for lane, (run, path) in enumerate(zip(runs, paths, strict=True)):
        top, left, height, width = stage.image_box(lane)
        for frame, z in zip(frames, path, strict=True):
            shown = pictures(run.snapshot.decode(z[None]))[0]
            shown = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, 2)
            large = np.kron(shown, np.ones((SIZE, SIZE, 1), np.uint8)).astype(np.int16)
            apart = np.abs(frame[top : top + height, left : left + width].astype(np.int16) - large) / 255
            worst, total = max(worst, float(apart.max())), [*total, float(apart.mean())]
    in_colour = any(not run.dataset.points and run.dataset.shape[0] == 3 for run in runs)
    if place.suffix in VIDEO:
        yield runs[0].row(f"{name}, mean of pixels", float(np.mean(total)), VIDEO_MEAN[in_colour])
    elif place.suffix == ".gif" and in_colour:
        yield runs[0].row(f"{name}, colours", worst, GIF_COLOURS)
        yield runs[0].row(f"{name}, mean of colours", float(np.mean(total)), GIF_MEAN)
    else:
        yield runs[0].row(f"{name}, pixels", worst)


def _by_pillow(place: Path) -> list[np.ndarray]:
    with Image.open(place) as image:
        frames = []
        for i in range(image.n_frames):
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB")))
        return frames


def _by_ffmpeg(place: Path) -> list[np.ndarray]:
    with av.open(str(place)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
