"""``train`` saves while it trains and goes on with what it saved, to the last bit, whatever ended it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from core.cli.main import main
from core.engine import run_folder
from core.foundation.files import FileError

ROOT = Path(__file__).parents[2]
SMALL = ("--dataset", "shapes", "--train-images", "1000", "--hidden", "32", "--network", "mlp", "--batch", "32")
HERE = ("--device", "cpu", "--threads", "1")
PATIENCE_S = 60.0

Captured = pytest.CaptureFixture[str]


def train(*words: str) -> int:
    return main(["train", *SMALL, *HERE, *words])


def resume(folder: Path, *words: str) -> int:
    return main(["train", "--resume", str(folder), *words])


def assert_same(one: Path, other: Path) -> None:
    """The same run to the last bit, but for the seconds that it took."""
    first, second = run_folder.load(one), run_folder.load(other)
    assert (first.step, first.config, first.turns) == (second.step, second.config, second.turns)
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)
    assert np.array_equal(np.delete(first.history.rows, 1, 1), np.delete(second.history.rows, 1, 1))
    ours, theirs = first.continuation, second.continuation
    assert ours is not None
    assert theirs is not None
    assert all(np.array_equal(ours.moments[name], theirs.moments[name]) for name in ours.moments)
    assert (ours.at, ours.drawn, ours.first) == (theirs.at, theirs.drawn, theirs.first)
    assert np.array_equal(ours.noise, theirs.noise)


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_a_run_resumed_ten_times_is_the_run_that_never_stopped(model: str, tmp_path: Path, capsys: Captured) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train("--model", model, "--steps", "110", "--out", str(whole)) == 0
    assert train("--model", model, "--steps", "10", "--out", str(parts)) == 0
    for steps in range(20, 120, 10):
        assert resume(parts, "--steps", str(steps)) == 0
    assert "goes on from step 100" in capsys.readouterr().out
    assert_same(whole, parts)


def test_the_name_of_its_lane_stays_with_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert train("--model", "ae", "--steps", "5", "--out", str(folder)) == 0
    saved = run_folder.load(folder)
    assert saved.name == ""
    run_folder.save(folder, dataclasses.replace(saved, name="Mine"))
    assert resume(folder, "--steps", "10") == 0
    assert run_folder.load(folder).name == "Mine"
    assert main(["report", str(folder), "--out", str(tmp_path / "report.html")]) == 0
    assert "Mine" in (tmp_path / "report.html").read_text()


def test_a_run_that_was_killed_goes_on_from_its_last_save(tmp_path: Path) -> None:
    whole, killed, steps = tmp_path / "whole", tmp_path / "killed", "100000"
    words = [*SMALL, *HERE, "--steps", steps, "--out", str(killed), "--save-every", "50"]
    with subprocess.Popen([sys.executable, "-m", "core", "train", *words], cwd=ROOT) as process:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and not run_folder.holds_run(killed):
            assert process.poll() is None
        process.kill()
    step = run_folder.load(killed).step
    assert step > 0
    assert step % 50 == 0
    end = str(step + 20)
    assert train("--steps", end, "--out", str(whole)) == 0
    assert resume(killed, "--steps", end, "--out", str(tmp_path / "on")) == 0
    assert_same(whole, tmp_path / "on")
    assert run_folder.load(killed).step == step  # saved elsewhere, it is left as it was


def test_programs_read_where_it_goes_on(tmp_path: Path, capsys: Captured) -> None:
    assert train("--steps", "5", "--out", str(tmp_path / "run")) == 0
    capsys.readouterr()
    assert resume(tmp_path / "run", "--steps", "6", "--json") == 0
    first, *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["event"], first["resumed_at"], last["event"], last["steps"]) == ("start", 5, "done", 6)


def test_a_run_of_an_earlier_version_goes_on_with_fresh_moments(tmp_path: Path, capsys: Captured) -> None:
    older = ROOT / "tests" / "data" / "runs" / "format-1"
    assert resume(older, "--steps", "45", "--out", str(tmp_path / "run")) == 0
    assert "goes on from step 40 with fresh moments and noise: only its weights were saved" in capsys.readouterr().out
    assert run_folder.load(tmp_path / "run").step == 45


def test_what_cannot_be_resumed_is_one_sentence(tmp_path: Path, capsys: Captured) -> None:
    run = tmp_path / "run"
    assert train("--steps", "5", "--out", str(run)) == 0
    capsys.readouterr()
    for words, says in (
        ((str(run),), "has come to its end (5 steps, 0.16 epochs, 0 s); say how far it is to go: --steps 10"),
        ((str(run), "--steps", "0"), "say how far the run is to go: --steps, --epochs or --seconds"),
        ((str(run), "--lr", "0.1"), "unrecognized arguments: --lr 0.1"),
        ((str(run), "--model", "ae"), "--resume goes on with a run's own model and data; leave out --model"),
        ((str(tmp_path / "none"),), "is not a folder"),
        ((str(run), "--steps", "9", "--save-every", "often"), "'often' is no number of steps (500) and no time"),
    ):
        assert main(["train", "--resume", *words]) == 2
        assert says in capsys.readouterr().err
    assert run_folder.load(run).step == 5


def test_a_disk_that_fails_while_it_trains_is_told_once(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = run_folder.write, []

    def full(folder: Path, run: run_folder.SavedRun) -> None:
        calls.append(run.step)
        if run.step < 40:
            raise FileError(f"cannot write {folder}: No space left on device; choose another place")
        real(folder, run)

    monkeypatch.setattr(run_folder, "write", full)
    assert train("--steps", "40", "--out", str(tmp_path / "run"), "--save-every", "10") == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == min(1, len(calls) - 1)
    assert all("not saved at step" in line for line in lines)
    assert run_folder.load(tmp_path / "run").step == 40
