"""A lane that shows what another program trains and saves."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.engine import followed
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.followed import Followed, is_written
from core.engine.kept import Kept
from core.engine.run import Run
from core.engine.run_folder import SavedRun, load, save
from core.probes.samples import SamplesLook

Bench = Callable[..., Experiment]
Until = Callable[..., View]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are looked at often."""
    monkeypatch.setattr(followed, "POLL_S", 0.02)


@pytest.fixture
def elsewhere(bench: Bench, until: Until) -> Callable[[Path, int, float], Experiment]:
    """Trains a VAE up to a step and saves it in a folder: ``elsewhere(folder, 20, goes_on_s=60)``."""
    made = bench("vae", latent=3)

    def train(folder: Path, step: int, goes_on_s: float) -> Experiment:
        run = made.runs[0]
        run.step(step - run.view.status.step)
        until(run, "paused", step=step)
        kept = run.keep().take(20.0)
        assert isinstance(kept, Kept)
        saved = SavedRun.of_kept("vae", kept, {"name": "tiny", "shape": list(made.dataset.shape)})
        save(folder, dataclasses.replace(saved, goes_on_s=goes_on_s))
        return made

    return train


def opened(experiment: Experiment, folder: Path) -> Run:
    saved = load(folder)
    return experiment.open(saved, experiment.dataset, folder if is_written(folder, saved) else None)


def decoded(run: Run) -> np.ndarray[Any, np.dtype[np.float32]]:
    images = run.decode(np.zeros((2, 3), np.float32))
    assert images is not None
    return images


def at(run: Run, step: int) -> View:
    assert run.board.wait(lambda view: view.status.step == step, 20.0), run.view.status
    return run.view


def test_a_folder_that_is_written_is_followed(bench: Bench, elsewhere: Any, until: Until, tmp_path: Path) -> None:
    theirs = elsewhere(tmp_path, 10, 60.0).runs[0]
    ours = bench("ae", latent=3)
    run = opened(ours, tmp_path)
    assert isinstance(run.worker, Followed)
    run.look()
    assert np.array_equal(decoded(run), decoded(theirs))
    assert (run.view.status.state, run.view.status.step, len(run.view.history)) == ("paused", 10, 10)
    ours.start()  # this one is not ours to train
    assert [each.will_train for each in ours.runs] == [True, False]
    ours.pause()
    elsewhere(tmp_path, 25, 60.0)
    view = at(run, 25)
    assert np.array_equal(view.history.rows, theirs.view.history.rows)
    assert np.array_equal(decoded(run), decoded(theirs))
    look = SamplesLook(4, 1)
    run.ask(look)
    assert run.board.wait(lambda view: view.looks.before(look) is not None, 20.0)
    run.ask_measures(("distortion",), "prior", "at once")
    assert run.board.wait(lambda view: view.measures is not None and "distortion" in view.measures.values, 20.0)
    ours.restart()
    assert run.view.status.step == 25
    assert run.worker.is_written
    elsewhere(tmp_path, 30, 0.0)
    at(run, 30)
    assert not run.worker.is_written


def test_a_fork_of_it_goes_on_to_the_last_bit(bench: Bench, elsewhere: Any, until: Until, tmp_path: Path) -> None:
    theirs = elsewhere(tmp_path, 10, 60.0).runs[0]
    ours = bench("ae", latent=3)
    run = opened(ours, tmp_path)
    run.look()
    moment = run.reel.at(10)
    assert moment is not None
    assert moment.saved is not None
    forked = ours.fork(run, moment)
    forked.step(10)
    view = until(forked, "paused", step=20)
    theirs.step(10)
    expected = until(theirs, "paused", step=20)
    assert np.array_equal(view.history.rows[:, 2:], expected.history.rows[:, 2:])


def test_other_data_make_it_a_lane_of_ours(
    bench: Bench, elsewhere: Any, until: Until, tiny: Any, tmp_path: Path
) -> None:
    elsewhere(tmp_path, 10, 60.0)
    ours = bench("ae", latent=3)
    run = opened(ours, tmp_path)
    ours.set_dataset(tiny(3))
    assert run.followed is None
    assert until(run, "ready").status.step == 0


def test_a_folder_that_goes_is_told_once_and_the_lane_stays(
    bench: Bench, elsewhere: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(followed, "TROUBLE_S", 0.1)
    folder = tmp_path / "run"
    elsewhere(folder, 10, 60.0)
    ours = bench("ae", latent=3)
    run = opened(ours, folder)
    shutil.rmtree(folder)
    assert run.board.wait(lambda view: any("cannot be read any more" in event.text for event in view.events), 20.0)
    assert run.decode(np.zeros((1, 3), np.float32)) is not None
    elsewhere(folder, 15, 60.0)
    at(run, 15)
    assert len([event for event in run.view.events if "cannot be read" in event.text]) == 1


def test_a_run_that_began_again_is_another_life(bench: Bench, elsewhere: Any, tmp_path: Path) -> None:
    theirs = elsewhere(tmp_path / "b", 5, 60.0)
    elsewhere(tmp_path / "a", 10, 60.0)
    ours = bench("ae", latent=3)
    run = opened(ours, tmp_path / "a")
    save(tmp_path / "a", dataclasses.replace(load(tmp_path / "b"), goes_on_s=60.0))
    assert at(run, 5).life == 1
    assert theirs.runs[0].view.status.step == 10


def test_what_ended_or_is_old_is_opened_as_a_lane_of_ours(bench: Bench, elsewhere: Any, tmp_path: Path) -> None:
    elsewhere(tmp_path, 10, 0.0)
    assert not is_written(tmp_path, load(tmp_path))
    elsewhere(tmp_path, 12, 60.0)
    saved = load(tmp_path)
    assert is_written(tmp_path, saved)
    long_ago = time.time() - 1_000
    os.utime(tmp_path / "manifest.json", (long_ago, long_ago))
    assert not is_written(tmp_path, saved)
    assert opened(bench("ae", latent=3), tmp_path).followed is None
