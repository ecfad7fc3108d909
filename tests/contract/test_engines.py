"""What every engine does for a window: that of threads, and the same behind a link or in another process."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli.main import main
from core.datasets.base import load
from core.engine import run_folder
from core.engine.board import View
from core.engine.commands import Lend, Step, Stop
from core.engine.run import Run
from core.engine.threads import ThreadEngine
from core.foundation.mailbox import Mailbox, Refusal
from core.foundation.shared_memory import memory_of
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.samples import SamplesLook
from core.remote import process
from core.remote.process import ProcessEngine
from core.remote.spawn import ENGINE
from core.training.training import Training
from tests import slow_link
from tests.engines import LoopEngine
from tests.homes import HOMES, PATIENCE_S, Bench, assert_same_weights, kept, ready, terms, until


def test_300_steps_are_the_same_to_the_last_bit_wherever_they_are_computed(started: Bench) -> None:
    seen: dict[str, list[View]] = {}
    z = np.array([[0.3, -0.7]], np.float32)
    pictures: dict[str, list[Any]] = {}
    for name, home in {**HOMES, "process": ProcessEngine}.items():
        experiment = started(home, "vae", "gan", "ae", steps=300)
        experiment.start()
        seen[name] = [until(run, "finished") for run in experiment.runs]
        pictures[name] = [run.decode(z) for run in experiment.runs]
        assert experiment.engine.errors == []
    for name in ("link", "process"):
        for one, other in zip(seen["threads"], seen[name], strict=True):
            assert len(other.history) == 300
            assert np.array_equal(terms(one), terms(other))
            assert_same_weights(one, other)
        for ours, theirs in zip(pictures["threads"], pictures[name], strict=True):
            assert np.array_equal(ours, theirs)


def test_training_without_a_window_takes_the_same_steps(started: Bench, tmp_path: Path) -> None:
    words = "train --model vae --dataset digits --steps 300 --network mlp --batch 16 --device cpu --threads 1 --out"
    assert main([*words.split(), str(tmp_path / "run")]) == 0
    saved = run_folder.load(tmp_path / "run")
    experiment = started(LoopEngine, "vae", data=load("digits"), steps=300)
    experiment.start()
    view = until(experiment.runs[0], "finished")
    assert view.snapshot is not None
    ours = view.snapshot.model.state_dict()
    assert saved.step == 300
    assert all(bool((ours[key] == saved.weights[key]).all()) for key in ours)


def test_looks_and_measures_come_and_say_their_step(bench: Bench) -> None:
    experiment = bench("vae", "gan", steps=20)
    experiment.start()
    for run in experiment.runs:
        until(run, "finished")
        looks = [SamplesLook(4, 1)] + ([TrainingCodesLook(), HeldOutLook()] if run.model.has_encoder else [])
        for look in looks:
            run.ask(look)
        run.ask_measures(("proxy_fd", "coverage"), "prior", "at once")
        for look in looks:
            assert run.board.wait(lambda view, look=look: view.looks.before(look) is not None, PATIENCE_S)
            answer = run.view.looks.before(look)
            assert answer is not None
            assert (answer.step, answer.key) == (20, look.key)
        assert run.board.wait(lambda view: view.measures is not None and not view.measures.waiting, PATIENCE_S)
        assert run.view.measures is not None
        assert set(run.view.measures.values) == {"proxy_fd", "coverage"}
    assert experiment.engine.errors == []


def test_what_is_told_is_obeyed_in_order(bench: Bench) -> None:
    run = bench("vae").runs[0]
    run.set("beta", 4.0)
    run.set("beta", -1.0)
    run.step(3)
    assert run.will_train
    view = until(run, "paused", step=3)
    assert not run.will_train
    assert view.config.beta == 4.0  # type: ignore[attr-defined]
    assert [event.text for event in view.events] == ["KL weight β: −1 is outside 0 to 100"]
    run.start()
    until(run, "training", step=4)
    run.restart(go=None)
    view = until(run, "training", life=1, step=1)
    assert view.history.column("step")[0] == 1
    run.pause()
    assert not run.will_train
    until(run, "paused", life=1)


def test_other_data_begin_a_new_life_and_old_views_stay_as_they_were(bench: Bench, tiny: Any) -> None:
    experiment = bench("ae")
    run, first = experiment.runs[0], experiment.dataset
    run.step(5)
    before = until(run, "paused", step=5)
    rows = before.history.rows.copy()
    for life, channels in enumerate((3, 1, 3), 1):
        other = dataclasses.replace(tiny(channels), title=f"of {channels} channels")
        experiment.set_dataset(other)
        run.step(5)
        view = until(run, "paused", life=life, step=5)
        assert view.dataset is other
        run.ask(LatentCodesLook())
        assert run.board.wait(lambda view: view.looks.of(LatentCodesLook) is not None, PATIENCE_S)
    assert before.dataset is first
    assert np.array_equal(before.history.rows, rows)


def test_lanes_come_and_go(bench: Bench) -> None:
    experiment = bench("ae", "vae")
    gone = experiment.runs[0]
    experiment.remove(gone)
    new = experiment.replace(experiment.runs[0], "wae")
    experiment.begin(experiment.setup, experiment.dataset, [("gan", MODELS.get("gan").Config())], keep=True)
    experiment.step(2)
    until(experiment.runs[0], "paused", step=2)
    experiment.restore()
    assert experiment.runs == [new]
    new.step(2)
    until(new, "paused", step=2)
    assert gone.board.wait(lambda view: view.status.state == "closed", PATIENCE_S)
    gone.ask(LatentCodesLook())  # nobody answers, and nothing fails
    gone.start()
    new.step(1)
    until(new, "paused", step=3)


@pytest.mark.parametrize("home", HOMES)
def test_a_fresh_engine_goes_on_from_a_kept_state_to_the_last_bit(started: Bench, home: str) -> None:
    names = ("vae", "gan")
    whole, first, engine = started(ThreadEngine, *names), started(HOMES[home], *names), started(HOMES[home]).engine
    for experiment, steps in ((whole, 60), (first, 30)):
        experiment.runs[0].set("beta", 2.0)
        experiment.step(steps)
    for one, run in zip(whole.runs, first.runs, strict=True):
        until(run, "paused", step=30)
        config, saved = run.view.config, kept(run, 30)
        worker = engine.employ("again", run.model_name, config, run.setup, run.dataset, 1, saved, life=3)
        worker.say(Step(30))
        expected = until(one, "paused", step=60)

        def is_done(view: View) -> bool:
            return (view.status.state, view.status.step, view.life) == ("paused", 60, 3)

        assert worker.board.wait(is_done, PATIENCE_S)
        view = worker.board.view
        assert (view.turned_at, view.status.epoch) == (expected.turned_at, expected.status.epoch)
        assert np.array_equal(view.history.rows[:30], run.view.history.rows)
        assert np.array_equal(terms(view), terms(expected))
        assert_same_weights(view, expected)
        worker.say(Stop())


def lent(run: Run) -> Training:
    answer = Mailbox[Training]()
    run.say(Lend(answer))
    training = answer.take(PATIENCE_S)
    assert isinstance(training, Training), training
    return training


def test_a_lent_training_takes_the_steps_of_the_run(bench: Bench) -> None:
    for run in bench("vae", "wgan_gp").runs:
        run.step(3)
        until(run, "paused", step=3)
        training = lent(run)
        for _ in range(20):
            training.advance()
        run.step(20)
        view = until(run, "paused", step=23)
        assert np.array_equal(training.take_rows()[:, 2:], terms(view)[3:])
        run.stop()
        answer = Mailbox[Training]()
        run.say(Lend(answer))
        assert answer.take(PATIENCE_S) == Refusal("the lane is closed")


@pytest.mark.parametrize(("first", "second"), [("threads", "link"), ("link", "threads")])
def test_a_run_goes_on_in_another_engine(started: Bench, first: str, second: str) -> None:
    experiment = started(HOMES[first], "vae")
    run = experiment.runs[0]
    run.step(20)
    until(run, "paused", step=20)
    pictures = run.decode(np.zeros((1, 2), np.float32))
    before = experiment.move_to(HOMES[second]())
    assert before is not experiment.engine
    assert np.array_equal(run.decode(np.zeros((1, 2), np.float32)), pictures)
    run.step(20)
    assert run.board.wait(lambda view: view.status.step == 40 and view.status.state == "paused", PATIENCE_S)
    assert list(run.view.history.rows[:, 0]) == list(range(1, 41))
    assert before.close(10.0)


def test_an_engine_that_is_killed_leaves_every_lane_and_is_started_again(
    started: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    experiment = started(ProcessEngine, "vae", "ae", "gan")
    engine, (vae, ae, gan), z = experiment.engine, experiment.runs, np.zeros((1, 2), np.float32)
    assert isinstance(engine, ProcessEngine)
    experiment.step(40)
    for run in experiment.runs:
        until(run, "paused", step=40)
    ready(vae, lambda: kept_step(vae) == kept_step(ae) == 40)
    vae.start()
    engine.start_again()  # for nothing
    if (maps := Path(f"/proc/{engine.process.pid}/maps")).exists():
        data = memory_of(experiment.dataset.train.pixels.reshape(-1).data)
        assert data is not None
        assert f" {os.fstat(data[0].descriptor).st_ino} " in maps.read_text()  # by both, a copy by neither
    os.kill(engine.process.pid, signal.SIGKILL)
    assert os.listdir(tmp_path) == []
    for run in experiment.runs:
        view = until(run, "failed", step=40)
        assert view.status.failure is not None
        assert "The engine ended (SIGKILL: killed, perhaps for memory)" in view.status.failure.sentence
        assert f"stood at step {view.status.step}" in view.status.failure.sentence
        assert run.decode(z) is not None
        run.start()  # into the void
        assert not run.will_train
    assert engine.health().state == "ended"
    vae.set("beta", 2.0)
    experiment.remove(gan)
    new, pictures = experiment.add("ae"), vae.decode(z)
    assert new.view.status.state == "failed"
    engine.start_again()
    assert engine.health().state == "starting"
    assert np.array_equal(vae.decode(z), pictures)  # until there are others
    view = until(vae, "training", life=1, step=41)
    assert view.history.column("step")[0] == 1
    assert view.config.beta == 2.0  # type: ignore[attr-defined]
    assert view.status.failure is None
    assert len(until(ae, "ready", "paused", life=1, step=40).history) == 40
    assert not ae.will_train
    until(new, "ready", life=1)
    assert gan.view.status.state == "failed"
    ready(vae, lambda: engine.health().state == "running")


def kept_step(run: Run) -> int:
    kept = run.worker.kept  # type: ignore[attr-defined]
    return 0 if kept is None else int(kept.step)


def test_over_a_slow_link_that_is_cut_nothing_is_lost(
    started: Bench, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = tmp_path_factory.mktemp("run")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    command = [sys.executable, "-S", slow_link.__file__, "0.05", "2e6", *ENGINE]
    far, here = (started(home, steps=300) for home in (lambda: ProcessEngine(command), ThreadEngine))
    engine = far.engine
    assert isinstance(engine, ProcessEngine)
    for experiment in (far, here):
        for model in ("vae", "ae"):
            experiment.add(model, MODELS.get(model).Config(hidden="16"), threads=1)
        experiment.step(50)
        for run in experiment.runs:
            until(run, "paused", step=50)
    ready(far.runs[0], lambda: (engine.health().round_trip_s or 0.0) >= 0.1)
    assert engine.ready is not None
    was = engine.ready.process
    with monkeypatch.context() as short:
        short.setattr(process, "SILENCE_S", 1.0)
        engine.process.send_signal(signal.SIGSTOP)
        ready(far.runs[0], lambda: engine.health().trouble.endswith("is cut (nothing came over it for 1 s)"))
    for experiment in (far, here):
        experiment.runs[0].set("beta", 3.0)
        experiment.step(50)
    ready(far.runs[0], lambda: engine.health().state == "running")
    assert engine.ready.process == was
    for ours, theirs in zip(far.runs, here.runs, strict=True):
        assert until(ours, "paused", step=51).status.step == until(theirs, "paused", step=51).status.step == 100
        ours.start()
        theirs.start()
        one, other = until(ours, "finished"), until(theirs, "finished")
        assert len(one.history) == 300
        assert one.turned_at == other.turned_at
        assert np.array_equal(terms(one), terms(other))
        assert np.array_equal(ours.decode(np.ones((1, 2), np.float32)), theirs.decode(np.ones((1, 2), np.float32)))
    assert engine.errors == []
    assert far.close()
    assert not list((runtime / "latent-playground").iterdir())
