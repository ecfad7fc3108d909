"""Films are read by decoders that are not ours: so many frames, of that size, and on them what the models decode."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from core.datasets.base import Cancelled, Dataset, no_report
from core.exports import motion
from core.exports.base import ExportError
from core.exports.motion import Lane, Stage, Style, along, in_training, write
from core.exports.motion_files import KINDS, Apng, Form, Gif, kind_of
from core.foundation.files import DiskError, FileError
from core.foundation.pixels import display
from core.foundation.user_error import UserError
from core.training.snapshot import Snapshot
from tests.unit.exports.saved_runs import points, saved_run

Tiny = Callable[..., Dataset]
COUNT = 6
A, B = np.float32([-1, 0.5]), np.float32([1.5, -1])
EXACT = [".gif", ".png", ".apng", ".webp"]
VIDEO = [".mp4", ".webm"]


@pytest.fixture
def snapshots(tiny: Tiny) -> Callable[..., Snapshot]:
    def make(model: str = "vae", channels: int = 1, steps: int = 5) -> Snapshot:
        return saved_run(model, tiny(channels), steps=steps).snapshot()

    return make


@pytest.fixture
def lanes(snapshots: Callable[..., Snapshot]) -> Callable[..., list[Lane]]:
    def make(*models: str, channels: int = 1) -> list[Lane]:
        z = motion.line(A, B, COUNT)
        return [along(model.upper(), snapshots(model, channels), z) for model in models]

    return make


def read(place: Path) -> list[np.ndarray]:
    """All frames (H, W, 3), by Pillow, or of a video by FFmpeg."""
    if place.suffix in VIDEO:
        return read_by_ffmpeg(place)
    with Image.open(place) as image:
        frames = []
        for i in range(image.n_frames):
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB")))
        return frames


def read_by_ffmpeg(place: Path) -> list[np.ndarray]:
    with av.open(str(place)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def image_of(frame: np.ndarray, stage: Stage, lane: int, size: int) -> np.ndarray:
    """A lane's image on a frame, made small again: the middle of each pixel."""
    top, left, height, width = stage.image_box(lane)
    return frame[top : top + height, left : left + width][size // 2 :: size, size // 2 :: size]


def decoded(lane: Lane, i: int) -> np.ndarray:
    shown = display(lane.snapshots[i].decode(lane.z[i][None]))[0]
    return shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, 2)


@pytest.mark.parametrize("ending", EXACT)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_frame_is_what_the_models_decode(
    ending: str, channels: int, lanes: Callable[..., list[Lane]], tmp_path: Path
) -> None:
    made, place = lanes("vae", "gan", channels=channels), tmp_path / f"film{ending}"
    done = write(made, Style(size=3), place, no_report)
    stage, frames = Stage(made, 3), read(place)
    quantised = channels == 3 and ending == ".gif"
    assert (done.difference == 0) is not quantised
    assert len(frames) == COUNT
    for i in range(COUNT):
        assert frames[i].shape == (stage.height, stage.width, 3)
        for number, lane in enumerate(made):
            difference = image_of(frames[i], stage, number, 3).astype(int) - decoded(lane, i)
            assert np.abs(difference).max() <= (64 if quantised else 0)
            assert np.abs(difference).mean() <= 7  # of noise, with 256 colours for 1,568


@pytest.mark.parametrize("ending", [".gif", ".apng"])
def test_ffmpeg_reads_the_same(ending: str, lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    place = tmp_path / f"film{ending}"
    write(lanes("vae"), Style(), place, no_report)
    for ours, theirs in zip(read(place), read_by_ffmpeg(place), strict=True):
        assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("ending", VIDEO)
def test_videos(ending: str, lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    made, place = lanes("vae", "gan", channels=3), tmp_path / f"film{ending}"
    done = write(made, Style(size=5, fps=24), place, no_report)
    stage, frames = Stage(made, 5), read(place)
    assert len(frames) == COUNT
    with av.open(str(place)) as container:
        stream = container.streams.video[0]
        assert stream.average_rate == 24
        assert (stream.width, stream.height) == (stage.width + stage.width % 2, stage.height + stage.height % 2)
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.codec_context.name == {".mp4": "h264", ".webm": "vp9"}[ending]
    assert 0 < done.difference < 0.6  # the lanes are noise, and a colour is shared by 2 × 2 pixels
    for i in (0, COUNT - 1):
        for number, lane in enumerate(made):
            difference = image_of(frames[i], stage, number, 5).astype(int) - decoded(lane, i)
            assert np.abs(difference).mean() < 6
            assert np.abs(difference.mean()) < 2  # neither darker nor brighter


def test_few_colours_are_exact_in_a_gif(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    colours = random.integers(0, 256, (256, 3), np.uint8)
    frames = [colours[random.integers(0, 256, (30, 41))] for _ in range(3)]
    with (tmp_path / "film.gif").open("wb") as file:
        gif = Gif(file, Form(41, 30, 3, 12, True))
        for frame in frames:
            gif.add(frame)
        gif.close()
    for frame, shown in zip(frames, read(tmp_path / "film.gif"), strict=True):
        assert np.array_equal(frame, shown)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp", *VIDEO])
def test_the_same_bytes_again(ending: str, lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    places = [tmp_path / f"{i}{ending}" for i in range(2)]
    for place in places:
        write(lanes("vae"), Style(size=2), place, no_report)
    assert places[0].read_bytes() == places[1].read_bytes()


@pytest.mark.parametrize("ending", EXACT)
@pytest.mark.parametrize("forever", [True, False])
def test_how_long_and_how_often(ending: str, forever: bool, lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    place = tmp_path / f"film{ending}"
    write(lanes("vae"), Style(size=1, fps=30, loop=forever), place, no_report)
    with Image.open(place) as image:
        times = []
        for i in range(image.n_frames):
            image.seek(i)
            image.load()
            times.append(image.info["duration"])
        if ending == ".gif":  # Pillow: without the extension it plays once
            assert image.info.get("loop", "once") == (0 if forever else "once")
        else:
            assert image.info["loop"] == (0 if forever else 1)
    assert sum(times) == pytest.approx(1000 * COUNT / 30, abs=5.1 if ending == ".gif" else 0.6)
    assert max(times) - min(times) <= (10 if ending == ".gif" else 1)  # 30, 40, 30, 30, 40, 30 ms


def test_frames_that_repeat_are_kept(snapshots: Callable[..., Snapshot], tmp_path: Path) -> None:
    still = [along("VAE", snapshots(), np.zeros((4, 2), np.float32))]
    for ending in KINDS:
        write(still, Style(size=1), tmp_path / f"film{ending}", no_report)
        assert len(read(tmp_path / f"film{ending}")) == 4


def test_forwards_and_back(lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    made, place = lanes("vae"), tmp_path / "film.png"
    write(made, Style(size=2, back=True), place, no_report)
    stage = Stage(made, 2)
    shown = [image_of(frame, stage, 0, 2) for frame in read(place)]
    assert len(shown) == 2 * COUNT - 2
    for i, j in enumerate([0, 1, 2, 3, 4, 5, 4, 3, 2, 1]):
        assert np.array_equal(shown[i], decoded(made[0], j))


def test_captions_say_lane_and_step_and_a_bar_grows(lanes: Callable[..., list[Lane]]) -> None:
    stage = Stage([*lanes("vae"), Lane("A name that is far too long for its lane", *_parts(lanes("vae")[0]))], 2)
    assert stage.width == 2 * motion.MARGIN_PX + 2 * motion.NARROWEST_PX + motion.GAP_PX
    first, last = stage.frame(0), stage.frame(COUNT - 1)
    top, _, height, _ = stage.image_box(0)
    bar = top + height + motion.MARGIN_PX // 2
    left, right = motion.MARGIN_PX, motion.MARGIN_PX + motion.NARROWEST_PX
    assert (first[bar, left:right] == motion.TRACK).all()
    assert (last[bar, left:right] == motion.CAPTION).all()
    assert (first[:, right : right + motion.GAP_PX] == motion.GROUND).all()  # a long name stays in its lane
    assert first[motion.MARGIN_PX : top, left:right].max() > 200
    assert not np.array_equal(first[:top, left:right], first[:top, right + motion.GAP_PX :][:, : right - left])


def _parts(lane: Lane) -> tuple[tuple[Snapshot, ...], np.ndarray]:
    return lane.snapshots, lane.z


def test_training_shows_in_every_lane_what_there_was_at_a_step(snapshots: Callable[..., Snapshot]) -> None:
    fast = [snapshots("vae", steps=steps) for steps in (1, 3, 5)]
    slow = [snapshots("gan", steps=steps) for steps in (2, 4)]
    one, other = in_training([("VAE", fast), ("GAN", slow)], A, 5)
    assert [snapshot.step for snapshot in one.snapshots] == [1, 1, 3, 3, 5]
    assert [snapshot.step for snapshot in other.snapshots] == [2, 2, 2, 4, 4]
    assert np.array_equal(one.z, np.tile(A, (5, 1)))
    stage = Stage([one, other], 1)
    assert np.array_equal(image_of(stage.frame(4)[..., None], stage, 1, 1)[..., 0], decoded(other, 4)[..., 0])


def test_points_stand_beside_colour_images(snapshots: Callable[..., Snapshot], tmp_path: Path) -> None:
    z = motion.line(A, B, 3)
    made = [along("Colour", snapshots("ae", 3), z), along("Points", saved_run("vae", points()).snapshot(), z)]
    write(made, Style(size=1), tmp_path / "film.webp", no_report)
    stage = Stage(made, 1)
    for number in (0, 1):
        assert np.array_equal(image_of(read(tmp_path / "film.webp")[2], stage, number, 1), decoded(made[number], 2))


# --- paths -----------------------------------------------------------------------------------------------------------


def test_a_line_has_its_ends() -> None:
    z = motion.line(A, B, 5)
    assert np.array_equal(z[[0, -1]], [A, B])
    assert np.allclose(np.diff(z, axis=0), (B - A) / 4)


def test_a_loop_leads_on_to_its_first_point() -> None:
    z = motion.loop(A, B, 8)
    assert np.array_equal(z[0], A)
    assert np.allclose(z[4], B)
    steps = np.linalg.norm(np.diff([*z, z[0]], axis=0), axis=1)
    assert np.allclose(steps, steps[0])  # an even pace, also from the last to the first


def test_a_walk_is_even_stays_near_and_is_the_same_again() -> None:
    z = motion.walk(A, 600, 12, seed=4)
    assert np.array_equal(z[0], A)
    assert np.allclose(np.linalg.norm(np.diff(z, axis=0), axis=1), 0.6 / 12, atol=1e-4)
    assert np.abs(z).max() < 4
    assert np.array_equal(z, motion.walk(A, 600, 12, seed=4))
    assert not np.array_equal(z, motion.walk(A, 600, 12, seed=5))


def test_a_traversal_turns_one_dimension() -> None:
    z = motion.traversal(np.float32([1, 2, 3]), 1, -3, 3, 7)
    assert z[:, 1].tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert (z[:, [0, 2]] == [1, 3]).all()


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", list(KINDS))
def test_cancelling_leaves_the_old_file(ending: str, lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    place = tmp_path / f"film{ending}"
    place.write_bytes(b"old")
    seen: list[float] = []

    def report(share: float) -> None:
        seen.append(share)
        if share > 0.5:
            raise Cancelled

    with pytest.raises(Cancelled):
        write(lanes("vae"), Style(), place, report)
    assert seen == [0, 1 / 6, 2 / 6, 3 / 6, 4 / 6]
    assert place.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == [place.name]


def test_a_place_that_cannot_be_written(lanes: Callable[..., list[Lane]], tmp_path: Path) -> None:
    with pytest.raises(FileError, match="choose another place"):
        write(lanes("vae"), Style(), tmp_path / "nowhere" / "film.gif", no_report)
    os.symlink(tmp_path / "elsewhere", tmp_path / "film.gif")
    with pytest.raises(FileError, match="not a regular file"):
        write(lanes("vae"), Style(), tmp_path / "film.gif", no_report)


@pytest.mark.parametrize("ending", [".gif", ".png", ".webp", *VIDEO])
def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(
    ending: str, lanes: Callable[..., list[Lane]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.FileIO):
        def write(self, content: Any) -> int:
            if self.tell() + len(content) > 4_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(content)

    place = tmp_path / f"film{ending}"
    place.write_bytes(b"old")
    monkeypatch.setattr(os, "fdopen", lambda handle, mode, closefd: Full(handle, "r+", closefd=closefd))
    with pytest.raises(DiskError, match=r"cannot write .*: No space left on device; choose another place"):
        write(lanes("vae", channels=3), Style(size=4), place, no_report)
    assert place.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == [place.name]


def test_endings_and_rates_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"film\.avi ends in none of \.gif, "):
        kind_of(Path("film.avi"), 12)
    with pytest.raises(UserError, match="at most 50 frames a second"):
        kind_of(Path("film.gif"), 60)
    assert kind_of(Path("FILM.PNG"), 60) is Apng
    real = builtins.__import__

    def without_av(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "av":
            raise ModuleNotFoundError("No module named 'av'", name="av")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_av)
    with pytest.raises(UserError, match=r"needs the package av, which is missing; pip install .*\[video\]"):
        kind_of(Path("film.mp4"), 12)
    assert kind_of(Path("film.webp"), 12).title == "WebP"


def test_a_file_that_lost_a_frame_is_not_kept(
    lanes: Callable[..., list[Lane]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Apng._add

    def losing(self: Apng, frame: Any, box: Any, number: int) -> None:
        if number != 3:
            real(self, frame, box, number)

    monkeypatch.setattr(Apng, "_add", losing)
    with pytest.raises((ExportError, UserError, EOFError, SyntaxError)):
        write(lanes("vae"), Style(), tmp_path / "film.png", no_report)
    assert list(tmp_path.iterdir()) == []


def test_a_film_of_one_size_needs_equally_many_frames(snapshots: Callable[..., Snapshot]) -> None:
    one, other = (along("VAE", snapshots(), np.zeros((count, 2), np.float32)) for count in (2, 3))
    with pytest.raises(ValueError, match="equally many"):
        Stage([one, other], 1)
    with pytest.raises(ValueError, match="as many snapshots"):
        Lane("VAE", (snapshots(),), np.zeros((2, 2), np.float32))
