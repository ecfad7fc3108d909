"""Fetching of published data sets: from mirrors, going on where it stopped, and kept only if the SHA-256 is right.

Nothing is fetched unless `fetch` is called. We use Python's own HTTP client: pooch cannot go on with half a file, and
would bring seven packages.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import os
import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from core.foundation import strict_json
from core.foundation.cache import cache_folder
from core.foundation.checked_json import JsonError, read_object
from core.foundation.files import DiskError, explained, locked, make_folder, sync_folder, write_file
from core.foundation.quoted import brief
from core.foundation.reading import Report, no_report
from core.foundation.user_error import UserError
from core.readers.catalogue import RemoteFile, RemoteSet
from core.readers.container import Beat
from core.readers.data_file import data_files
from core.readers.patience import Stuck, patiently

SILENCE_S = 10.0
"""How long a server may send nothing, s."""
MOST_RESUMES = 20
"""How often a transfer that breaks off goes on at one mirror, as long as each time brings something."""
MOST_UNKNOWN = 64 << 20
"""Largest file of unpublished size that is fetched, bytes."""

_PORTION = 1 << 16
_DONE = ".fetched.json"


Come = Callable[[int, int], None]
"""Called with the bytes of a file that are here, and how many it has; 0 where nobody says."""


class DownloadError(UserError):
    """A data set that cannot be fetched now. ``str(error)`` is one sentence: the set, the reason, the way out."""

    is_misuse = False


class _BrokenError(Exception):
    """A transfer that failed at one mirror; the text says how."""


class _UselessError(_BrokenError):
    """The same, and what has come is not a part of the file."""


def folder_of(remote: RemoteSet) -> Path:
    """Where the files of a set are kept. It need not exist."""
    return cache_folder() / "datasets" / remote.name


def is_fetched(remote: RemoteSet) -> bool:
    """Whether all files of a set are there in the sizes that they had when their checksums were right."""
    folder = folder_of(remote)
    try:
        sizes = read_object((folder / _DONE).read_bytes())
        return bool(sizes) and all((folder / str(name)).stat().st_size == size for name, size in sizes.items())
    except (OSError, JsonError, ValueError):
        return False


def come_before(remote: RemoteSet) -> int:
    """Bytes of a set that earlier fetching has left: the next one goes on from there."""
    folder = folder_of(remote)
    return sum(_size(folder / file.name) or _size(_part_of(folder, file)) for file in remote.files)


def fetch(remote: RemoteSet, report: Report = no_report) -> Path:
    """Fetch what is missing of a set and return its folder, from which the source ``arrays`` reads.

    ``report`` is called with the share of the bytes, 20 times a second, and may raise `Cancelled`, at once also where a
    server is silent: what has come is kept, and the next call goes on from there. Raises `DownloadError`, or
    `FileError` where the folder cannot be written.
    """
    folder = folder_of(remote)
    if is_fetched(remote):
        report(1.0)
        return folder
    with explained(folder):
        make_folder(folder)
    with locked(folder):
        rising = _Rising(report, remote.size)
        for file in remote.files:
            _fetch_file(remote, file, folder, rising)
            rising.before += file.size
        kept = _unpacked(remote, folder) if remote.members else [file.name for file in remote.files]
        sizes = {name: (folder / name).stat().st_size for name in kept}
        write_file(folder / _DONE, strict_json.dumps(sizes).encode())
        for file in remote.files:
            if file.name not in kept:
                with contextlib.suppress(OSError):
                    (folder / file.name).unlink()
    report(1.0)
    return folder


class _Rising:
    """Reports bytes that have come as a share that never falls, also where a mirror sends a file anew."""

    def __init__(self, report: Report, size: int) -> None:
        self._report, self._size, self._share = report, size, 0.0
        self.before = 0  # bytes of the files that are there

    def __call__(self, come: int, size: int) -> None:
        whole = self._size or size
        if whole:
            self._share = max(self._share, min(1.0, (self.before + come) / whole))
        self._report(self._share)


def _unpacked(remote: RemoteSet, folder: Path) -> list[str]:
    """Write the wanted members of the archive, which then may go: of EMNIST's 560 MB they are a tenth."""
    archive = folder / remote.files[0].name
    found = {entry.name: entry for entry in data_files(archive)}
    missing = [name for name in remote.members if name not in found]
    if missing:
        raise DownloadError(f"{remote.title} cannot be used: {archive} lacks {missing[0]}; see {remote.page}")
    for name in remote.members:
        write_file(folder / name, bytes(found[name].read(no_report)))
    return list(remote.members)


def _fetch_file(remote: RemoteSet, file: RemoteFile, folder: Path, come: Come) -> None:
    """Bring one file from the first mirror that has it."""
    path, part = folder / file.name, _part_of(folder, file)
    if path.is_file() and _sha256(path, come) == file.sha256:
        return
    reasons: list[str] = []
    for url in file.mirrors:
        try:
            _from_mirror(url, file, part, come)
        except _BrokenError as error:
            reasons.append(f"{url.split('/')[2]} {error}")
            continue
        with explained(path):
            os.replace(part, path)
            sync_folder(folder)
        return
    kept = _size(part)
    way_out = "check the connection to the internet and try again"
    if kept:
        way_out += f", it goes on after the {kept:,} bytes that are here"
    raise DownloadError(f"{remote.title} cannot be fetched ({'; '.join(reasons)}): {way_out}")


def _from_mirror(url: str, file: RemoteFile, part: Path, come: Come) -> None:
    """Fetch a file into ``part``, resuming as long as that brings something, and check it."""
    for resumes in range(MOST_RESUMES + 1):
        before = _size(part)
        try:
            _transfer(url, file, part, come)
            break
        except _BrokenError:
            if _size(part) <= before or resumes == MOST_RESUMES:
                raise
    if _sha256(part, come) != file.sha256:
        part.unlink()
        raise _BrokenError("sends another file than the published one")


def _transfer(url: str, file: RemoteFile, part: Path, come: Come) -> None:
    """One request for the rest of a file, appended to ``part``. What ``come`` raises ends it at once."""
    have = _size(part)
    if file.size and have == file.size:
        return
    if have and not file.size and _sha256(part, come) == file.sha256:
        return
    _check_space(part, file.size - have)
    answer = _Answer(url, file, part, have)
    try:
        patiently(answer.take, lambda: come(answer.have, answer.size))
    except Stuck:
        raise _BrokenError("does not answer") from None
    except _UselessError:
        part.unlink(missing_ok=True)
        raise
    finally:
        answer.leave()
    come(answer.have, answer.size)


class _Answer:
    """The body of an answer on its way into ``part``, in a thread that nobody waits for once it is left.

    ``have`` bytes of ``size`` are in ``part``; 0 where no size is known yet.
    """

    def __init__(self, url: str, file: RemoteFile, part: Path, have: int) -> None:
        self._url, self._file, self._part = url, file, part
        self.have, self.size = have, file.size
        self._turn = threading.Lock()
        self._is_left = False

    def leave(self) -> None:
        """Write no more, whatever the server still sends: another transfer may begin."""
        with self._turn:
            self._is_left = True

    def take(self, beat: Beat) -> None:
        """Ask for what is missing and write it. Raises `_BrokenError`, and `DiskError`."""
        headers = {"User-Agent": "latent-playground", "Accept-Encoding": "identity"}
        if self.have:
            headers["Range"] = f"bytes={self.have}-"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self._url, headers=headers), timeout=SILENCE_S
            ) as response:
                self._append(response, beat)
        except UserError:  # of the disk
            raise
        except urllib.error.HTTPError as error:
            error.close()
            broken = _UselessError if error.code == 416 else _BrokenError  # 416: there is nothing after what we have
            raise broken(f"answers with error {error.code}") from None
        except urllib.error.URLError as error:
            raise _BrokenError(f"cannot be reached: {brief(_words(error.reason))}") from None
        except (http.client.HTTPException, OSError, ValueError) as error:
            raise _BrokenError(f"breaks off: {brief(_words(error))}") from None

    def _append(self, response: http.client.HTTPResponse, beat: Beat) -> None:
        """Write the body behind what is there, or anew where the server sends all of it."""
        resumes = (response.getheader("Content-Range") or "").startswith(f"bytes {self.have}-")
        if response.status != 206 or not resumes:
            self.have = 0
        length = response.getheader("Content-Length") or ""
        told = self.have + int(length) if length.isdecimal() else 0
        if told and self._file.size not in (0, told):
            raise _BrokenError(f"has a file of {told:,} bytes, not the published one")
        self.size = self._file.size or told
        most = self.size or MOST_UNKNOWN
        if most > max(self._file.size, MOST_UNKNOWN):
            raise _BrokenError(f"has a file of {most:,} bytes, which is too large to be the published one")
        with self._opened() as out:
            while self.have <= most and (portion := response.read1(_PORTION)):
                beat()
                self._write(out, portion)
            with explained(self._part):
                os.fsync(out.fileno())
        if self.have > most:
            raise _UselessError("sends more than the published file")
        if self.have < self.size:
            raise _BrokenError(f"breaks off after {self.have:,} of {self.size:,} bytes")

    def _opened(self) -> io.FileIO:
        with self._turn, explained(self._part):
            self._check_wanted()
            return open(self._part, "ab" if self.have else "wb", buffering=0)

    def _write(self, out: io.FileIO, portion: bytes) -> None:
        with self._turn, explained(self._part):
            self._check_wanted()
            rest = memoryview(portion)
            while rest:
                rest = rest[out.write(rest) :]
            self.have += len(portion)

    def _check_wanted(self) -> None:
        if self._is_left:
            raise _BrokenError("is not waited for")


def _check_space(part: Path, needed: int) -> None:
    with explained(part):
        free = shutil.disk_usage(part.parent).free
    if needed > free:
        raise DiskError(f"cannot write {part}: it needs {needed:,} bytes and {free:,} are free; make room on that disk")


def _part_of(folder: Path, file: RemoteFile) -> Path:
    """Where a file is while it comes."""
    return folder / f".{file.name}.part"


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except OSError:
        return 0


def _sha256(path: Path, come: Come) -> str:
    """The checksum of a file that is there, reported as bytes that have come."""
    digest, done = hashlib.sha256(), 0
    with explained(path), open(path, "rb") as file:
        while portion := file.read(1 << 20):
            digest.update(portion)
            done += len(portion)
    come(done, 0)
    return digest.hexdigest()


def _words(error: object) -> str:
    """What an error of the network says, without its number."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
