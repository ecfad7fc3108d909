"""A folder of files, with the folders in it."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.foundation.reading import DataError
from core.readers.container import (
    Beat,
    Container,
    Entry,
    Skipped,
    Wanted,
    called,
    open_regular,
    why_unreadable,
)


class Folder(Container):
    """Files below a folder. Links are followed, and no folder is read twice."""

    def _walk(self, beat: Beat) -> Iterator[Entry | Skipped]:
        return _Walk(self.place, self.wanted, beat).found()

    def _opened(self, entry: Entry, beat: Beat) -> IO[bytes]:
        return open_regular(self.place / entry.name)

    def close(self) -> None:
        """Nothing is open between two files."""


class _Walk:
    """One walk through a folder: links to folders wait until all that lies in the folder itself is seen."""

    def __init__(self, place: Path, wanted: Wanted, beat: Beat) -> None:
        self._place = place
        self._wanted = wanted
        self._beat = beat
        self._seen: set[tuple[int, int]] = set()
        self._count = 0
        self._waiting: list[str] = []
        self._links: deque[str] = deque()

    def found(self) -> Iterator[Entry | Skipped]:
        """What is in the folder."""
        try:
            facts = os.stat(self._place)
        except OSError as error:
            raise DataError(f"{called(self._place)} {why_unreadable(error)}: choose another folder") from None
        self._seen.add((facts.st_dev, facts.st_ino))
        yield from self._below("")
        while self._links:
            yield from self._behind(self._links.popleft())

    def _behind(self, link: str) -> Iterator[Entry | Skipped]:
        try:
            facts = os.stat(self._place / link)
        except OSError as error:
            yield Skipped(link, why_unreadable(error), lasts=False)
            return
        if (facts.st_dev, facts.st_ino) in self._seen:
            yield Skipped(link, "is a link to a folder that is read already")
            return
        self._seen.add((facts.st_dev, facts.st_ino))
        yield from self._below(link)

    def _below(self, start: str) -> Iterator[Entry | Skipped]:
        """Look through a folder and those in it; names are relative to the place, "" is the place itself."""
        self._waiting = [start]
        while self._waiting:
            folder = self._waiting.pop()
            try:
                with os.scandir(self._place / folder if folder else self._place) as files:
                    for entry in files:
                        self._count += 1
                        if self._count % 1_000 == 0:
                            self._beat()
                        found = self._noted(entry, f"{folder}/{entry.name}" if folder else entry.name)
                        if found is not None:
                            yield found
            except OSError as error:
                if not folder:
                    raise DataError(f"{called(self._place)} {why_unreadable(error)}: check its permissions") from None
                yield Skipped(folder, why_unreadable(error), lasts=False)
            self._beat()

    def _noted(self, entry: os.DirEntry[str], name: str) -> Entry | Skipped | None:
        """A file or what is passed over; None for a folder, which is looked into later."""
        try:
            if entry.is_dir():
                return self._noted_folder(entry, name)
            if reason := self._wanted.why_not(entry.name):
                return Skipped(name, reason)
            facts = entry.stat()
        except OSError as error:
            return Skipped(name, why_unreadable(error), lasts=False)
        if not stat.S_ISREG(facts.st_mode):
            return Skipped(name, "is not a regular file")
        return Entry(name, facts.st_size, facts.st_mtime_ns)

    def _noted_folder(self, entry: os.DirEntry[str], name: str) -> Skipped | None:
        reason = self._wanted.why_not_folder(entry.name)
        if not reason and name.count("/") >= self._wanted.most_depth:
            reason = f"lies more than {self._wanted.most_depth} folders deep"
        if reason:
            return Skipped(name, reason)
        if entry.is_symlink():
            self._links.append(name)
            return None
        facts = os.stat(entry.path)  # on Windows an entry's own facts have no number of the file
        self._seen.add((facts.st_dev, facts.st_ino))
        self._waiting.append(name)
        return None
