"""A folder of pictures as a dataset: what is guessed, split, skipped, kept in the cache."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets import images
from core.datasets.base import Cancelled, DataError, Dataset, describe, load, reload
from core.datasets.images import ImagesConfig, NoPictures, account
from core.foundation.cache import CACHE
from core.readers import patience, picture, pictures
from core.readers.folder import Folder
from core.readers.picture import Framing
from tests.picture_files import Array, encoded, spoil
from tests.unit.readers.test_containers import PACKERS

Fill = Callable[..., Path]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(CACHE, str(folder))
    return folder / "tensors"


def noise(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def write(folder: Path, names: list[str], shape: tuple[int, ...] = (40, 50, 3), form: str = "PNG") -> Path:
    """A folder of different pictures with these names."""
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encoded(noise(seed, *shape), form))
    return folder


def read(folder: Path | str, report: Callable[[float], None] = lambda share: None, **knobs: Any) -> Dataset:
    return load("images", ImagesConfig(str(folder), **knobs), report)


def rows(pixels: Array) -> set[bytes]:
    return {each.tobytes() for each in pixels}


def two_classes(folder: Path, count: int = 20) -> Path:
    return write(folder, [f"{'cats' if at % 4 else 'dogs'}/{at:02d}.png" for at in range(count)])


# --- what is read ----------------------------------------------------------------------------------------------------


def test_pixels_and_labels_belong_together(tmp_path: Path) -> None:
    for at in range(24):
        (tmp_path / f"{at % 3}").mkdir(exist_ok=True)
        (tmp_path / f"{at % 3}" / f"{at}.png").write_bytes(encoded(np.full((30, 30), 10 * at, np.uint8)))
    data = read(tmp_path)
    assert data.shape == (1, 30, 30)
    assert data.class_names == ("0", "1", "2")
    seen = []
    for half in (data.train, data.test):
        assert half.labels is not None
        numbers = half.pixels[:, 0, 0, 0] // 10
        assert (half.pixels == half.pixels[:, :, :1, :1]).all()
        np.testing.assert_array_equal(numbers % 3, half.labels)
        seen += numbers.tolist()
    assert sorted(seen) == list(range(24))
    assert np.bincount(data.test.labels).tolist() == [1, 1, 1]  # 15 % of eight


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [((8, 8), 28), ((28, 28), 28), ((33, 60), 33), ((48, 48), 48), ((49, 49), 64), ((300, 200), 64)],
)
def test_the_side_is_guessed(shape: tuple[int, int], wanted: int, tmp_path: Path) -> None:
    data = read(write(tmp_path, ["a.png", "b.png", "c.png"], shape))
    assert data.shape == (1, wanted, wanted)
    assert data.origin["side"] == wanted
    assert data.origin["guessed"] == ["side", "colour"]


def test_colour_is_guessed(tmp_path: Path) -> None:
    write(tmp_path / "colour", ["a.png", "b.png"])
    assert read(tmp_path / "colour").origin["colour"] == "colour"
    write(tmp_path / "grey", [f"{at}.png" for at in range(30)], (40, 40))
    (tmp_path / "grey" / "logo.png").write_bytes(encoded(noise(99, 40, 40, 3)))
    data = read(tmp_path / "grey")
    assert data.origin["colour"] == "grey"
    assert data.shape[0] == 1
    assert read(tmp_path / "grey", colour="colour").shape[0] == 3
    assert read(tmp_path / "colour", colour="grey", side="32").shape == (1, 32, 32)


def test_the_knobs_reach_the_pixels(tmp_path: Path) -> None:
    flat = np.full((40, 80), 200, np.uint8)
    for name, value in (("a.png", 200), ("b.png", 100)):
        (tmp_path / name).write_bytes(encoded(np.where(flat, value, 0).astype(np.uint8)))
    crop = read(tmp_path, side="32")
    assert {int(each) for each in np.unique(crop.train.pixels)} <= {100, 200}
    fit = read(tmp_path, side="32", framing="fit", ground="white")
    assert (fit.train.pixels[:, :, :8] == 255).all()
    assert (fit.train.pixels[:, :, 8:24] < 255).all()


def test_given_splits_are_taken_and_what_the_test_holds_is_not_trained_on(tmp_path: Path) -> None:
    write(tmp_path, ["train/a/1.png", "train/b/2.png", "train/b/3.png", "test/a/4.png", "test/b/5.png"])
    (tmp_path / "train/a/copy.png").write_bytes((tmp_path / "test/b/5.png").read_bytes())
    data = read(tmp_path)
    assert (len(data.train), len(data.test)) == (3, 2)
    assert data.origin["split"] == "train and test as the folders say"
    assert data.origin["skipped"] == ["train/a/copy.png has the pixels of test/b/5.png, which is one of the test"]
    assert data.origin["classes"] == {"a": [1, 1], "b": [2, 1]}


def test_copies_are_on_one_side(tmp_path: Path) -> None:
    names = [f"{at}.png" for at in range(12)]
    write(tmp_path, names)
    for name in names:
        for copy in range(3):
            (tmp_path / f"copy {copy} of {name}").write_bytes((tmp_path / name).read_bytes())
    data = read(tmp_path, test_share=0.3)
    assert not rows(data.train.pixels) & rows(data.test.pixels)
    assert len(data.train) + len(data.test) == 48


def test_another_seed_keeps_other_pictures(tmp_path: Path) -> None:
    write(tmp_path, [f"{at}.png" for at in range(30)])
    one, two, again = read(tmp_path), read(tmp_path, split_seed=1), read(tmp_path)
    assert rows(one.test.pixels) != rows(two.test.pixels)
    assert rows(one.test.pixels) == rows(again.test.pixels)


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_gives_the_tensors_of_its_folder(name: str, tmp_path: Path) -> None:
    two_classes(tmp_path / "set")
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in sorted((tmp_path / "set").rglob("*.png"))}
    one, two = read(tmp_path / "set"), read(PACKERS[name](tmp_path / name, files))
    for half in ("train", "test"):
        np.testing.assert_array_equal(getattr(one, half).pixels, getattr(two, half).pixels)
        np.testing.assert_array_equal(getattr(one, half).labels, getattr(two, half).labels)


# --- what is bad about it --------------------------------------------------------------------------------------------


def test_everything_bad_is_skipped_with_its_reason_and_the_rest_trains(tmp_path: Path) -> None:
    two_classes(tmp_path)
    said = spoil(tmp_path)
    data = read(tmp_path)
    assert len(data.train) + len(data.test) == 20
    assert data.class_names == ("cats", "dogs")
    skipped = data.origin["skipped"]
    assert len(skipped) == len(said)
    assert all(sentence.isprintable() for sentence in skipped)
    for name, words in said.items():
        assert any(each.startswith(f"{name} ") and words in each for each in skipped), name
    json.dumps(data.origin)


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (lambda folder: None, "holds no pictures: choose another folder"),
        (lambda folder: (folder / "notes.txt").write_text("x"), "holds no pictures"),
        (lambda folder: (folder / "a.png").write_bytes(b""), "none of its pictures can be read (a.png is empty)"),
        (lambda folder: write(folder, ["a.png"]), "only one of its pictures can be read"),
        (
            lambda folder: [(folder / n).write_bytes(encoded(noise(0, 9, 9))) for n in ("a.png", "b.png")],
            "holds no two pictures that differ",
        ),
    ],
)
def test_nothing_to_train_on(fill: Callable[[Path], object], words: str, tmp_path: Path) -> None:
    fill(tmp_path)
    with pytest.raises(NoPictures) as error:
        read(tmp_path)
    assert words in str(error.value)
    assert len(error.value.skipped) == len(list(tmp_path.iterdir())) - len(list(tmp_path.glob("?.png"))) + (
        "a.png is empty" in error.value.skipped
    )


def test_what_would_take_too_much_memory_is_refused_before_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_classes(tmp_path)
    monkeypatch.setattr(pictures, "MOST_TENSOR_BYTES", 100_000)
    with pytest.raises(DataError, match=r"would take 0\.0 GB of memory at 64 pixels a side: choose a smaller side"):
        read(tmp_path, side="64")


def test_a_folder_that_stops_answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(tmp_path)
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    release = threading.Event()
    read_now = Folder.read
    stuck = {"cats/01.png", "dogs/04.png"}

    def read_or_wait(self: Folder, entry: Any, beat: Any) -> bytes:
        if entry.name in stuck:
            release.wait()
        return read_now(self, entry, beat)

    monkeypatch.setattr(Folder, "read", read_or_wait)
    try:
        data = read(tmp_path, side="64", colour="colour")
        assert len(data.train) + len(data.test) == 18
        assert [each.split()[0] for each in data.origin["skipped"]] == sorted(stuck)
        assert "has not answered" in data.origin["skipped"][0]
        stuck |= {f"cats/{at:02d}.png" for at in range(20)}
        with pytest.raises(DataError, match="has not answered for 0 s: check the disk or the network"):
            read(tmp_path, side="64", colour="colour")
    finally:
        release.set()


def test_a_walk_that_stops_answering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    release = threading.Event()
    monkeypatch.setattr(Folder, "contents", lambda self, beat: release.wait())
    try:
        with pytest.raises(DataError, match="has not answered"):
            read(tmp_path)
    finally:
        release.set()


def test_100_000_files_are_listed_and_cancel_is_heard_on_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"x")
    facts, begun, release = (tmp_path / "a.png").stat(), threading.Event(), threading.Event()

    @dataclass(frozen=True)
    class File:
        name: str

        def is_dir(self) -> bool:
            return False

        def stat(self) -> os.stat_result:
            return facts

    @contextlib.contextmanager
    def many(_: object) -> Iterator[Iterator[File]]:
        def files() -> Iterator[File]:
            for at in range(100_000):
                if at == 50_000:
                    begun.set()
                    release.wait()
                yield File(f"{99_999 - at:05}.png")

        yield files()

    def stop() -> None:
        if begun.is_set():
            raise Cancelled

    monkeypatch.setattr(os, "scandir", many)
    try:
        with pytest.raises(Cancelled):
            pictures.opened(str(tmp_path), stop)
    finally:
        release.set()
    ticks: list[None] = []
    listing = pictures.opened(str(tmp_path), lambda: ticks.append(None))[1]
    assert [entry.name for entry in listing.entries] == [f"{at:05}.png" for at in range(100_000)]
    assert ticks


def test_a_file_that_is_written_again_meanwhile_is_read_as_it_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One longer than it was, one cut off in the middle."""
    two_classes(tmp_path)
    contents, other = Folder.contents, noise(99, 60, 60, 3)

    def and_then_some_change(self: Folder, beat: Any) -> Any:
        found = contents(self, beat)
        (tmp_path / "cats" / "01.png").write_bytes(encoded(other))
        (tmp_path / "cats" / "02.png").write_bytes(encoded(other)[:900])
        return found

    monkeypatch.setattr(Folder, "contents", and_then_some_change)
    data = read(tmp_path, side="28")
    assert len(data.train) + len(data.test) == 19
    assert len(data.origin["skipped"]) == 1
    assert data.origin["skipped"][0].startswith("cats/02.png is damaged")
    now = picture.tensor(encoded(other), Framing(28))
    assert now.tobytes() in rows(data.train.pixels) | rows(data.test.pixels)


def test_a_file_that_is_closed_to_the_user_is_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    two_classes(tmp_path)
    open_now = os.open

    def guarded(path: Any, *rest: Any, **more: Any) -> int:
        if str(path).endswith("01.png"):
            raise PermissionError(13, "Permission denied")
        return open_now(path, *rest, **more)

    monkeypatch.setattr(os, "open", guarded)
    assert read(tmp_path).origin["skipped"] == ["cats/01.png cannot be read (Permission denied)"]
    assert not cache.exists()
    monkeypatch.setattr(os, "open", open_now)
    assert read(tmp_path).origin["skipped"] == []


def test_a_file_that_vanishes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    two_classes(tmp_path)
    contents = Folder.contents

    def and_then_one_goes(self: Folder, beat: Any) -> Any:
        found = contents(self, beat)
        (tmp_path / "cats" / "01.png").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(Folder, "contents", and_then_one_goes)
    data = read(tmp_path)
    assert data.origin["skipped"] == ["cats/01.png is gone"]
    assert not cache.exists()  # another reading may find it again


def test_large_files_are_decoded_one_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(tmp_path)
    monkeypatch.setattr(picture, "LARGE_PIXELS", 1)
    monkeypatch.setattr(pictures, "LARGE_BYTES", 1)
    at_work: list[int] = []
    most: list[int] = []
    tensor = picture.tensor

    def watched(*words: Any) -> Any:
        at_work.append(1)
        most.append(len(at_work))
        made = tensor(*words)
        at_work.pop()
        return made

    monkeypatch.setattr(picture, "tensor", watched)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert len(read(tmp_path).train) == 17
    assert max(most) == 1


# --- progress and memory ---------------------------------------------------------------------------------------------


def test_cancel_ends_it_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    two_classes(tmp_path)

    def stop(share: float) -> None:
        if share > 0.01:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(tmp_path, stop)
    assert not cache.exists()


def test_memory_stays_below_twice_the_tensors(tmp_path: Path) -> None:
    write(tmp_path, [f"{at % 3}/{at}.jpg" for at in range(300)], (90, 70, 3), "JPEG")
    read(tmp_path, side="28")  # imports
    tracemalloc.start()
    try:
        data = read(tmp_path, side="64")
        size = data.train.pixels.nbytes + data.test.pixels.nbytes
        assert tracemalloc.get_traced_memory()[1] < 2 * size
    finally:
        tracemalloc.stop()


# --- the cache -------------------------------------------------------------------------------------------------------


def test_what_was_read_once_is_not_decoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    two_classes(tmp_path)
    spoil(tmp_path)
    (tmp_path / "gone.png").unlink()  # what may come back is not remembered
    first = read(tmp_path)
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(pictures, "read_all", lambda *_: pytest.fail("it was decoded again"))
    second = read(tmp_path)
    assert first.fingerprint == second.fingerprint
    assert first.origin == second.origin
    assert first.class_names == second.class_names


def test_every_change_and_every_knob_is_read_anew(tmp_path: Path, cache: Path) -> None:
    two_classes(tmp_path)
    seen = {read(tmp_path).fingerprint}
    for knobs in ({"side": "32"}, {"colour": "grey"}, {"framing": "fit"}, {"test_share": 0.3}, {"split_seed": 7}):
        seen.add(read(tmp_path, **knobs).fingerprint)
    assert len(seen) == 6
    (tmp_path / "cats" / "01.png").write_bytes(encoded(noise(77, 40, 50, 3)))
    seen.add(read(tmp_path).fingerprint)
    (tmp_path / "cats" / "new.png").write_bytes(encoded(noise(78, 40, 50, 3)))
    seen.add(read(tmp_path).fingerprint)
    assert len(seen) == 8
    assert len(list(cache.iterdir())) == 8


def test_a_damaged_cache_is_read_anew(tmp_path: Path, cache: Path) -> None:
    first = read(two_classes(tmp_path))
    for path in cache.iterdir():
        path.write_bytes(path.read_bytes()[:-5])
    assert read(tmp_path).fingerprint == first.fingerprint


# --- in a run folder -------------------------------------------------------------------------------------------------


def test_a_saved_run_finds_it_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(tmp_path / "set")
    monkeypatch.chdir(tmp_path)
    data = read("set")
    saved = describe(data, ImagesConfig("set"))
    monkeypatch.chdir("/")
    again, config = reload(saved)
    assert again.fingerprint == data.fingerprint
    assert isinstance(config, ImagesConfig)
    assert config.data == str(tmp_path / "set")


def test_the_account_says_what_was_made_of_it(tmp_path: Path) -> None:
    data = read(two_classes(tmp_path), side="32")
    assert account(data) == [
        f"20 pictures of {tmp_path}: 17 to train on, 3 of the test",
        "32 × 32 pixels in colour; colour guessed from the pictures",
        "15 % of each class are the test",
        "2 classes:",
        "  cats: 13 and 2",
        "  dogs: 4 and 1",
    ]


def test_rows_change_places_without_a_copy() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        pixels = random.integers(0, 256, (30, 2, 2), np.uint8)
        before, order = pixels.copy(), random.permutation(30)[: int(random.integers(0, 31))]
        images._bring_forward(pixels, order)
        np.testing.assert_array_equal(pixels[: len(order)], before[order])
        assert sorted(each.tobytes() for each in pixels) == sorted(each.tobytes() for each in before)


@pytest.mark.parametrize("side", [28, 96, 128])
def test_every_side_is_one_that_models_take(side: int, tmp_path: Path) -> None:
    assert read(two_classes(tmp_path), side=str(side)).shape == (3, side, side)
