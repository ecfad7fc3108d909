"""Clearing the cache removes what this program has put there, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.foundation.cache import CACHE, cached_files, clear_cache, size_mb
from core.readers import downloads, tensor_cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def put(path: Path, size: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def test_an_empty_cache_is_cleared_without_a_word(folder: Path) -> None:
    assert (cached_files(), clear_cache()) == ([], [])
    assert not folder.exists()


def test_only_our_own_files_go(folder: Path, tmp_path: Path) -> None:
    elsewhere = put(tmp_path / "photos" / "one.png")
    ours = [
        put(folder / "datasets" / "cifar" / "a.bin", 2**20),
        put(tensor_cache._folder() / "t.safetensors", 2**19),
        put(folder / f"eye-{'0' * 32}.safetensors"),
    ]
    theirs = [put(folder / "notes.txt"), put(folder / "more" / "eye-1.safetensors")]
    link = folder / "datasets" / "link"
    link.symlink_to(elsewhere)
    assert sorted(cached_files()) == sorted(ours)
    assert size_mb(cached_files()) == pytest.approx(1.5, abs=0.001)
    assert clear_cache() == []
    assert all(path.exists() for path in (*theirs, elsewhere))
    assert cached_files() == []


def test_it_knows_every_place_that_is_written(folder: Path) -> None:
    from core.evaluation import classifier_store
    from core.readers.catalogue import CATALOGUE

    places = [tensor_cache._folder(), classifier_store._cache_path("0" * 64)]
    places += [downloads.folder_of(remote) for remote in CATALOGUE.values()]
    for place in places:
        put(place if place.suffix else place / "file")
    clear_cache()
    assert not [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_that_stays_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = put(folder / "tensors" / "held")

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    assert clear_cache() == [held]
