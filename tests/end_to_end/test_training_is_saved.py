"""What a training has learned is kept: signals, closed pipes, full disks, and runs that stand in its place."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.cli.main import main
from core.engine import run_folder
from core.engine.headless import Headless
from core.foundation.files import FileError

ROOT = Path(__file__).parents[2]
SMALL = ("--device", "cpu", "--threads", "1", "--network", "mlp", "--batch", "32")
FAST = ("--dataset", "shapes", "--train-images", "1000", *SMALL)
PATIENCE_S = 60

Captured = pytest.CaptureFixture[str]
posix = pytest.mark.skipif(os.name != "posix", reason="needs signals and pipes of POSIX")


def train(*words: str) -> int:
    return main(["train", *FAST, *words])


class Training:
    """``train`` in a process of its own, which has begun to train."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "core", "train", *FAST, "--json", *words]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)

    def __enter__(self) -> Training:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def events(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        return map(json.loads, self.process.stdout)

    def wait_for_a_step(self) -> None:
        next(event for event in self.events() if event["event"] == "progress" and event["step"])

    def end(self) -> tuple[dict[str, Any], str]:
        """The last event and standard error."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return json.loads(out.splitlines()[-1]), err


# --- signals ---------------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")])
def test_a_signal_ends_and_saves(number: signal.Signals, name: str, tmp_path: Path) -> None:
    with Training("--seconds", "600", "--out", str(tmp_path / "run")) as training:
        training.wait_for_a_step()
        training.process.send_signal(number)
        last, err = training.end()
        assert training.process.returncode == 128 + number
    assert err == ""
    assert (last["event"], last["stopped_by"], last["saved_in"]) == ("stopped", name, str(tmp_path / "run"))
    assert run_folder.load(tmp_path / "run").step == last["steps"] > 0


@posix
def test_ctrl_c_ends_and_saves_and_more_of_them_change_nothing(tmp_path: Path) -> None:
    with Training("--seconds", "600", "--out", str(tmp_path / "run")) as training:
        training.wait_for_a_step()
        is_over = threading.Event()

        def press() -> None:
            while not is_over.wait(0.001):
                training.process.send_signal(signal.SIGINT)

        impatient = threading.Thread(target=press)
        impatient.start()
        try:
            *_, last = training.events()
        finally:
            is_over.set()
            impatient.join()
        _, err = training.process.communicate(timeout=PATIENCE_S)
        assert training.process.returncode == 130
    assert err == ""
    assert (last["event"], last["stopped_by"], last["saved_in"]) == ("stopped", "Ctrl-C", str(tmp_path / "run"))
    assert run_folder.load(tmp_path / "run").step == last["steps"] > 0


@posix
def test_people_read_what_ended_it(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Headless, "train", lambda lone, *_: _end_by_sigterm(lone.run))
    assert train("--seconds", "600", "--out", str(tmp_path / "run")) == 143
    lines = capsys.readouterr().out.splitlines()
    assert "(stopped by SIGTERM)" in lines[-2]
    assert lines[-1] == f"saved in {tmp_path / 'run'}"


def _end_by_sigterm(run: Any) -> None:
    run.start()
    run.board.wait(lambda view: view.status.step > 0, PATIENCE_S)
    signal.raise_signal(signal.SIGTERM)
    assert run.board.wait(lambda view: view.status.state == "finished", PATIENCE_S)


# --- pipes -----------------------------------------------------------------------------------------------------------


@posix
def test_a_closed_pipe_does_not_end_a_training_that_is_kept(tmp_path: Path) -> None:
    with Training("--seconds", "3", "--out", str(tmp_path / "run")) as training:
        training.wait_for_a_step()
        assert training.process.stdout is not None
        training.process.stdout.close()
        assert training.process.wait(PATIENCE_S) == 0
        assert training.process.stderr is not None
        assert training.process.stderr.read() == ""
    assert run_folder.load(tmp_path / "run").seconds >= 3


@posix
def test_without_a_folder_a_closed_pipe_ends_it(tmp_path: Path) -> None:
    with Training("--seconds", "600") as training:
        training.wait_for_a_step()
        assert training.process.stdout is not None
        training.process.stdout.close()
        assert training.process.wait(PATIENCE_S) == 1
        assert training.process.stderr is not None
        assert training.process.stderr.read() == ""


# --- disks -----------------------------------------------------------------------------------------------------------


def no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["text", "JSON"])
def test_a_full_disk_is_told_after_the_numbers(
    words: list[str], tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", no_space)
    (tmp_path / "run").mkdir()
    assert train("--steps", "20", "--out", str(tmp_path / "run"), *words) == 1
    said = capsys.readouterr()
    assert "saved in" not in said.out
    assert "rate" in said.out
    if words:
        assert json.loads(said.out.splitlines()[-1])["saved_in"] is None
    (line,) = said.err.splitlines()
    assert line.startswith(f"latent-playground: the run could not be saved: cannot write {tmp_path / 'run'}: No space")
    assert list((tmp_path / "run").iterdir()) == []


def test_a_full_disk_is_no_misuse(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert train("--steps", "2", "--out", str(tmp_path / "run")) == 0
    monkeypatch.setattr(os, "fsync", no_space)
    assert main(["sample", str(tmp_path / "run"), "--out", str(tmp_path / "grid.png")]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert main(["sample", str(tmp_path / "run"), "--out", str(tmp_path / "none" / "grid.png")]) == 2


# --- a place that is taken -------------------------------------------------------------------------------------------


def test_a_folder_that_holds_a_run_is_refused(tmp_path: Path, capsys: Captured) -> None:
    out = "--out", str(tmp_path / "run")
    assert train("--steps", "2", *out) == 0
    capsys.readouterr()
    assert train("--steps", "3", *out) == 2
    said = capsys.readouterr()
    sentence = f"{tmp_path / 'run'} holds a run already; choose another place, or replace it by --overwrite"
    assert said.err == f"latent-playground: {sentence}\n"
    assert said.out == ""
    assert run_folder.load(tmp_path / "run").step == 2
    assert train("--steps", "3", *out, "--overwrite") == 0
    assert run_folder.load(tmp_path / "run").step == 3


def test_a_folder_in_which_another_trains_is_refused(tmp_path: Path, capsys: Captured) -> None:
    with run_folder.claimed(tmp_path):
        assert train("--steps", "2", "--out", str(tmp_path)) == 2
    assert "is being written by another process" in capsys.readouterr().err
    with pytest.raises(FileError, match="is missing"):
        run_folder.load(tmp_path)


# --- the last step ---------------------------------------------------------------------------------------------------


def test_divergence_in_the_last_step_is_a_failure(tmp_path: Path, capsys: Captured) -> None:
    assert train("--lr", "1e6", "--steps", "1", "--out", str(tmp_path / "run"), "--json") == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["step"], last["saved_in"]) == ("failed", 1, str(tmp_path / "run"))
    assert "stopped at step 1: " in last["sentence"]
    assert run_folder.load(tmp_path / "run").step == 0


def strict(text: str) -> Any:
    def refuse(word: str) -> float:
        raise ValueError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_lines_are_strict(value: float, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.cli import train as command

    test = {"distortion": value, "rate": 1.0, "negative_elbo": value}
    monkeypatch.setattr(command, "held_out_means", lambda *_: test)
    assert train("--steps", "3", "--json") == 0
    said = strict(capsys.readouterr().out.splitlines()[-1])
    assert said["test"] == {
        "distortion": None,
        "rate": 1.0,
        "negative_elbo": None,
    }


@posix
def test_ctrl_c_while_python_ends_changes_no_status() -> None:
    """Python's own end gives signals their default back: one command in fifteen ended by the signal then."""
    command = [sys.executable, "-m", "core", "--version"]
    for _ in range(30):
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()  # all is said
            while process.poll() is None:
                process.send_signal(signal.SIGINT)
                threading.Event().wait(0.0002)
        assert process.returncode in (0, 130)
