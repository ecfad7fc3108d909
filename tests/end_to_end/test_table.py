"""A table by the command line: every model trains, evaluates and samples it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from core.cli.main import main
from core.models.base import MODELS
from tests.tables import NAMES, write_five_columns

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_five_columns(tmp_path_factory.mktemp("table") / "five.csv", 120)


def train(place: Path, model: str, out: Path, more: str = "") -> int:
    words = f"train --dataset table --data {place} --model {model} --steps 3 --device cpu --threads 1 --batch 16 {more}"
    return main([*words.split(), "--out", str(out)])


@pytest.mark.parametrize("model", MODELS.names())
def test_every_model_trains_evaluates_and_samples(model: str, place: Path, tmp_path: Path, capsys: Captured) -> None:
    run = tmp_path / "run"
    assert train(place, model, run) == 0
    assert "points" in capsys.readouterr().out
    assert main(["sample", str(run), "--n", "9", "--out", str(tmp_path / "grid.png")]) == 0
    assert main(["sample", str(run), "--n", "9", "--out", str(tmp_path / "drawn.csv")]) == 0
    assert "9 points of" in capsys.readouterr().out
    with (tmp_path / "drawn.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == NAMES
    weight = np.array(rows, float)[:, 2]
    assert (np.abs(weight - 1e6) < 5e3).all()  # in the values of the table, not standardised
    assert main(["evaluate", str(run), "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert results["points"]
    assert results["not_measured"]["plane_kl"] == "These points have 5 coordinates, not the two of a plane."
    assert results["not_measured"]["ssim"]
    assert {"precision", "sliced_wasserstein"} <= set(results["measures"])


def test_the_way_between_two_rows_is_a_table_too(place: Path, tmp_path: Path, capsys: Captured) -> None:
    run, out = tmp_path / "run", tmp_path / "way.csv"
    assert train(place, "ae", run, "--label none") == 0
    assert main(["interpolate", str(run), "--steps", "4", "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 5


def test_a_report_of_a_table_has_its_bars(place: Path, tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "report.html"
    assert train(place, "vae", run) == 0
    assert main(["report", str(run), "--out", str(out)]) == 0
    text = out.read_text("utf-8")
    assert "points of 5 coordinates" in text
    assert "Test points, and below them their reconstructions" in text


def test_images_are_no_rows(tmp_path: Path, capsys: Captured) -> None:
    words = "train --dataset shapes --train-images 1000 --model ae --steps 1 --device cpu --network mlp --hidden 8"
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    assert main(["sample", str(tmp_path / "run"), "--out", str(tmp_path / "rows.csv")]) == 2
    assert "choose a name that ends with .png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "more", "reason"),
    [
        ("hello", "", "is no table"),
        ("a,b\n1,2\n3,4\n", "--label size", "has no column 'size'"),
        ("a,b\n1,2\n3,4\n", "--test-share 2", "Test share"),
    ],
)
def test_a_bad_table_is_told_in_one_sentence(
    content: str, more: str, reason: str, tmp_path: Path, capsys: Captured
) -> None:
    place = tmp_path / "bad.csv"
    place.write_text(content)
    assert train(place, "vae", tmp_path / "run", more) == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.strip().splitlines()) == 1
