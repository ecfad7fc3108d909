"""A folder of pictures, with the folders in it."""

from __future__ import annotations

import os
import stat
from collections import deque
from pathlib import Path

from core.foundation.reading import DataError
from core.readers.container import (
    Beat,
    Container,
    Entry,
    Listing,
    Skipped,
    check_count,
    open_regular,
    read_whole,
    why_folder_passed_over,
    why_passed_over,
    why_unreadable,
)

MOST_DEPTH = 40
"""Levels of folders that are walked."""


class Folder(Container):
    """Files below a folder, in the order of their names. Links are followed, and no folder is read twice."""

    def contents(self, beat: Beat) -> Listing:
        """Walk the folder. `DataError` where it cannot be listed, or holds too many files."""
        return _Walk(self.place, beat).listing()

    def read(self, entry: Entry, beat: Beat) -> bytes:
        """The content of a file as it is now. Raises `PictureError`, `OSError`."""
        with open_regular(self.place / entry.name) as file:
            return read_whole(file, os.fstat(file.fileno()).st_size, beat)

    def close(self) -> None:
        """Nothing is open between two files."""


class _Walk:
    """One walk through a folder: links to folders wait until all that lies in the folder itself is seen."""

    def __init__(self, place: Path, beat: Beat) -> None:
        self._place = place
        self._beat = beat
        self._entries: list[Entry] = []
        self._skipped: list[Skipped] = []
        self._seen: set[tuple[int, int]] = set()
        self._links: deque[str] = deque()

    def listing(self) -> Listing:
        """What is in the folder."""
        try:
            facts = os.stat(self._place)
        except OSError as error:
            raise DataError(f"{self._place} {why_unreadable(error)}: choose another folder") from None
        self._seen.add((facts.st_dev, facts.st_ino))
        self._walk("")
        while self._links:
            self._follow(self._links.popleft())
        self._entries.sort(key=lambda entry: entry.name)  # half as long as whole entries, and the GIL is held
        self._skipped.sort()
        return Listing(self._entries, self._skipped)

    def _follow(self, link: str) -> None:
        try:
            facts = os.stat(self._place / link)
        except OSError as error:
            self._skipped.append(Skipped(link, why_unreadable(error), lasts=False))
            return
        if (facts.st_dev, facts.st_ino) in self._seen:
            self._skipped.append(Skipped(link, "is a link to a folder that is read already"))
            return
        self._seen.add((facts.st_dev, facts.st_ino))
        self._walk(link)

    def _walk(self, start: str) -> None:
        """Look through a folder and those in it; names are relative to the place, "" is the place itself."""
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(self._place / folder if folder else self._place) as found:
                    for entry in found:
                        name = f"{folder}/{entry.name}" if folder else entry.name
                        if self._is_folder(entry, name):
                            waiting.append(name)
            except OSError as error:
                if not folder:
                    raise DataError(f"{self._place} {why_unreadable(error)}: check its permissions") from None
                self._skipped.append(Skipped(folder, why_unreadable(error), lasts=False))
            self._beat()

    def _is_folder(self, entry: os.DirEntry[str], name: str) -> bool:
        """Take note of what a folder holds; whether it is a folder to be looked into now."""
        check_count(self._place, len(self._entries) + len(self._skipped))
        if len(self._entries) % 1_000 == 0:
            self._beat()
        try:
            if entry.is_dir():
                return self._is_walked(entry, name)
            reason = why_passed_over(entry.name)
            facts = None if reason else entry.stat()
        except OSError as error:
            self._skipped.append(Skipped(name, why_unreadable(error), lasts=False))
            return False
        if facts is not None and not stat.S_ISREG(facts.st_mode):
            reason = "is not a regular file"
        if facts is None or reason:
            self._skipped.append(Skipped(name, reason))
        else:
            self._entries.append(Entry(name, facts.st_size, facts.st_mtime_ns))
        return False

    def _is_walked(self, entry: os.DirEntry[str], name: str) -> bool:
        reason = why_folder_passed_over(entry.name)
        if not reason and name.count("/") >= MOST_DEPTH:
            reason = f"lies more than {MOST_DEPTH} folders deep"
        if reason:
            self._skipped.append(Skipped(name, reason))
            return False
        if entry.is_symlink():
            self._links.append(name)
            return False
        facts = os.stat(entry.path)  # on Windows an entry's own facts have no number of the file
        self._seen.add((facts.st_dev, facts.st_ino))
        return True
