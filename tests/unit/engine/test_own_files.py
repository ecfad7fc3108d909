"""Files of a user that pass every check and fail later: the lane reports it, the others go on, no thread ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli.main import main
from core.metrics.base import METRICS, applicable, why_missing
from core.models.base import MODELS
from core.probes.held_out import HeldOutLook
from tests.fakes import KEPT, fakes
from tests.own_files import DATASET, MEASURE, MODEL, changed
from tests.unit.conftest import PATIENCE_S
from tests.unit.engine.test_trainer import Bench, Until

Write = Callable[[str, str], Path]
LOSS = "        loss = error + batch.config.pull * z.square().sum(1).mean()\n"


def with_init(line: str) -> str:
    head = "    def __init__(self, config, shape, network):\n        super().__init__(config, shape, network)\n"
    return changed(MODEL, "    def phases", f"{head}        {line}\n\n    def phases")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (with_init("1 / 0"), "division by zero"),
        (with_init("raise SystemExit('bye')"), "bye"),
        (changed(MODEL, LOSS, "        raise ValueError('no\\nloss')\n"), "no loss"),
        (changed(MODEL, LOSS, "        raise SystemExit\n"), "SystemExit"),
        (changed(MODEL, LOSS, "        loss = None\n"), "'NoneType' object has no attribute 'backward'"),
        (changed(MODEL, LOSS, f"{LOSS}        return loss, {{}}\n"), "KeyError: 'objective'"),
        (changed(MODEL, 'Phase("autoencoder", (self,), self._loss)', "3"), "'int' object has no attribute 'modules'"),
    ],
    ids=["init", "init exits", "loss", "loss exits", "no loss", "no terms", "no phase"],
)
def test_a_model_that_fails_is_a_failed_lane(
    text: str, sentence: str, user_files: Write, bench: Bench, until: Until
) -> None:
    user_files("models/mine.py", text)
    assert not MODELS.broken
    experiment = bench("mine", "ae")
    mine, other = experiment.runs
    experiment.start()
    view = until(mine, "failed")
    assert view.status.failure is not None
    assert sentence in view.status.failure.sentence
    assert "Traceback" in view.status.failure.details
    assert any(event.tone == "error" and sentence in event.text for event in view.events)
    until(other, "training", step=20)
    user_files("models/mine.py", MODEL)  # mended while the window is open
    mine.restart(go=True)
    until(mine, "training", life=1, step=5)


def test_a_model_that_still_follows_its_codes_trains(user_files: Write, bench: Bench, until: Until) -> None:
    code = "        z = self.code(batch.x)\n"
    user_files("models/mine.py", changed(MODEL, code, f"{code}        self.scale.follow(z, batch.step)\n"))
    run = bench("mine").runs[0]
    run.step(3)
    until(run, "paused", step=3)


def test_a_failure_names_the_line_of_the_file(user_files: Write, bench: Bench, until: Until) -> None:
    path = user_files("models/mine.py", changed(MODEL, LOSS, "        1 / 0\n"))
    run = bench("mine").runs[0]
    run.start()
    view = until(run, "failed")
    assert view.status.failure is not None
    line = path.read_text().splitlines().index("        1 / 0") + 1
    assert f'"{path}", line {line}, in _loss' in view.status.failure.details


def test_a_file_that_changes_while_its_lane_trains(user_files: Write, bench: Bench, until: Until) -> None:
    path = user_files("models/mine.py", MODEL)
    experiment = bench("mine")
    run = experiment.runs[0]
    run.start()
    until(run, "training", step=5)
    user_files("models/mine.py", MODEL.replace('"objective"', '"loss"'))
    until(run, "training", step=run.view.status.step + 20)  # it goes on as it began
    run.restart(go=True)
    failed = until(run, "failed")
    assert failed.status.failure is not None
    assert "has other terms now; choose the model again" in failed.status.failure.sentence
    new = experiment.replace(run, "mine")
    until(new, "ready")
    assert new.view.history.names == ("step", "seconds", "loss", "distortion")
    path.unlink()
    MODELS.rescan()
    new.restart()
    gone = until(new, "failed")
    assert gone.status.failure is not None
    assert "there is no model 'mine'" in gone.status.failure.sentence


MEASURING = "        samples = yield from model_side.samples()\n"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (changed(MEASURE, MEASURING, f"{MEASURING}        1 / 0\n"), "ZeroDivisionError: division by zero"),
        (changed(MEASURE, MEASURING, f"{MEASURING}        raise SystemExit(3)\n"), "RuntimeError: Ink: 3"),
        (changed(MEASURE, "yield from model_side.samples()", "model_side.samples()"), "RuntimeError"),
        (changed(MEASURE, MEASURING, "        return 7\n        yield\n"), "its measure returns int, not a Measured"),
        (changed(MEASURE, MEASURING, "        return Measured(0.0)\n"), "its measure is no generator"),
        (changed(MEASURE, "100 * float(samples.mean())", "'much'"), "could not convert string to float"),
    ],
    ids=["raises", "exits", "no yield", "no Measured", "no generator", "words"],
)
def test_a_measure_that_fails_is_an_event(text: str, cause: str, user_files: Write, bench: Bench, until: Until) -> None:
    user_files("metrics/ink.py", text)
    assert not METRICS.broken
    experiment = bench("vae")
    run = experiment.runs[0]
    until(run, "ready")
    run.ask_measures(("ink", "rate"), "prior")
    assert run.board.wait(lambda view: view.measures is not None and not view.measures.waiting, PATIENCE_S)
    run.ask(HeldOutLook())  # the thread that looks is still there
    assert run.board.wait(lambda view: len(view.tests) > 0, PATIENCE_S)
    assert run.view.measures is not None
    assert set(run.view.measures.values) == {"rate"}
    assert any("could not make its measures: " in event.text for event in run.view.events)
    assert any(cause in error for error in experiment.engine.errors)
    experiment.engine.errors = []


def test_a_measure_that_cannot_say_where_it_exists_costs_no_other(
    user_files: Write, tiny: Callable[..., object]
) -> None:
    user_files(
        "metrics/ink.py", changed(MEASURE, '        return "These', "        {}['here']\n        return \"These")
    )
    names = applicable(MODELS.get("vae"), tiny())  # type: ignore[arg-type]
    assert "ink" not in names
    assert "rate" in names
    reason = why_missing(METRICS.get("ink"), MODELS.get("vae"), tiny())  # type: ignore[arg-type]
    assert reason == "It cannot say whether it exists here: KeyError: 'here'."


def test_evaluate_goes_on_without_what_fails(
    user_files: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user_files("datasets/bars.py", DATASET)
    words = "train --model vae --hidden 8 --dataset bars --steps 2 --json --device cpu --threads 1"
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    with fakes():  # three quick measures of ours
        user_files("metrics/ink.py", changed(MEASURE, MEASURING, f"{MEASURING}        1 / 0\n"))
        user_files("metrics/typo.py", "def half(:\n")
        capsys.readouterr()
        assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 1
        answer = json.loads(capsys.readouterr().out)
        assert main(["evaluate", str(tmp_path / "run")]) == 1
        lines = capsys.readouterr().out.splitlines()
    assert set(answer["measures"]) == set(KEPT)
    assert answer["not_measured"]["ink"] == "ZeroDivisionError: division by zero"
    assert answer["not_measured"]["typo.py"].startswith("It cannot be used: SyntaxError: ")
    assert any(line.startswith("Ink ") and "division by zero" in line for line in lines)
    assert any(line.startswith("typo.py ") and "SyntaxError" in line for line in lines)
