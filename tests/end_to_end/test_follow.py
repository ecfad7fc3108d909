"""A lane that follows the folder of a `train` in another process."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from core.datasets.base import load as load_data
from core.engine import followed
from core.engine.experiment import Experiment
from core.engine.followed import is_written
from core.engine.run_folder import holds_run, load
from core.foundation.program import PROGRAM
from core.training.setup import Setup

PATIENCE_S = 60.0


def test_a_train_elsewhere_is_seen_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "POLL_S", 0.05)
    folder = tmp_path / "run"
    words = "train --model vae --dataset digits --network mlp --steps 1000000 --device cpu --threads 1 --save-every 200"
    command = [*PROGRAM, *words.split(), "--out", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        setup = Setup(network="mlp", device="cpu", threads=1)
        ours = Experiment(setup, load_data("digits"), ("ae",))
        try:
            board = ours.runs[0].board
            assert any(holds_run(folder) or board.wait(lambda _: False, 0.1) for _ in range(int(10 * PATIENCE_S)))
            saved = load(folder)
            assert is_written(folder, saved)
            run = ours.open(saved, ours.dataset, folder)
            first = run.view.status.step
            assert first % 200 == 0
            assert run.board.wait(lambda view: view.status.step >= first + 400, PATIENCE_S)
            assert len(run.view.history) == run.view.status.step
            program.send_signal(signal.SIGTERM)
            program.wait(PATIENCE_S)
            last = load(folder)
            assert last.goes_on_s == 0.0
            assert run.board.wait(lambda view: view.status.step == last.step, PATIENCE_S)
            assert run.followed is not None
            assert not run.followed.is_written
            assert not is_written(folder, last)
        finally:
            program.kill()
            assert ours.close()
