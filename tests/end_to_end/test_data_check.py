"""``data check`` says what would be trained on, and ``train`` trains on just that."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.cli.main import main
from core.datasets.base import load
from core.datasets.images import ImagesConfig
from tests.picture_files import BAD, encoded, spoil

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
    assert listed == load("images", ImagesConfig(str(tmp_path))).origin["skipped"]
    for name, words in said.items():
        assert any(each.startswith(f"{name} ") and words in each for each in listed), name


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
