"""The command line and the Python lines of a lane train the same weights again, to the last bit."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.cli import main as cli
from core.datasets.base import SOURCES, load
from core.engine import run_folder
from core.engine.experiment import Experiment
from core.exports.command_line import PROGRAM, python_snippet, train_command
from core.exports.experiment_config import DEFAULT_EPOCHS, ExperimentConfig, LaneConfig, as_trained
from core.foundation.params import changed
from core.models.base import MODELS
from core.theory.latent_space import prior
from core.training.setup import Setup

SOURCE = changed(SOURCES.get("mixture").Config(), "train_images", 1000)


def one_lane(model: str = "vae", **knobs: Any) -> ExperimentConfig:
    lane = LaneConfig(model, MODELS.get(model).Config(hidden="16, 8", **knobs))
    return ExperimentConfig("mixture", SOURCE, Setup(batch=16, steps=12, threads=1, device="cpu"), (lane,))


@pytest.mark.parametrize(("model", "knobs"), [("vae", {"beta": 1e-5}), ("gan", {"averaging": 0.9})])
def test_command_and_python_lines_repeat_a_lane_to_the_last_bit(
    model: str, knobs: dict[str, Any], tmp_path: Path
) -> None:
    planned = one_lane(model, **knobs)
    lane = planned.lanes[0]
    experiment = Experiment(Setup(batch=16, device="cpu"), load("mixture", SOURCE), ())
    try:
        run = experiment.add(model, lane.config, threads=1)
        run.step(12)
        assert run.board.wait(lambda view: view.status.step == 12 and view.status.state == "paused", 30)
        seen = ExperimentConfig.of_run(run, SOURCE)
        wanted = run.view.snapshot
        assert wanted is not None
    finally:
        experiment.close()
    assert seen == planned

    command = train_command(seen, str(tmp_path / "a run"))
    assert cli.main(shlex.split(command)[1:]) == 0
    repeated = run_folder.load(tmp_path / "a run")
    for name, tensor in wanted.model.state_dict().items():
        assert torch.equal(tensor, repeated.weights[name]), name
    assert ExperimentConfig.of_saved(repeated) == seen

    names: dict[str, Any] = {}
    exec(python_snippet(seen), names)
    assert np.array_equal(names["images"], wanted.decode(prior(64, 2, 1)))


def test_only_what_differs_is_said() -> None:
    experiment = ExperimentConfig(
        "faces", SOURCES.get("faces").Config(), Setup(), (LaneConfig("gan", MODELS.get("gan").Config()),)
    )
    assert train_command(experiment) == f"{PROGRAM} train --model gan --dataset faces"
    assert 'dataset = load("faces")' in python_snippet(experiment)
    assert "SOURCES" not in python_snippet(experiment)
    assert "MODELS" not in python_snippet(experiment)
    assert PROGRAM == cli.PROGRAM


def test_words_are_quoted_for_the_shell_that_reads_them() -> None:
    experiment = one_lane()
    assert "--hidden '16, 8'" in train_command(experiment, system="linux")
    assert '--hidden "16, 8"' in train_command(experiment, system="win32")
    assert shlex.split(train_command(experiment, "-odd 'folder'"))[-1] == "--out=-odd 'folder'"


def test_a_training_without_an_end_gets_ten_epochs_and_a_trained_one_its_step() -> None:
    assert as_trained(Setup(), 0, 3) == Setup(epochs=DEFAULT_EPOCHS, threads=3)
    assert as_trained(Setup(steps=9, epochs=2.0, seconds=1.0, threads=2), 5, 3) == Setup(steps=5, threads=2)
    assert as_trained(Setup(seconds=1.0), 0) == Setup(seconds=1.0)
