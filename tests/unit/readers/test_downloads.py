"""Data sets are fetched from any mirror that has them, go on where they stopped, and are kept only if right."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.foundation.cache import CACHE
from core.foundation.files import DiskError
from core.foundation.reading import Cancelled
from core.readers import catalogue, downloads
from core.readers.catalogue import CATALOGUE, RemoteFile, RemoteSet
from core.readers.downloads import DownloadError, come_before, fetch, folder_of, is_fetched
from tests.mirrors import Mirror, fails, opened_mirror, serves, stops

CONTENT = bytes(range(256)) * 2_000
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    with opened_mirror(monkeypatch) as made:
        yield made


def remote(*urls: str, size: int = len(CONTENT), sha: str = SHA) -> RemoteSet:
    return RemoteSet("mine", "My set", "of a test", "http://page", (RemoteFile("data.bin", size, sha, urls),))


def kept(wanted: RemoteSet) -> bytes:
    return (folder_of(wanted) / "data.bin").read_bytes()


@pytest.mark.parametrize("size", [len(CONTENT), 0])
def test_a_set_is_fetched_once(mirror: Mirror, size: int) -> None:
    wanted = remote(mirror.url("/a", serves(CONTENT)), size=size)
    assert not is_fetched(wanted)
    shares: list[float] = []
    folder = fetch(wanted, shares.append)
    assert kept(wanted) == CONTENT
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == 1
    assert is_fetched(wanted)
    assert fetch(wanted) == folder
    assert mirror.asked == [("/a", None)]
    assert sorted(path.name for path in folder.iterdir()) == [".fetched.json", "data.bin"]


def test_what_breaks_off_goes_on_from_there(mirror: Mirror) -> None:
    cut = serves(CONTENT, upto=200_000)
    wanted = remote(mirror.url("/a", cut, cut, serves(CONTENT)))
    fetch(wanted)
    assert kept(wanted) == CONTENT
    assert mirror.asked == [("/a", None), ("/a", "bytes=200000-"), ("/a", "bytes=400000-")]


def test_a_server_without_ranges_sends_it_anew(mirror: Mirror) -> None:
    wanted = remote(mirror.url("/a", serves(CONTENT, upto=200_000), serves(CONTENT, resumes=False)))
    shares: list[float] = []
    fetch(wanted, shares.append)
    assert shares == sorted(shares)
    assert kept(wanted) == CONTENT


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (fails(404), "answers with error 404"),
        (fails(503), "answers with error 503"),
        (serves(b"<html>log in</html>"), "has a file of 19 bytes, not the published one"),
        (serves(CONTENT[::-1]), "sends another file than the published one"),
        (serves(CONTENT, upto=0), f"breaks off after 0 of {len(CONTENT):,} bytes"),
        (lambda handler: handler.wfile.write(b"rubbish\r\n\r\n"), "breaks off"),
        (lambda handler: None, "breaks off"),
    ],
    ids=["404", "503", "log in", "another file", "nothing", "no HTTP", "closed"],
)
def test_a_bad_mirror_is_passed_over(mirror: Mirror, bad: Callable[[BaseHTTPRequestHandler], None], words: str) -> None:
    first = mirror.url("/bad", bad)
    with pytest.raises(DownloadError) as error:
        fetch(remote(first))
    assert words in str(error.value)
    assert "check the connection to the internet and try again" in str(error.value)
    wanted = remote(first, mirror.url("/good", serves(CONTENT)))
    fetch(wanted)
    assert kept(wanted) == CONTENT


def test_a_wrong_file_is_not_kept(mirror: Mirror) -> None:
    wanted = remote(mirror.url("/a", serves(CONTENT[::-1])))
    with pytest.raises(DownloadError):
        fetch(wanted)
    assert list(folder_of(wanted).iterdir()) == []
    assert not is_fetched(wanted)


def test_a_file_without_end_is_left_at_its_size(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MOST_UNKNOWN", 100_000)

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(CONTENT)

    with pytest.raises(DownloadError, match="sends more than the published file"):
        fetch(remote(mirror.url("/a", endless), size=0))
    with pytest.raises(DownloadError, match="too large"):
        fetch(remote(mirror.url("/b", serves(CONTENT)), size=0))


def test_a_server_that_stops_is_left(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "SILENCE_S", 0.2)

    def stops_at_once(handler: BaseHTTPRequestHandler) -> None:
        mirror.over.wait(10)

    wanted = remote(
        mirror.url("/slow", stops(CONTENT, 100_000, mirror), stops_at_once), mirror.url("/good", serves(CONTENT))
    )
    fetch(wanted)
    assert kept(wanted) == CONTENT
    assert mirror.asked[-1] == ("/good", "bytes=100000-")


def test_cancel_keeps_what_has_come_though_the_server_is_silent(mirror: Mirror) -> None:
    wanted = remote(mirror.url("/a", stops(CONTENT, 200_000, mirror), serves(CONTENT)))

    def cancel(share: float) -> None:
        if share > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(wanted, cancel)
    part = folder_of(wanted) / ".data.bin.part"
    assert part.stat().st_size == come_before(wanted) == 200_000
    assert not mirror.over.is_set()  # the server would still send
    fetch(wanted)
    assert kept(wanted) == CONTENT
    assert mirror.asked[-1] == ("/a", "bytes=200000-")
    assert not part.exists()


def test_a_full_disk_is_told(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = remote(mirror.url("/a", serves(CONTENT)))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 1_000))
    with pytest.raises(DiskError, match="1,000 are free"):
        fetch(wanted)
    assert mirror.asked == []


def test_a_cache_that_cannot_be_written_is_told(
    mirror: Mirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(CACHE, str(tmp_path / "file"))
    with pytest.raises(ValueError, match="cannot write"):
        fetch(remote(mirror.url("/a", serves(CONTENT))))


def test_of_an_archive_the_wanted_files_are_kept(mirror: Mirror) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("gzip/letters.gz", b"letters")
        archive.writestr("gzip/digits.gz", b"digits")
    packed = stream.getvalue()
    file = RemoteFile("all.zip", len(packed), hashlib.sha256(packed).hexdigest(), (mirror.url("/z", serves(packed)),))
    wanted = RemoteSet("zipped", "Zipped", "", "http://page", (file,), ("letters.gz",))
    folder = fetch(wanted)
    assert sorted(path.name for path in folder.iterdir()) == [".fetched.json", "letters.gz"]
    assert is_fetched(wanted)
    (folder / "letters.gz").write_bytes(b"let")
    assert not is_fetched(wanted)
    missing = RemoteSet("other", "Other", "", "http://page", (file,), ("none.gz",))
    with pytest.raises(DownloadError, match=r"lacks none\.gz"):
        fetch(missing)


def test_every_published_set_has_a_checksum_and_mirrors() -> None:
    for remote_set in CATALOGUE.values():
        for file in remote_set.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.mirrors
            assert all(re.match(r"https?://[a-z0-9.-]+/", url) for url in file.mirrors)
    assert set(CATALOGUE) == {"fashion-mnist", "kmnist", "emnist-letters", "cifar-10", "olivetti"}


# ---- the command


def test_the_list_fetches_nothing(
    capsys: pytest.CaptureFixture[str], mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nobody asked for it")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(CATALOGUE)
    assert all(line.endswith("not here") for line in lines)
    assert main(["data", "list", "--json"]) == 0
    assert '"bytes": 170052171' in capsys.readouterr().out


def test_get_fetches_a_set_and_says_how_to_train_on_it(
    capsys: pytest.CaptureFixture[str], mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = remote(mirror.url("/a", serves(CONTENT)))
    monkeypatch.setitem(catalogue.CATALOGUE, "mine", wanted)
    assert main(["data", "get", "mine"]) == 0
    said = capsys.readouterr()
    assert f"train --dataset arrays --data {folder_of(wanted)}" in said.out
    assert "My set: 100 %" in said.err
    assert main(["data", "list"]) == 0
    assert str(folder_of(wanted)) in capsys.readouterr().out


def test_offline_it_says_so_in_one_sentence(
    capsys: pytest.CaptureFixture[str], mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://127.0.0.1:9/"  # nobody listens there
    monkeypatch.setitem(catalogue.CATALOGUE, "mine", remote(url))
    assert main(["data", "get", "mine"]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "My set cannot be fetched (127.0.0.1:9 cannot be reached: Connection refused)" in said
    assert main(["data", "get", "nothing"]) == 2
    assert "there is no data set 'nothing' to fetch; there are" in capsys.readouterr().err
