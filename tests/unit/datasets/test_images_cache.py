"""The cache of a folder of pictures: what was read once is not decoded again, and what changed is."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.foundation.cache import CACHE
from core.readers import pictures
from tests.picture_files import encoded, spoil
from tests.unit.datasets.test_images import noise, read, two_classes


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(CACHE, str(folder))
    return folder / "tensors"


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
