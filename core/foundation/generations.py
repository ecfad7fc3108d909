"""Files that are replaced together: a new generation is written beside the old one, and one rename switches.

Every file but the manifest has the start of its SHA-256 in its name, so no generation writes over another. The manifest
holds the sums; renaming it makes the new generation the present one. Whatever cuts a save off, a reader finds the old
generation whole or the new one. Format 1 of earlier versions, whose files had plain names, is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from core.foundation import checked_json
from core.foundation.checked_json import JsonError, read_object
from core.foundation.files import TEMPORARY, FileError, check_target, put, sync_folder
from core.foundation.quoted import brief

FORMAT = 3
"""Earlier versions refuse it: they know no files that may be missing."""
READ = (2, 3)
"""Formats of this kind that are read."""
PLAIN = 1
"""The format of earlier versions: files with plain names, replaced one after another."""
MANIFEST = "manifest.json"
SHA256 = re.compile("[0-9a-f]{64}")
HASH_DIGITS = 16
"""Digits of the SHA-256 in a name."""
ATTEMPTS = 5
"""How often a reader begins again because another process saved meanwhile."""

Sums = Mapping[str, str]
"""SHA-256 by plain name, such as config.json."""


class Changed(Exception):
    """The manifest is another one than before: somebody saved meanwhile."""


def stored_name(name: str, digest: str) -> str:
    """The name under which a file of this SHA-256 is stored: config.json becomes config-0123456789abcdef.json."""
    path = PurePath(name)
    return f"{path.stem}-{digest[:HASH_DIGITS]}{path.suffix}"


def manifest_of(files: Mapping[str, bytes], form: int = FORMAT) -> bytes:
    """The manifest of files by plain name."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return json.dumps({"format": form, "sha256": sums}, indent=2).encode() + b"\n"


@dataclass(frozen=True)
class Generations:
    """A folder whose files of these plain names are replaced together. The caller holds its lock while it writes.

    Each name comes with the largest size of that file that is read, bytes; those of ``optional`` may be missing.
    """

    folder: Path
    names: Mapping[str, int]
    optional: frozenset[str] = frozenset()

    @property
    def manifest(self) -> Path:
        """The file whose renaming switches."""
        return self.folder / MANIFEST

    def write(self, files: Mapping[str, bytes]) -> None:
        """Make these files the present generation, then remove what belongs to none. Raises `OSError`, `FileError`.

        Modes are those of the files that are replaced.
        """
        manifest = manifest_of({name: files[name] for name in self.names if name in files})
        modes = self._modes()
        try:
            for name, path in self._paths(json.loads(manifest)["sha256"], FORMAT).items():
                check_target(path)
                put(path, files[name], modes[name])
            sync_folder(self.folder)  # all names are on the disk before the manifest speaks of them
            put(self.manifest, manifest, check_target(self.manifest))
            sync_folder(self.folder)
        finally:
            with contextlib.suppress(OSError, FileError):  # what cannot be removed now goes with the next save
                self._remove_others()

    def read(self) -> dict[str, bytes]:
        """The contents of the present generation by plain name. Raises `FileError` where it is not whole."""
        for _ in range(ATTEMPTS):
            with contextlib.suppress(Changed):
                return self._read_once()
        raise FileError(f"{self.folder} is being written all the time; try again when that has ended")

    def present(self) -> dict[str, Path]:
        """The present generation: the path of each of its files by plain name, without looking whether they are whole.

        Empty where there is no manifest, or one that nobody can read. Raises `OSError`, and `FileError` where the
        manifest is not a regular file.
        """
        check_target(self.manifest)  # reading a pipe would wait for ever
        try:
            manifest = read_object(self.manifest.read_bytes())
            return self._paths(manifest["sha256"], manifest["format"])
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return {}

    def check_targets(self) -> None:
        """Raise `FileError` where something other than regular files is in the way of a save."""
        for path in (self.manifest, *(self.folder / name for name in self.names), *self.present().values()):
            check_target(path)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _paths(self, sums: Any, form: Any) -> dict[str, Path]:
        """Where files of these sums are stored. `KeyError`, `TypeError`, `ValueError` for what is no manifest."""
        names = [name for name in self.names if name in sums or name not in self.optional]
        if not all(SHA256.fullmatch(sums[name]) for name in names):
            raise ValueError("a sum is not a SHA-256")
        return {n: self.folder / (n if form == PLAIN else stored_name(n, sums[n])) for n in names}

    def _modes(self) -> dict[str, int]:
        present = self.present()
        return {name: check_target(present.get(name, self.folder / name)) for name in self.names}

    def _read_once(self) -> dict[str, bytes]:
        manifest = read_regular(self.manifest, checked_json.MOST_BYTES)
        found = json_object(manifest, self.manifest)
        form = found.get("format", PLAIN)
        if form not in (PLAIN, *READ):
            raise FileError(f"{self.manifest} has format {brief(form)}, this version reads {FORMAT}")
        try:
            paths = self._paths(found["sha256"], form)
        except (KeyError, TypeError, ValueError):
            raise FileError(f"{self.manifest} is damaged: it names no files; save the run again") from None
        try:
            contents = {name: read_regular(path, self.names[name]) for name, path in paths.items()}
            if manifest != manifest_of(contents, form):
                raise FileError(self._damage(found["sha256"], paths, contents))
        except FileError:
            if read_regular(self.manifest, checked_json.MOST_BYTES) != manifest:
                raise Changed from None
            raise
        return contents

    def _damage(self, sums: Sums, paths: Mapping[str, Path], contents: Mapping[str, bytes]) -> str:
        """The sentence that names the damaged file."""
        differ = (paths[n] for n in contents if hashlib.sha256(contents[n]).hexdigest() != sums[n])
        return f"{next(differ, self.manifest)} is damaged: its SHA-256 is not the manifest's; save the run again"

    def _remove_others(self) -> None:
        """Remove temporary files, and files of generations that are not the present one.

        A manifest that cannot be read protects everything.
        """
        present = self.present()
        if not present and self.manifest.exists():
            return
        keep = {self.manifest, *present.values()}
        digits = f"(-[0-9a-f]{{{HASH_DIGITS}}})?"
        ours = [re.escape(path.stem) + digits + re.escape(path.suffix) for path in map(PurePath, self.names)]
        pattern = re.compile("|".join((*ours, re.escape(MANIFEST))))
        for path in list(self.folder.iterdir()):
            temporary = TEMPORARY.fullmatch(path.name)
            is_ours = pattern.fullmatch(path.name if temporary is None else temporary["target"]) is not None
            if is_ours and path not in keep and path.name not in self.names:
                path.unlink()
        if keep.isdisjoint(self._plain()) and self._holds_plain_run():
            for path in reversed(self._plain()):
                path.unlink(missing_ok=True)

    def _plain(self) -> list[Path]:
        return [self.folder / name for name in self.names]

    def _holds_plain_run(self) -> bool:
        """Whether files with plain names are a run of an earlier version and nobody else's: the first one says so."""
        try:
            found = json_object(read_regular(self._plain()[0], checked_json.MOST_BYTES), self.folder)
        except FileError:
            return False
        return found.get("format") == PLAIN and "model" in found


def read_regular(path: Path, most_bytes: int) -> bytes:
    """The content of a regular file that is not larger than that. Raises `FileError`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FileError(f"{path} is not a regular file")
        if status.st_size > most_bytes:
            raise FileError(f"{path} is too large ({status.st_size:,} bytes; at most {most_bytes:,} are read)")
        return path.read_bytes()
    except MemoryError:
        raise FileError(f"{path} does not fit into memory ({status.st_size:,} bytes)") from None
    except FileNotFoundError:
        raise FileError(f"{path} is missing; choose a folder that Save or 'train --out' wrote") from None
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None


def json_object(content: bytes, path: Path) -> dict[str, Any]:
    """The JSON object that a file holds. Raises `FileError`."""
    try:
        return read_object(content)
    except JsonError as error:
        raise FileError(f"{path} {error}; choose a folder that Save or 'train --out' wrote") from None
