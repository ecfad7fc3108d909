"""An experiment and its runs: lanes are added, removed and moved, and share data and looks."""

from __future__ import annotations

import dataclasses
import gc
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.experiment import Experiment
from core.engine.lane_names import MOST_LANES
from core.engine.run_folder import SavedRun, load, save
from core.evaluation.model_side import ModelSide
from core.evaluation.training_codes import KnownCodes
from core.foundation import memory
from core.foundation.params import KnobError
from core.foundation.slices import finish
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.nearest import NearestLook
from core.probes.pictures import FilmLook, TilesLook
from core.probes.samples import SamplesLook
from core.probes.units import MovesLook
from core.theory.latent_space import prior
from core.training import devices
from core.training.snapshot import Snapshot
from core.training.training import Training

Bench = Callable[..., Experiment]
Until = Callable[..., View]


def test_lanes_come_go_and_move(bench: Bench) -> None:
    experiment = bench("ae", "vae", "gan")
    assert [run.slot for run in experiment.runs] == [0, 1, 2]
    experiment.remove(experiment.runs[1])
    added = experiment.add("wgan_gp")
    assert added.slot == 1  # the lowest that is free
    assert [run.model_name for run in experiment.runs] == ["ae", "gan", "wgan_gp"]
    experiment.move(added, -1)
    experiment.move(added, -5)
    assert [run.model_name for run in experiment.runs] == ["wgan_gp", "ae", "gan"]
    while len(experiment.runs) < MOST_LANES:
        experiment.add("ae")
    with pytest.raises(ValueError, match="there are 5 lanes already"):
        experiment.add("ae")


def test_a_lane_keeps_its_threads_and_its_bits_when_lanes_come_and_go(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "cores", lambda: 9)
    experiment = bench("ae", threads=0)
    (run,) = experiment.runs
    experiment.step(8)
    alone = until(run, "paused", step=8)
    assert alone.status.threads == 2  # room for two more like it
    others = [experiment.add(model) for model in ("vae", "gan", "wae")]
    for life in (1, 2):
        experiment.restart()
        until(run, "ready", life=life)
        experiment.step(8)
        again = until(run, "paused", step=8, life=life)
        assert again.status.threads == 2
        for column in ("step", *run.model.columns):
            np.testing.assert_array_equal(again.history.column(column), alone.history.column(column))
        if life == 1:
            assert [until(other, "paused", step=8, life=1).status.threads for other in others] == [2, 2, 2]
            experiment.remove(others.pop())
    assert experiment.replace(others[0], "gan").threads == 2
    assert [experiment.add("ae").threads for _ in range(2)] == [2, 1]  # of nine cores one is the window's


def test_another_model_in_the_same_lane(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "vae")
    experiment.start()
    until(experiment.runs[0], "training", step=2)
    new = experiment.replace(experiment.runs[0], "denoising_ae")
    assert experiment.runs[0] is new
    assert new.slot == 0
    until(new, "training", step=2)


def test_all_at_once(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "vae")
    assert not experiment.any_training
    experiment.step(4)
    for run in experiment.runs:
        until(run, "paused", step=4)
    experiment.start()
    for run in experiment.runs:
        until(run, "training", step=6)
    assert experiment.any_training
    experiment.pause()
    for run in experiment.runs:
        until(run, "paused")
    experiment.restart()
    for run in experiment.runs:
        assert until(run, "ready", life=1).status.step == 0


def test_a_change_of_the_setup_begins_again(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "gan")
    experiment.start()
    experiment.set_setup(latent=5)
    for run in experiment.runs:
        until(run, "training", life=1, step=2)
        image = run.decode(np.zeros((1, 5), np.float32))
        assert image is not None
        assert run.decode(np.zeros((1, 2), np.float32)) is None
    assert experiment.cursor.shape == experiment.pin_a.shape == (5,)
    with pytest.raises(KnobError):
        experiment.set_setup(latent=65)
    assert experiment.setup.latent == 5


def test_other_images(bench: Bench, until: Until, tiny: Callable[..., Dataset]) -> None:
    experiment = bench("ae", "vae")
    experiment.set_dataset(tiny(3, 32))
    for run in experiment.runs:
        until(run, "ready", life=1)
        image = run.decode(np.zeros((1, 2), np.float32))
        assert image is not None
        assert image.shape == (1, 3, 32, 32)
        assert run.reference is experiment.reference


def test_slow_looks_arrive(bench: Bench, until: Until) -> None:
    experiment = bench("vae", "gan")
    run, without_encoder = experiment.runs
    for each in experiment.runs:
        until(each, "ready")
        of_codes = (LatentCodesLook(), TrainingCodesLook(), MovesLook(), HeldOutLook())
        tiles = TilesLook(experiment.plane, experiment.cursor, np.zeros((6, 2), np.float32), 3)
        of_all = (SamplesLook(9, 1), FilmLook(experiment.cursor), tiles, NearestLook(experiment.cursor))
        each.look()  # as a window does: the film is of what it has seen
        for look in (*of_codes, *of_all):
            each.ask(look)
        wanted = (*of_codes, *of_all) if each is run else of_all
        assert each.board.wait(
            lambda view, wanted=wanted: {look.slot for look in wanted} <= set(view.looks.answers), 20
        )
    view = run.view
    codes, training_codes = view.looks.value(LatentCodesLook), view.looks.value(TrainingCodesLook)
    assert codes is not None
    assert codes.codes.shape == (80, 2)
    assert codes.rate_per_dimension is not None
    assert codes.rate_per_dimension.shape == (2,)
    assert codes.rated == 80
    assert len(view.tests) == 1
    assert float(codes.rate_per_dimension.sum()) == pytest.approx(view.tests.last("rate"), rel=1e-4)
    terms = finish(ModelSide(run.snapshot, run.reference.real_side).terms())
    np.testing.assert_allclose(codes.rate_per_dimension, terms["rates"].mean(0), rtol=1e-3, atol=1e-6)
    assert training_codes is not None
    assert training_codes.codes.shape == (240, 2)
    assert 0 <= training_codes.hole_share <= 1
    assert view.looks.value(TilesLook).images.shape == (2, 3, 28, 28)
    assert view.looks.value(SamplesLook).images.shape == (9, 28, 28)
    assert view.looks.value(FilmLook).steps == (0,)
    nearest, here = view.looks.value(NearestLook), run.decode(experiment.cursor[None])[0]
    match = finish(run.reference.nearest()).find(here)
    assert (nearest.index, nearest.distance) == (match.index, match.distance)
    assert run.hole_ratio(np.zeros(2, np.float32)) is not None
    tests = view.tests
    assert tests.last("negative_elbo") == pytest.approx(tests.last("distortion") + tests.last("rate"))
    assert without_encoder.view.looks.of(LatentCodesLook) is None
    assert not len(without_encoder.view.tests)


def test_tests_of_held_out_images_grow_and_are_cut_at_a_roll_back(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HeldOutLook, "interval_s", 0.0)
    run = bench("vae").runs[0]
    snapshots = {}
    for step in (0, 2, 4):
        if step:
            run.step(2)
        snapshots[step] = until(run, "ready", "paused", step=step).snapshot
        run.ask(HeldOutLook())
        assert run.board.wait(lambda view, step=step: view.tests.last("step") == step, 20)
    assert run.view.tests.column("step").tolist() == [0, 2, 4]
    assert (np.diff(run.view.tests.column("seconds")) > 0).all()
    run.board.change(lambda view: dataclasses.replace(view, snapshot=snapshots[2]))
    before = run.view.tests
    run.ask(HeldOutLook())
    assert run.board.wait(lambda view: view.tests is not before, 20)
    assert run.view.tests.column("step").tolist() == [0, 2]
    run.restart()
    until(run, "ready", life=1)
    assert not len(run.view.tests)


def test_those_who_ask_for_the_same_codes_share_the_work(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("vae").runs[0]
    snapshot = until(run, "ready").snapshot
    assert snapshot is not None
    encoded = []
    plain = Snapshot.encode
    monkeypatch.setattr(Snapshot, "encode", lambda self, x: (encoded.append(len(x)), plain(self, x))[1])
    codes = KnownCodes()
    first, second = codes.of(snapshot, run.reference), codes.of(snapshot, run.reference)
    next(first)
    next(second)
    found = finish(first)
    assert finish(second) is found
    assert sum(encoded) == 80 + 240
    assert finish(codes.of(snapshot, run.reference)) is found

    def broken(self: Snapshot, x: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(Snapshot, "encode", broken)
    codes = KnownCodes()
    first, second = codes.of(snapshot, run.reference), codes.of(snapshot, run.reference)
    with pytest.raises(MemoryError):
        next(first)
    monkeypatch.setattr(Snapshot, "encode", plain)
    np.testing.assert_array_equal(finish(second).codes, found.codes)  # who comes later is not held up by what failed


@pytest.mark.parametrize("same_setup", [True, False])
def test_a_saved_run_is_opened(same_setup: bool, bench: Bench, until: Until, tmp_path: Any) -> None:
    first = bench("vae", latent=3)
    run = first.runs[0]
    run.set("beta", 2.5)
    run.step(20)
    view = until(run, "paused", step=20)
    assert view.snapshot is not None
    data = {"name": "tiny", "shape": list(first.dataset.shape)}
    save(tmp_path, SavedRun.of("vae", view, first.setup, data))

    second = bench("ae", latent=3 if same_setup else 2)
    opened = second.open(load(tmp_path), second.dataset)
    until(opened, "ready")
    assert [lane.model_name for lane in second.runs] == (["ae", "vae"] if same_setup else ["vae"])
    z = prior(3, 3, 0)
    np.testing.assert_array_equal(opened.decode(z), view.snapshot.decode(z))
    assert opened.view.status.step == 20
    assert opened.view.config.beta == 2.5
    opened.step(5)
    until(opened, "paused", step=25)
    assert opened.view.history.column("step").tolist() == list(range(1, 26))


def test_looking_leaves_no_garbage(bench: Bench, until: Until) -> None:
    """Collection is off while the window is open: a cycle would keep the weights of each look alive."""
    experiment = bench("vae")
    run = experiment.runs[0]
    until(run, "ready")
    gc.collect()
    for at in range(3):
        for look in (NearestLook(np.array([at, 0], np.float32)), LatentCodesLook(), SamplesLook(4, at)):
            run.ask(look)
        run.step(2)
        until(run, "paused", step=2 * at + 2)
    wanted = {(NearestLook, None), (LatentCodesLook, None), (SamplesLook, None)}
    assert run.board.wait(lambda view: wanted <= set(view.looks.answers), 20)
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        kept = [type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("core.")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert kept == []


def test_lanes_set_aside_come_back_as_they_were_and_end_with_the_experiment(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "vae")
    mine = list(experiment.runs)
    experiment.step(3)
    for run in mine:
        until(run, "paused", step=3)
    experiment.cursor = np.array([0.25, 1], np.float32)
    setup = experiment.setup
    other = dataclasses.replace(setup, latent=3)
    experiment.begin(other, experiment.dataset, [("gan", MODELS.get("gan").Config())], keep=True)
    assert [run.model_name for run in experiment.runs] == ["gan"]
    assert not any(run.has_ended for run in mine)
    experiment.restore()
    assert experiment.runs == mine
    assert experiment.setup == setup
    assert experiment.cursor.tolist() == [0.25, 1]
    experiment.step(2)
    for run in mine:
        until(run, "paused", step=5)
    experiment.begin(other, experiment.dataset, [("gan", MODELS.get("gan").Config())], keep=True)
    assert experiment.close()
    assert all(run.has_ended for run in mine)


def test_nothing_of_lanes_that_were_rebuilt_stays(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    returned: list[str] = []
    monkeypatch.setattr(memory, "return_freed", lambda: returned.append(threading.current_thread().name))
    experiment = bench("ae", "vae")
    for latent in (3, 4, 2):
        experiment.restart()
        experiment.set_setup(latent=latent)
        for run in experiment.runs:
            run.step(2)
            until(run, "paused", step=2)
        until(experiment.replace(experiment.runs[0], "ae"), "ready")
    present = {run.worker.thread for run in experiment.runs}
    for thread in set(experiment.engine._threads) - present:
        thread.join(30)
    gc.collect()
    alive = [type(each) for each in gc.get_objects() if type(each) in (Training, Snapshot)]
    assert alive.count(Training) == len(experiment.runs)
    assert alive.count(Snapshot) <= 2 * len(experiment.runs)  # the first of each, in its film strip, and the newest
    assert experiment.close()
    assert returned.count("trainer AE") == 3 * 2 + 1  # restarts in a row are one, and each lane is built first
    assert returned.count("trainer VAE") == 4
    assert returned[-1] == threading.current_thread().name
