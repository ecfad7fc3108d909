"""An experiment holds its runs: lanes come, go and move, and share what they share."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.experiment import MOST_RUNS, Experiment
from core.engine.run_folder import load, save
from core.evaluation.model_side import ModelSide
from core.evaluation.training_codes import KnownCodes
from core.foundation.params import KnobError
from core.foundation.slices import finish
from core.theory.latent_space import prior
from core.training.snapshot import Snapshot

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
    while len(experiment.runs) < MOST_RUNS:
        experiment.add("ae")
    with pytest.raises(ValueError, match="there are 5 lanes already"):
        experiment.add("ae")


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


def test_samples_are_of_the_same_z(bench: Bench) -> None:
    experiment = bench("ae", latent=3)
    np.testing.assert_array_equal(experiment.samples_z(6), prior(6, 3, experiment.sample_seed))
    experiment.sample_seed = 2
    assert not np.array_equal(experiment.samples_z(6), prior(6, 3, 1))


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
        each.want_latent_codes()
        each.want_training_codes()
        each.want_tests()
        each.want_samples("first", experiment.samples_z(9))
        each.want_film(experiment.cursor)
        each.want_tiles("plane", experiment.plane, experiment.cursor, np.zeros((6, 2), np.float32), 3)
        each.want_nearest("here", experiment.dataset.train.pixels[7].astype(np.float32) / 255, urgent=True)
        board = each.board
        assert board.wait(lambda view: None not in (view.samples, view.film, view.tiles, view.nearest), 20)
    assert run.board.wait(
        lambda view: None not in (view.latent_codes, view.training_codes) and len(view.tests) == 1, 20
    )
    view = run.view
    assert view.latent_codes is not None
    assert view.latent_codes.codes.shape == (80, 2)
    assert view.latent_codes.rate_each is not None
    assert view.latent_codes.rate_each.shape == (2,)
    assert view.latent_codes.rated == 80
    assert float(view.latent_codes.rate_each.sum()) == pytest.approx(view.tests.last("rate"), rel=1e-4)
    terms = finish(ModelSide(run.snapshot, run.reference.real_side).terms())
    np.testing.assert_allclose(view.latent_codes.rate_each, terms["rates"].mean(0), rtol=1e-3, atol=1e-6)
    assert view.training_codes is not None
    assert view.training_codes.codes.shape == (240, 2)
    assert 0 <= view.training_codes.hole_share <= 1
    assert view.tiles is not None
    assert view.tiles.images.shape == (2, 3, 28, 28)
    assert view.samples is not None
    assert view.samples.images.shape == (9, 28, 28)
    assert view.nearest is not None
    assert (view.nearest.index, view.nearest.distance) == (7, pytest.approx(0, abs=1e-5))
    assert run.hole_ratio(np.zeros(2, np.float32)) is not None
    tests = view.tests
    assert tests.last("negative_elbo") == pytest.approx(tests.last("distortion") + tests.last("rate"))
    assert without_encoder.view.latent_codes is None
    assert not len(without_encoder.view.tests)


def test_training_codes_in_work_come_to_their_end(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are asked for ten times a second and take many slices: asking again must not begin them anew."""
    run = bench("vae").runs[0]
    until(run, "ready")
    begun: list[Any] = []
    monkeypatch.setattr(run._background, "do", lambda key, work, *rest: begun.append(work))
    run.want_training_codes()
    (work,) = begun
    next(work)
    for _ in range(3):
        run.want_training_codes()
    assert begun == [work]
    finish(work)
    assert run.view.training_codes is not None
    run.want_training_codes()  # the same weights
    assert begun == [work]
    run.restart()
    until(run, "ready", life=1)
    run.want_training_codes()
    assert len(begun) == 2
    next(begun[1])
    run.restart()  # what is in work is of weights that are gone: others may begin
    until(run, "ready", life=2)
    run.want_training_codes()
    assert len(begun) == 3
    finish(begun[1])
    assert run.view.training_codes is None
    run.want_training_codes()
    assert len(begun) == 3
    finish(begun[2])
    assert run.view.training_codes is not None


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
    assert finish(second).step == found.step  # who comes later is not held up by what failed


def test_late_answers_are_dropped(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    snapshot = until(run, "ready").snapshot
    assert snapshot is not None
    run.restart()
    until(run, "ready", life=1)
    run._make_latent_codes(snapshot, run.reference)
    assert run.view.latent_codes is None


@pytest.mark.parametrize("same_setup", [True, False])
def test_a_saved_run_is_opened(same_setup: bool, bench: Bench, until: Until, tmp_path: Any) -> None:
    first = bench("vae", latent=3)
    run = first.runs[0]
    run.set("beta", 2.5)
    run.step(20)
    view = until(run, "paused", step=20)
    assert view.snapshot is not None
    data = {"name": "tiny", "shape": list(first.dataset.shape)}
    save(tmp_path, "vae", view.snapshot, first.setup, data, view.history, view.status.seconds)

    second = bench("ae", latent=3 if same_setup else 2)
    opened = second.open(load(tmp_path), second.dataset)
    until(opened, "ready", life=1)
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
        image = experiment.dataset.train.pixels[at].astype(np.float32) / 255
        run.want_nearest(at, image, urgent=True)
        assert run.board.wait(lambda view, at=at: view.nearest is not None and view.nearest.key == at, 20)
        run.want_latent_codes()
        run.want_samples(at, experiment.samples_z(4))
        run.step(2)
        until(run, "paused", step=2 * at + 2)
    assert run.board.wait(lambda view: view.latent_codes is not None and view.samples is not None, 20)
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        kept = [type(each).__name__ for each in gc.garbage if type(each).__module__.startswith("core.")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert kept == []
