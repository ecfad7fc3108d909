"""The training thread: commands, history, snapshots."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from core.engine import trainer
from core.engine.board import View
from core.engine.commands import Command, GiveWay, Set
from core.engine.experiment import Experiment
from core.engine.inbox import Inbox
from core.engine.run import Run
from core.models import ae, vae
from core.nets import objectives
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.elbo_anatomy import AnatomyLook, DistortionCurveLook
from core.probes.held_out import HeldOutLook
from core.probes.hole_maps import KINDS, HoleMapLook, WalkLook
from core.probes.nearest import NearestLook
from core.probes.new_pictures import NewPicturesLook
from core.probes.pictures import FilmLook, InterpolationLook, ReconstructionsLook, TilesLook
from core.probes.samples import SamplesLook
from core.probes.units import MovesLook
from core.training.snapshot import Snapshot, freeze

Bench = Callable[..., Experiment]
Until = Callable[..., View]


def terms(view: View) -> Any:
    """The history without its clock: (N, K)."""
    return view.history.rows[:, 2:]


def weights(view: View) -> dict[str, torch.Tensor]:
    assert view.snapshot is not None
    return view.snapshot.model.state_dict()


def equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


# --- the seed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ae", "vae", "gan"])
def test_a_restart_repeats_to_the_last_bit(model: str, bench: Bench, until: Until) -> None:
    experiment = bench(model, steps=32)  # two passes
    run = experiment.runs[0]
    run.start()
    first = until(run, "finished")
    run.restart(go=True)
    second = until(run, "finished", life=1)
    assert len(first.history) == 32
    assert np.array_equal(terms(first), terms(second))
    assert equal(weights(first), weights(second))
    experiment.new_seed()
    experiment.start()
    other = until(run, "finished", life=2)
    assert not np.array_equal(terms(first), terms(other))


def test_pauses_leave_no_trace(bench: Bench, until: Until) -> None:
    run = bench("vae", steps=40).runs[0]
    run.start()
    whole = until(run, "finished")
    run.restart()
    until(run, "ready", life=1)
    for stop in (1, 8, 23):
        run.step(stop - run.view.status.step)
        until(run, "paused", step=stop)
    run.start()
    assert np.array_equal(terms(whole), terms(until(run, "finished", life=1)))


def test_every_model_sees_the_same_images(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, list[float]] = {"ae": [], "vae": []}
    for name, module in (("ae", ae), ("vae", vae)):

        def noting(logits: Any, x: Any, *rest: Any, name: str = name) -> Any:
            seen[name].append(float(x.double().sum()))
            return objectives.distortion(logits, x, *rest)

        monkeypatch.setattr(module, "distortion", noting)
    experiment = bench("ae", "vae", steps=40)
    experiment.start()
    for run in experiment.runs:
        until(run, "finished")
    assert len(seen["ae"]) == 41  # the last one tells whether the weights after step 40 are sound
    assert seen["ae"] == seen["vae"]


# --- looking ---------------------------------------------------------------------------------------------------------


def look_at_everything(run: Run, experiment: Experiment, random: np.random.Generator) -> None:
    """All calls of a window at once, as fast as possible."""
    z = random.standard_normal((7, run.setup.latent)).astype(np.float32)
    image = run.decode(z)
    assert image is not None
    run.encode(experiment.reference.subsets.mapped[:5])
    plane, here = experiment.plane, experiment.cursor
    ways = InterpolationLook(experiment.pair, 5, False, None if run.model.has_encoder else z)
    for look in (LatentCodesLook(), TrainingCodesLook(), HeldOutLook(), MovesLook(), ReconstructionsLook(), ways):
        run.ask(look)
    run.ask(SamplesLook(9, int(random.integers(3)), run.sampler_in_force("gmm")))
    for look in (FilmLook(z[0]), NearestLook(z[1]), TilesLook(plane, here, z[:4, :2], 2), WalkLook((0, 1))):
        run.ask(look)
    run.ask(HoleMapLook(KINDS[int(random.integers(4))], plane, here))
    run.ask(NewPicturesLook("prior", 3, int(random.integers(3))))
    run.ask(AnatomyLook(experiment.reference.subsets.mapped[int(random.integers(3))]))
    run.ask(DistortionCurveLook(experiment.reference.subsets.mapped[0], z[0]))
    snapshot = run.look().snapshot
    assert snapshot is not None
    snapshot.measure(experiment.reference.subsets.mapped[:5])
    torch.rand(3)  # torch's global generator belongs to everybody


@pytest.mark.parametrize("model", ["vae", "denoising_ae", "gan"])
def test_looking_changes_nothing(model: str, bench: Bench, until: Until) -> None:
    blind, seen = bench(model, steps=96), bench(model, steps=96)
    blind.start()
    alone = until(blind.runs[0], "finished")
    run = seen.runs[0]
    until(run, "ready")
    random = np.random.default_rng(0)
    for step in range(12, 97, 12):
        run.step(12)
        look_at_everything(run, seen, random)
        watched = until(run, "paused", "finished", step=step)
    assert run.board.wait(lambda view: view.looks.of(SamplesLook) is not None, 30)  # some of them were made
    assert watched.status.step == alone.status.step == 96
    assert np.array_equal(terms(watched), terms(alone))
    assert equal(weights(watched), weights(alone))


def test_a_run_that_gives_way_computes_the_same(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr("core.engine.trainer.time.sleep", rests.append)
    alone, under_a_hand = bench("vae", steps=40), bench("vae", steps=40)
    alone.start()
    until(under_a_hand.runs[0], "ready")
    under_a_hand.give_way(True)
    under_a_hand.start()
    plain, rested = until(alone.runs[0], "finished"), until(under_a_hand.runs[0], "finished")
    assert len(rests) == 40
    assert all(0 < rest <= trainer.LONGEST_PAUSE_S for rest in rests)
    assert np.array_equal(terms(rested), terms(plain))
    assert equal(weights(rested), weights(plain))


class Impatient(Inbox):
    """Notes the waits that have an end, which it does not keep."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def next(self, wait_s: float) -> Command | None:
        if 0 < wait_s < math.inf:
            self.waits.append(wait_s)
            return super().next(0.0)
        return super().next(wait_s)


def test_a_held_run_waits_and_computes_the_same(bench: Bench, until: Until) -> None:
    alone, held = bench("vae", steps=40), bench("vae", steps=40)
    alone.start()
    run, inbox = held.runs[0], Impatient()
    until(run, "ready")
    run.worker._trainer._inbox, door = inbox, run.worker._trainer._inbox
    door.say(GiveWay(False))  # it waits at the old one
    held.start()
    held.hold(3600.0)
    plain, rested = until(alone.runs[0], "finished"), until(run, "finished")
    assert inbox.waits == [3600.0]
    assert np.array_equal(terms(rested), terms(plain))
    assert equal(weights(rested), weights(plain))


def test_a_command_ends_the_wait_of_a_held_run(bench: Bench, until: Until) -> None:
    held = bench("vae", steps=40)
    until(held.runs[0], "ready")
    held.start()
    held.hold(3600.0)
    held.runs[0].set("beta", 2.0)
    assert until(held.runs[0], "finished").status.step == 40


def check_it_is_dead(run: Run, until: Until) -> None:
    """A snapshot shares no memory with the model in training, and never changes."""
    until(run, "ready", "paused")
    run.step(3)
    snapshot = until(run, "paused", step=3).snapshot
    assert snapshot is not None
    assert snapshot.step == 3
    before = {name: tensor.clone() for name, tensor in snapshot.model.state_dict().items()}
    run.step(5)
    until(run, "paused", step=8)
    assert equal(before, snapshot.model.state_dict())
    training = run.worker._trainer._training
    assert training is not None
    live = {tensor.data_ptr() for tensor in training.model.state_dict().values()}
    assert not live & {tensor.data_ptr() for tensor in snapshot.model.state_dict().values()}
    assert training.model.training
    assert not snapshot.model.training


@pytest.mark.parametrize("model", ["vae", "gan", "sparse_ae"])
def test_a_snapshot_is_a_copy(model: str, bench: Bench, until: Until) -> None:
    check_it_is_dead(bench(model).runs[0], until)


def test_a_live_model_on_the_board_would_be_found(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.training.freeze", lambda model: model)
    with pytest.raises(AssertionError):
        check_it_is_dead(bench("vae").runs[0], until)


def test_nobody_looks_few_copies(bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr("core.training.training.freeze", lambda model: made.append(1) or freeze(model))
    run = bench("ae", seconds=0.6).runs[0]
    run.start()
    until(run, "finished")
    assert len(made) <= 3  # the first, the last, and one on the way at most


# --- commands --------------------------------------------------------------------------------------------------------


def test_single_steps(bench: Bench, until: Until) -> None:
    run = bench("ae").runs[0]
    run.step()
    assert until(run, "paused", step=1).status.step == 1
    for _ in range(4):
        run.step()
    assert until(run, "paused", step=5).status.step == 5
    assert run.view.history.column("step").tolist() == [1, 2, 3, 4, 5]


def test_steps_asked_for_while_stepping_are_added(bench: Bench, until: Until) -> None:
    run = bench("ae").runs[0]
    for _ in range(3):
        run.step(100)
    assert until(run, "paused", step=300).status.step == 300


def test_a_start_after_a_pause_goes_to_the_kept_end_and_the_next_one_beyond(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("ae", steps=80).runs[0]
    advance, pauses = trainer.Training.advance, [10]

    def interrupted(training: trainer.Training) -> None:
        if training.step in pauses:
            pauses.clear()
            run.pause()
        advance(training)

    monkeypatch.setattr(trainer.Training, "advance", interrupted)
    run.step(40, kept=True)
    assert until(run, "paused").status.step == 11
    run.step()  # a step in between changes nothing
    until(run, "paused", step=12)
    run.start()
    assert until(run, "paused", step=40).status.step == 40
    run.start()
    assert until(run, "finished").status.step == 80
    run.step(10, kept=True)
    run.restart()  # begins without it
    until(run, "ready", life=1)
    run.start()
    assert until(run, "finished", life=1).status.step == 80


def test_live_knobs_act_at_the_next_step(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    run.step(5)
    until(run, "paused", step=5)
    run.set("beta", 4.0)
    run.step(5)
    table = until(run, "paused", step=10).history
    distortion, rate, objective = (table.column(name) for name in ("distortion", "rate", "objective"))
    np.testing.assert_allclose(objective[:5], distortion[:5] + rate[:5], rtol=1e-5)
    np.testing.assert_allclose(objective[5:], distortion[5:] + 4 * rate[5:], rtol=1e-5)
    np.testing.assert_allclose(table.column("negative_elbo"), distortion + rate, rtol=1e-5)
    assert run.view.config.beta == 4.0


def test_the_step_at_which_a_knob_turned_is_known(bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    run.step(5)
    assert until(run, "paused", step=5).turned_at == {}
    run.set("beta", 1.0)  # as before
    run.set("lr", 2e-3)
    run.step(3)
    before = until(run, "paused", step=8).turned_at
    run.set("beta", 4.0)
    run.set("lr", 3e-3)
    run.step(1)
    assert until(run, "paused", step=9).turned_at == {"beta": 8, "lr": 8}
    assert before == {"lr": 5}
    run.restart()
    assert until(run, "ready", life=1).turned_at == {}


def test_a_learning_rate_of_zero_stands_still(bench: Bench, until: Until) -> None:
    run = bench("ae").runs[0]
    run.step(3)
    until(run, "paused", step=3)
    before = weights(run.view)
    run.set("lr", 0.0)
    run.step(4)
    after = weights(until(run, "paused", step=7))
    trained = [name for name in after if not name.startswith("scale")]
    assert all(torch.equal(before[name], after[name]) for name in trained)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("hidden", "64", "Hidden layers: restart to apply"),
        ("beta", -1.0, "KL weight β: −1 is outside 0 to 100"),
        ("gamma", 1.0, "there is no knob 'gamma'"),
    ],
)
def test_a_knob_that_cannot_be_set_says_so(name: str, value: Any, sentence: str, bench: Bench, until: Until) -> None:
    run = bench("vae").runs[0]
    before = until(run, "ready").config
    run.say(Set(name, value))
    run.step()
    view = until(run, "paused", step=1)
    assert view.config == before
    assert sentence in view.events[-1].text
    assert view.events[-1].tone == "warn"


# --- stop conditions -------------------------------------------------------------------------------------------------


def test_stops_after_steps_and_goes_on_when_allowed(bench: Bench, until: Until) -> None:
    experiment = bench("ae", steps=37)
    run = experiment.runs[0]
    run.start()
    assert until(run, "finished").status.step == 37
    run.start()  # still at its limit
    run.step()
    assert until(run, "paused", step=38).status.step == 38
    experiment.set_setup(steps=50)
    assert run.view.life == 0  # not begun again
    run.start()
    assert until(run, "finished", step=39).status.step == 50


def test_stops_after_epochs(bench: Bench, until: Until) -> None:
    run = bench("ae", epochs=2.0).runs[0]
    run.start()
    assert until(run, "finished").status.step == 2 * 240 // 16


def test_stops_after_seconds(bench: Bench, until: Until) -> None:
    run = bench("ae", seconds=0.2).runs[0]
    run.start()
    view = until(run, "finished")
    assert 0.2 <= view.status.seconds < 5
    assert view.history.column("seconds")[-1] == pytest.approx(view.status.seconds, abs=0.05)


def test_views_are_published_at_most_twenty_times_a_second(bench: Bench, until: Until) -> None:
    run = bench("ae", seconds=0.5).runs[0]
    sizes = []
    run.start()
    while not run.board.wait(lambda view: view.status.state == "finished", 0):
        count = len(run.view.history)
        sizes.append(count)
        run.board.wait(lambda view, count=count: len(view.history) != count or view.status.state == "finished", 5)
    # and the first, the last row, and the last step
    assert len(set(sizes)) <= 3 + 20 * max(0.5, run.view.status.seconds)


# --- the end ----------------------------------------------------------------------------------------------------------


def test_closing_in_the_middle(bench: Bench, until: Until) -> None:
    experiment = bench("ae", "vae", "gan")
    experiment.start()
    for run in experiment.runs:
        until(run, "training", step=3)
    assert experiment.close(5.0)
    assert all(run.view.status.state == "closed" for run in experiment.runs)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("trainer")]
    assert isinstance(experiment.runs[0].snapshot, Snapshot)  # what was seen last can still be looked at


def test_nothing_of_the_weights_before_is_left_while_a_restart_builds(
    bench: Bench, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench("vae").runs[0]
    run.step(5)
    until(run, "paused", step=5)
    run.ask(HeldOutLook())
    assert run.board.wait(lambda view: view.looks.of(HeldOutLook) is not None, 30)
    may_build, build = threading.Event(), trainer.Training

    def held(*given: Any) -> Any:
        assert may_build.wait(30)
        return build(*given)

    monkeypatch.setattr(trainer, "Training", held)
    run.restart()
    assert run.board.wait(lambda view: view.life == 1, 30)
    building = run.view
    may_build.set()
    assert building.status.state == "building"
    assert building.snapshot is None
    assert building.measures is None
    assert not building.looks.answers
    assert len(building.history) == 0
    assert until(run, "ready", life=1).snapshot is not None
