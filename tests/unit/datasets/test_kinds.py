"""What somebody opens is given to the source that reads it."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import main
from core.datasets.kinds import source_of
from core.readers.data_file import ARRAYS as ARRAYS_WANTED
from tests.tables import write_five_columns

PICTURES = ["a.png", "cats/1.JPG", "cats/2.jpeg", "notes.txt"]
ARRAYS = ["train-images-idx3-ubyte.gz", "data_batch_1.bin", "batches.meta.txt"]


def fill(path: Path, names: list[str], kind: str) -> Path:
    """A folder or an archive of files of these names."""
    if kind == "folder":
        for name in names:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(b"x")
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, b"x")
    else:
        with tarfile.open(path, "w:gz" if kind == "tar.gz" else "w") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = 1
                archive.addfile(member, io.BytesIO(b"x"))
    return path


@pytest.mark.parametrize("kind", ["folder", "zip", "tar", "tar.gz"])
@pytest.mark.parametrize(("names", "source"), [(PICTURES, "images"), (ARRAYS, "arrays"), (["deep/x.npy"], "arrays")])
def test_names_tell(tmp_path: Path, kind: str, names: list[str], source: str) -> None:
    assert source_of(fill(tmp_path / f"mine.{kind}", names, kind)) == source


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.csv", "a.mat", "unknown", "a.zip"])
def test_a_file_alone_is_of_arrays(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "mine.npz", images=np.zeros((3, 28, 28)))
    (tmp_path / "mine.npz").rename(tmp_path / name)
    assert source_of(tmp_path / name) == "arrays"


@pytest.mark.parametrize(
    ("header", "columns", "source"),
    [(True, 2, "table"), (False, 13, "table"), (True, 64, "arrays"), (False, 785, "arrays"), (False, 1, "arrays")],
)
def test_columns_that_are_no_square_are_a_table(tmp_path: Path, header: bool, columns: int, source: str) -> None:
    rows = [",".join(["12"] * columns)] * 4
    (tmp_path / "mine.csv").write_text("\n".join([",".join(f"c{i}" for i in range(columns))] * header + rows))
    assert source_of(tmp_path / "mine.csv") == source


def test_a_folder_of_one_table_is_a_table(tmp_path: Path) -> None:
    write_five_columns(tmp_path / "five.csv", 9)
    assert source_of(tmp_path) == "table"
    fill(tmp_path, ["a.npy"], "folder")
    assert source_of(tmp_path) == "arrays"


def test_a_table_without_rows_is_told_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.csv").write_text("a,b,c\n")
    assert main(["data", "check", str(tmp_path / "mine.csv")]) == 2
    assert "has no column of numbers: choose a table of numbers" in capsys.readouterr().err


def test_data_check_tells_of_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = write_five_columns(tmp_path / "five.csv", 40)
    assert main(["data", "check", str(place), "--test-share", "0.25", "--out", str(tmp_path / "a.png")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{place}: 30 rows to train on, 10 of the test"
    assert said[1] == "5 columns: length, width, weight, share, depth"
    assert "Column 'kind' is the class, of 3 kinds." in said
    assert said[-3].startswith("  alpha: ")
    assert (tmp_path / "a.png").exists()
    assert main(["data", "check", str(place), "--json", "--label", "none"]) == 0
    assert '"rows": 40' in capsys.readouterr().out


def test_a_large_archive_of_pictures(tmp_path: Path) -> None:
    """More files than an archive of arrays may hold."""
    path = fill(tmp_path / "mine.zip", [f"{at}.png" for at in range(ARRAYS_WANTED.most_files + 1)], "zip")
    assert source_of(path) == "images"


def test_what_holds_neither_still_goes_to_one(tmp_path: Path) -> None:
    assert source_of(tmp_path) == "images"
    (tmp_path / "notes.txt").write_text("words")
    assert source_of(tmp_path) == "images"
    assert source_of(fill(tmp_path / "phone.zip", ["a.heic"], "zip")) == "images"
    assert source_of(tmp_path / "a\0b") == "arrays"
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4")
    assert source_of(tmp_path / "broken.zip") == "arrays"
    assert source_of(tmp_path / "nothing") == "arrays"


def test_data_check_tells_what_was_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 4096, (60, 20, 30)).astype(np.uint16), np.arange(60) % 3
    np.savez(tmp_path / "mine.npz", x_train=images, y_train=labels, x_val=images[:9], y_val=labels[:9])
    assert main(["data", "check", str(tmp_path / "mine.npz"), "--side", "32", "--out", str(tmp_path / "a.png")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith("mine.npz: 60 to train on, 9 of the test")
    assert said[1] == "32 × 32 pixels in grey, stored as 30 × 20 in the layout (N, H, W)"
    assert said[2] == "range of the pixels: 12 bit"
    assert said[3:] == [
        "labels: y_train",
        "split: as given",
        "3 classes:",
        "  0: 20 and 3",
        "  1: 20 and 3",
        "  2: 20 and 3",
        "skipped: 0",
    ]
    with Image.open(tmp_path / "a.png") as sheet:
        assert sheet.size[0] >= 8 * 32
    (tmp_path / "mine.npz").write_bytes(b"\x80\x04.")
    assert main(["data", "check", str(tmp_path / "mine.npz")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
