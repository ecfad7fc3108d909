"""Sweeps as people start them, on processes of this machine."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.sweeps import folder
from tests.sweeps_started import SMALL, Sweep, same_weights, table

BETAS = ("--vary", "beta=0.1,4", "--seeds", "2", *SMALL)
PATIENCE_S = 120

Captured = pytest.CaptureFixture[str]


def sweep(*words: str) -> int:
    return main(["sweep", *words])


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_sweep_trains_the_runs_of_train(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "sweep"
    assert sweep(*BETAS, "--steps", "30", "--workers", "2", "--out", str(out), "--json") == 0
    told = events(capsys.readouterr().out)
    assert told[0]["event"] == "plan"
    assert told[0]["runs"] == 4
    assert (told[-1]["event"], told[-1]["done"]) == ("done", 4)
    plan = folder.read_plan(out)
    for run in plan.runs:
        alone = tmp_path / run.name
        words = ("--beta", str(run.value("beta")), "--seed", str(run.seed), "--threads", "1", "--steps", "30")
        assert main(["train", *SMALL, *words, "--out", str(alone)]) == 0
        assert same_weights(alone, folder.folder_of(out, run))
    rows = table(out)
    assert [(row["beta"], row["seed"]) for row in rows] == [("0.1", "0"), ("0.1", "1"), ("4.0", "0"), ("4.0", "1")]
    assert all(float(row["rate"]) > 0 for row in rows)
    assert b"<svg" in (out / folder.REPORT).read_bytes()
    assert json.loads((out / folder.JSON).read_bytes())
    # each is a run like any other
    one = folder.folder_of(out, plan.runs[0])
    assert main(["sample", str(one), "--n", "4", "--out", str(tmp_path / "grid.png")]) == 0


def test_what_is_measured_is_what_evaluate_says(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "sweep"
    asked = ("--measure", "psnr,rate", "--measure", "active_units")
    assert sweep("--vary", "latent=2,5", *SMALL, *asked, "--steps", "20", "--workers", "1", "--out", str(out)) == 0
    outcome = folder.outcomes(out, folder.read_plan(out))[1]
    assert set(outcome.values) == {"psnr", "rate", "active_units"}
    capsys.readouterr()
    assert main(["evaluate", str(outcome.folder), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["measures"]
    for name, value in outcome.values.items():
        assert value.value == pytest.approx(said[name]["value"], rel=1e-5)


def test_points_of_a_plane_have_samples_as_points(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    words = ("--model", "gan", "--dataset", "mixture", "--seeds", "2", "--steps", "5", "--out", str(out))
    assert sweep(*words, "--workers", "1") == 0
    first, second = folder.outcomes(out, folder.read_plan(out))
    assert len(first.points) > 200
    assert first.points != second.points
    assert "modes" in first.values


def test_a_run_that_diverges_is_told_and_the_others_go_on(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "sweep"
    words = ("--vary", "lr=0.001,1000000")
    assert sweep(*words, *SMALL, "--steps", "30", "--workers", "1", "--out", str(out)) == 1
    good, bad = folder.outcomes(out, folder.read_plan(out))
    assert (good.state, bad.state) == ("done", "failed")
    assert "stopped at step" in bad.failure
    assert bad.failure in capsys.readouterr().out
    assert sweep(*words, *SMALL, "--steps", "30", "--workers", "1", "--out", str(out), "--resume") == 1


# --- ends ------------------------------------------------------------------------------------------------------------


LONG = (*BETAS, "--steps", "600", "--workers", "2", "--save-every", "50")


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_sweep_goes_on_to_the_same_table(number: int, tmp_path: Path, capsys: Captured) -> None:
    out, whole = tmp_path / "ended", tmp_path / "whole"
    with Sweep(*LONG, "--out", str(out)) as ended:
        ended.wait_for("run")
        ended.process.send_signal(number)
        said, err = ended.process.communicate(timeout=PATIENCE_S)
        assert err == ""
    if number == signal.SIGINT:
        assert ended.process.returncode == 130
        assert json.loads(said.splitlines()[-1])["stopped_by"] == "Ctrl-C"
    before = folder.outcomes(out, folder.read_plan(out))
    assert 1 <= sum(each.state == "done" for each in before) < 4
    capsys.readouterr()
    again = LONG if number == signal.SIGINT else ()  # its folder knows the plan
    assert sweep(*again, "--out", str(out), "--resume", "--json") == 0
    told = events(capsys.readouterr().out)
    assert told[0]["finished"] == sum(each.state == "done" for each in before)
    assert sweep(*LONG, "--out", str(whole)) == 0
    plan = folder.read_plan(whole)
    assert all(same_weights(folder.folder_of(out, run), folder.folder_of(whole, run)) for run in plan.runs)
    assert table(out) == table(whole)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the processes in /proc")
def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "sweep"
    with Sweep(*LONG, "--out", str(out)) as killed:
        killed.wait_for("progress")
        children = Path(f"/proc/{killed.process.pid}/task/{killed.process.pid}/children").read_text().split()
        workers = [pid for pid in children if b"core.sweeps.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(int(workers[0]), signal.SIGKILL)
        assert "SIGKILL" in killed.wait_for("again")["why"]
        said, err = killed.process.communicate(timeout=PATIENCE_S)
        assert (killed.process.returncode, err) == (0, "")
    assert json.loads(said.splitlines()[-1])["done"] == 4


# --- bad plans -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--vary", "bata=1,2"), "there is no knob 'bata' of vae on mnist"),
        (("--vary", "beta="), "beta has no values"),
        (("--vary", "beta"), "names no values"),
        (("--vary", "beta=1,1"), "has the value 1 twice"),
        (("--vary", "beta=1,2", "--vary", "beta=3"), "stands there twice"),
        (("--vary", "beta=1,2", "--beta", "3"), "is fixed and varies"),
        (("--vary", "latent=1,99"), "99 is outside 1 to 64"),
        (("--seeds", "1000", "--vary", f"latent={','.join(map(str, range(1, 65)))}"), "64,000 runs is too large"),
        (("--vary", "beta=1,2", "--steps"), "--steps has no value"),
        (("--vary", "beta=1,2", "--nothing", "3"), "there is no knob 'nothing'"),
        (("--vary", "model=vae,vea"), "vea"),
        (("--vary", "network=conv", "--latent", "2", "--hidden", "x"), "Hidden layers: 'x'"),
        (("nothing.toml",), "there is no plan 'nothing.toml'"),
        (("rate-distortion", "--vary", "beta=1"), "a plan says what varies"),
        ((), "nothing varies"),
        (("--seeds", "2", "--on", "nowhere"), "'nowhere' is none of processes, ray, auto"),
        (("--seeds", "2", "--measure", "beauty"), "beauty"),
        (("--seeds", "2", "--retries", "-1"), "--retries"),
        (("--seeds", "2", "--save-every", "soon"), "--save-every"),
        (("--seeds", "2", "--dataset", "images", "--data", "/nowhere"), "/nowhere"),
    ],
)
def test_a_bad_plan_is_one_sentence_and_nothing_is_started(
    words: tuple[str, ...], sentence: str, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "sweep"
    assert sweep(*words, "--out", str(out)) == 2
    said = capsys.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("latent-playground: ")
    assert sentence in line
    assert said.out == ""
    assert not out.exists()


def test_a_folder_of_another_sweep_is_left_alone(tmp_path: Path, capsys: Captured) -> None:
    assert sweep("--seeds", "2", *SMALL, "--steps", "2", "--workers", "1", "--out", str(tmp_path)) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for words, sentence in (
        (("--seeds", "3", *SMALL, "--steps", "2"), "holds another sweep"),
        (("--seeds", "3", *SMALL, "--steps", "2", "--resume"), "holds another sweep"),
        (("--seeds", "2", *SMALL, "--steps", "2"), "holds this sweep already"),
    ):
        capsys.readouterr()
        assert sweep(*words, "--out", str(tmp_path)) == 2
        assert sentence in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
