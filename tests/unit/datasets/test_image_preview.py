"""A look at a folder before it is read: the tensors are those that training would get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.datasets import image_preview
from core.datasets.base import load, no_report
from core.datasets.image_preview import preview
from core.datasets.images import ImagesConfig, NoPictures
from core.foundation.cache import CACHE
from core.foundation.reading import Cancelled
from core.readers.pictures import Guess
from tests.picture_files import encoded, spoil
from tests.unit.datasets.test_images import noise, rows, two_classes, write


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))


@pytest.mark.parametrize(
    "knobs", [{}, {"side": "32"}, {"colour": "grey"}, {"framing": "fit", "ground": "white"}, {"framing": "stretch"}]
)
def test_what_is_shown_is_what_is_trained_on(knobs: dict[str, str], tmp_path: Path) -> None:
    seen = preview(str(two_classes(tmp_path)), 8, no_report)
    config = ImagesConfig(str(tmp_path), **knobs)
    shown, data = seen.images(config), load("images", config)
    assert shown.shape == (8, *data.shape)
    assert rows(shown) <= rows(data.train.pixels) | rows(data.test.pixels)
    assert [name.partition("/")[0] for name in seen.names[:4]] == ["cats", "dogs", "cats", "dogs"]


def test_it_counts_all_and_decodes_few(tmp_path: Path) -> None:
    seen = preview(str(two_classes(tmp_path, 20)), 8, no_report)
    assert (len(seen.names), seen.count, seen.test_count) == (8, 20, None)
    assert seen.classes == {"cats": 15, "dogs": 5}
    assert seen.guess == Guess(40, True)


def test_splits_are_told(tmp_path: Path) -> None:
    seen = preview(str(write(tmp_path, ["train/a.png", "train/b.png", "test/c.png"])), 8, no_report)
    assert (seen.count, seen.test_count) == (3, 1)
    assert seen.classes == {}


def test_bad_files_among_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    two_classes(tmp_path)
    said = spoil(tmp_path)
    monkeypatch.setattr(image_preview, "MOST_BYTES", 100_000)
    (tmp_path / "cats" / "wide.bmp").write_bytes(encoded(noise(0, 300, 300, 3), "BMP"))
    seen = preview(str(tmp_path), 500, no_report)
    assert len(seen.names) == 20
    assert len(seen.skipped) == len(said) + 1
    assert "cats/wide.bmp is too large to be shown here" in seen.skipped
    assert np.ptp(seen.images(ImagesConfig(side="28"))) > 0


def test_nothing_to_show(tmp_path: Path) -> None:
    with pytest.raises(NoPictures, match="holds no pictures"):
        preview(str(tmp_path), 8, no_report)
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(NoPictures, match=r"none of 1 pictures can be read \(a\.png is empty\)") as error:
        preview(str(tmp_path), 8, no_report)
    assert error.value.skipped == ["a.png is empty"]


def test_cancel(tmp_path: Path) -> None:
    two_classes(tmp_path)

    def stop(share: float) -> None:
        if share > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        preview(str(tmp_path), 8, stop)
