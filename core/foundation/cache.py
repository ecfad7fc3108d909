"""The folder of what can be made or fetched again: that of the user's cache, or of LATENT_PLAYGROUND_CACHE."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

CACHE = "LATENT_PLAYGROUND_CACHE"
FOLDERS = ("datasets", "tensors")
"""Folders in it: sets that were fetched, tensors that took long to read."""
CLASSIFIERS = "eye-*.safetensors"
"""Files in it: classifiers that were trained for sets of a user."""


def cache_folder() -> Path:
    """The folder. It need not exist."""
    chosen = os.environ.get(CACHE)
    if chosen:
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("latent-playground", appauthor=False))


def cached_files() -> list[Path]:
    """Every file that this program has put into the folder; what others put there is not ours to remove."""
    folder = cache_folder()
    inside = [path for name in FOLDERS for path in (folder / name).rglob("*")]
    return [path for path in (*inside, *folder.glob(CLASSIFIERS)) if path.is_file() and not path.is_symlink()]


def size_mb(files: Iterable[Path]) -> float:
    """The space that files take, MB; those that are gone take none."""
    total = 0
    for path in files:
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total / 2**20


def clear_cache() -> list[Path]:
    """Remove the files of `cached_files`. Returns those that could not be removed."""
    left = []
    for path in cached_files():
        try:
            path.unlink(missing_ok=True)
        except OSError:
            left.append(path)
    return left
