"""``data check`` says what would be trained on, and ``train`` trains on just that."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import main
from core.datasets.base import load, no_report
from core.datasets.first_look import look_into, look_of
from core.datasets.images import ImagesConfig
from tests.picture_files import BAD, encoded, spoil
from tests.unit.readers.test_containers import tarred

Captured = pytest.CaptureFixture[str]


def fill(folder: Path) -> Path:
    random = np.random.default_rng(0)
    for at in range(40):
        place = folder / ("cats" if at % 2 else "dogs")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{at:02d}.png").write_bytes(encoded(random.integers(0, 256, (32, 32), np.uint8)))
    return folder


def test_a_folder_with_everything_bad_in_it(tmp_path: Path, capsys: Captured) -> None:
    said = spoil(fill(tmp_path))
    assert main(["data", "check", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[:6] == [
        f"40 pictures of {tmp_path}: 34 to train on, 6 of the test",
        "32 × 32 pixels in grey; side and colour guessed from the pictures",
        "15 % of each class are the test",
        "2 classes:",
        "  cats: 17 and 3",
        "  dogs: 17 and 3",
    ]
    assert lines[6] == f"skipped: {len(said):,}"
    listed = [line.removeprefix("  ") for line in lines[7:]]
    config = ImagesConfig(str(tmp_path))
    assert tuple(listed) == look_of(load("images", config), config).skipped  # what the window shows
    for name, words in said.items():
        assert any(each.startswith(f"{name} ") and words in each for each in listed), name


@pytest.mark.parametrize("name", ["mine.npz", "mine.csv", "set.tar"])
def test_what_is_said_is_what_the_window_shows(name: str, tmp_path: Path, capsys: Captured) -> None:
    """Of arrays, of a table and of an archive: by the same source, in the same words."""
    place = tmp_path / ("a\n" * (os.name == "posix") + name)  # no command to a terminal leaves a name
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype(np.uint8)
    if name.endswith(".npz"):
        with place.open("wb") as file:
            np.savez(file, x_train=images, x_test=images[:5], x_val=images[:3])
    elif name.endswith(".csv"):
        place.write_text("\n".join(["a,b,note", *(f"{at},{at * at},n{at}" for at in range(20)), "1,2", "1,,x"]))
    else:
        tarred(place, {"a/1.png": encoded(images[0]), "b/2.png": encoded(images[1]), "c.png": b"", "d.txt": b""})
    look = look_into(str(place), no_report)
    if look.is_sample:
        look = look_of(load(look.name, look.config), look.config)
    assert main(["data", "check", str(place)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert str(tmp_path / "a\\n") in lines[0] or os.name != "posix"
    if look.name == "table":
        assert set(look.notes) <= set(lines)
        assert any("1 row has another number of cells and is left out: line 22." in note for note in look.notes)
    else:
        assert look.skipped
        assert lines[-1 - len(look.skipped) :] == [f"skipped: {len(look.skipped)}", *(f"  {s}" for s in look.skipped)]


def test_as_json_with_knobs(tmp_path: Path, capsys: Captured) -> None:
    fill(tmp_path)
    assert main(["data", "check", str(tmp_path), "--json", "--side", "64", "--test-share", "0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["train"], told["test"], told["side"], told["guessed"]) == (20, 20, 64, ["colour"])


def test_a_quick_look(tmp_path: Path, capsys: Captured) -> None:
    said = spoil(fill(tmp_path / "set"))
    words = ["data", "check", str(tmp_path / "set"), "--quick", "--out", str(tmp_path / "sheet.png")]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    others = [
        words for name, words in said.items() if name not in BAD and words.startswith(("is empty", "is too large"))
    ]
    named = 40 + len(BAD) + len(others)
    assert lines[0].startswith(f"{named} pictures by their names; ")
    assert lines[1] == "32 × 32 pixels in grey"
    at_first = look_into(str(tmp_path / "set"), no_report)
    assert at_first.is_sample
    assert tuple(line.removeprefix("  ") for line in lines[-len(at_first.skipped) :]) == at_first.skipped
    assert "  cats: 20" in lines
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.mode == "L"
    assert main([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["side"], told["channels"], told["test"], told["classes"]["dogs"]) == (32, 1, None, 20)


def test_a_sheet_of_what_would_be_trained_on(tmp_path: Path, capsys: Captured) -> None:
    fill(tmp_path / "set")
    assert main(["data", "check", str(tmp_path / "set"), "--out", str(tmp_path / "sheet.png")]) == 0
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert (sheet.mode, sheet.size) == ("L", (6 * 34 - 2, 6 * 34 - 2))  # 34 images of 32 pixels
        train = load("images", ImagesConfig(str(tmp_path / "set"))).train
        np.testing.assert_array_equal(np.asarray(sheet)[:32, 34:66], train.pixels[1, 0])


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "does not exist"), ({}, "holds no pictures"), ({"a.png": b""}, "none of its pictures can be read")],
)
def test_nothing_to_train_on_is_status_2(
    content: dict[str, bytes] | None, words: str, tmp_path: Path, capsys: Captured
) -> None:
    folder = tmp_path / "set"
    if content is not None:
        folder.mkdir()
        for name, each in content.items():
            (folder / name).write_bytes(each)
    for command in (["data", "check", str(folder)], ["train", "--dataset", "images", "--data", str(folder)]):
        assert main(command) == 2
        printed = capsys.readouterr()
        assert len(printed.err.splitlines()) == 1
        assert words in printed.err
        if content is None or command[0] == "train":
            assert printed.out == ""
        else:
            assert printed.out == "".join([f"skipped: {len(content)}\n", *(f"  {name} is empty\n" for name in content)])


@pytest.mark.parametrize("words", [["--side", "37"], ["--test-share", "0.9"], ["--framing", "round"]])
def test_a_knob_that_cannot_be_is_status_2(words: list[str], tmp_path: Path, capsys: Captured) -> None:
    assert main(["data", "check", str(fill(tmp_path)), *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_training_on_a_folder_and_measuring_it_again(tmp_path: Path, capsys: Captured) -> None:
    fill(tmp_path / "set")
    run = tmp_path / "run"
    words = f"train --model vae --dataset images --data {tmp_path / 'set'} --steps 3 --device cpu --threads 1 --json"
    assert main([*words.split(), "--network", "mlp", "--batch", "16", "--out", str(run)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["train_images"] == 34
    config = json.loads(next(run.glob("config*.json")).read_text())
    assert str(tmp_path / "set") in json.dumps(config)
    assert main(["sample", str(run), "--n", "4", "--out", str(tmp_path / "grid.png")]) == 0
