"""A model is one file with one decorator: nothing else in the program has to know of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core.cli.main import main
from core.datasets.base import Dataset
from core.engine.board import View
from core.engine.status import Status
from core.evaluation.training_codes import TrainingCodes
from core.foundation.history import History
from core.foundation.registry import UnknownName
from core.models.base import MODELS
from core.probes.codes import TrainingCodesLook
from core.probes.look import Answer, Looks
from core.slow_motion.stepper import SlowMotion
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training, columns_of
from core.verdicts import Action, judge
from tests.new_model import NEW, another_folder


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that core.models looks into as well, for the time of one test."""
    with another_folder(tmp_path):
        yield tmp_path


def test_a_file_in_the_folder_is_a_model(
    folder: Path, tiny: Callable[..., Dataset], capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    (folder / "mean_image.py").write_text(NEW)
    assert "mean_image" not in MODELS.names()
    MODELS.rescan()
    assert "mean_image" in MODELS.names()
    assert not MODELS.broken

    setup = Setup(network="mlp", batch=8, device="cpu")
    training = Training(
        "mean_image", MODELS.get("mean_image").Config(), setup, DeviceDataset(tiny(), torch.device("cpu"))
    )
    for _ in range(5):
        training.advance()
    assert training.take_rows().shape == (5, 5)

    words = "train --model mean_image --dataset shapes --train-images 1000 --steps 20 --pull 0.25 --json"
    assert main([*words.split(), "--device", "cpu", "--threads", "1", "--out", str(folder / "run")]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["config"]["pull"] == 0.25
    assert lines[-1]["event"] == "done"
    assert lines[-1]["test"]["distortion"] > 0
    assert lines[-1]["test"]["rate"] is None
    assert main(["sample", str(folder / "run"), "--n", "4", "--out", str(folder / "grid.png")]) == 0
    assert main(["train", "--model", "mean_image", "--help"]) == 0
    assert "How much the code matters." in capsys.readouterr().out


def test_it_keeps_the_promises_of_every_model(folder: Path, tiny: Callable[..., Dataset]) -> None:
    """The contract tests run over the registry at collection; here they run on the newcomer by hand."""
    import importlib.util

    (folder / "mean_image.py").write_text(NEW)
    MODELS.rescan()
    spec = importlib.util.spec_from_file_location("contract", Path(__file__).with_name("test_models.py"))
    assert spec is not None
    assert spec.loader is not None
    contract = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(contract)
    for latent in (1, 2, 10):
        contract.check_model(contract.trained("mean_image", tiny(), latent=latent), tiny(), latent)
    contract.test_says_what_it_shows("mean_image")
    contract.test_declares_what_others_ask("mean_image", tiny)
    contract.test_knobs_are_described("mean_image")
    contract.test_phases_share_no_weight("mean_image", tiny)
    contract.test_the_seed_decides_everything("mean_image", "mlp", tiny)
    contract.test_a_saved_run_decodes_the_same("mean_image", "mlp", tiny, folder / "run")


def test_slow_motion_narrates_it_as_it_declares(folder: Path, tiny: Callable[..., Dataset]) -> None:
    import torch

    (folder / "mean_image.py").write_text(NEW)
    MODELS.rescan()
    setup = Setup(network="mlp", batch=8, device="cpu")
    config = MODELS.get("mean_image").Config(pull=0.25)  # type: ignore[call-arg]
    training = Training("mean_image", config, setup, DeviceDataset(tiny(), torch.device("cpu")))
    step = SlowMotion(training.copy()).step()
    training.advance()
    truth = dict(zip(training.columns, training.take_rows()[-1, 2:].tolist(), strict=True))
    stages = {stage.name: stage for stage in step.turns[0].stages}
    assert list(stages) == ["batch", "encode", "leash", "decode", "terms", "backward", "update"]
    assert stages["leash"].sentence == "Leash: far codes pay."
    assert [number.name for number in stages["leash"].numbers] == ["Mean of z₁", "Mean of z₂", "Leash Q", "k·Q"]
    told = {number.name: number.value for number in stages["terms"].numbers}
    assert told == pytest.approx(
        {
            "Distortion D": truth["distortion"],
            "Leash Q": truth["leash"],
            "Pull k": 0.25,
            "Loss D + k·Q": truth["objective"],
        }
    )
    assert stages["terms"].sentence == "Two costs: how badly x̂ fits x, and how far the codes have run."
    assert "from Q to the code" in stages["backward"].sentence


def test_verdicts_offer_its_knobs(folder: Path, tiny: Callable[..., Dataset]) -> None:
    (folder / "mean_image.py").write_text(NEW)
    MODELS.rescan()
    model, rows = MODELS.get("mean_image"), History(columns_of("mean_image"))
    rows.append(np.column_stack([np.arange(1.0, 2_001), *np.ones((4, 2_000))]))
    codes = TrainingCodes(np.zeros((4, 2), np.float32), 1.0, 0.9)

    def holes(pull: float) -> tuple[Action | None, str]:
        config = model.Config(pull=pull)  # type: ignore[call-arg]
        view = View(
            Status("training", 2_000),
            config=config,
            history=rows.table(),
            looks=Looks().plus(Answer(TrainingCodesLook(), 2_000, codes)),
        )
        found = {verdict.name: verdict for verdict in judge(view, model, tiny(), config)}["holes"]
        assert "a leash of 1 leaves 3 %" in found.threshold
        return found.action, found.remedy

    assert holes(0.5) == (Action("Set pull to 1", "knob", "pull", 1.0), "Pull the codes together.")
    action, remedy = holes(2.0)  # what does not help is not offered
    assert action == Action("Sample from a GMM", "sampler", "sampler", "gmm")
    assert remedy == "Draw from a mixture of Gaussians fitted to its codes."


def test_a_broken_file_stops_nothing(folder: Path) -> None:
    (folder / "unfinished.py").write_text("import a_module_that_is_not_there\n")
    (folder / "typo.py").write_text("def half(:\n")
    MODELS.rescan()
    assert set(MODELS.broken) == {"unfinished", "typo"}
    assert "a_module_that_is_not_there" in MODELS.broken["unfinished"]
    assert "vae" in MODELS.names()
    with pytest.raises(UnknownName, match=r"no model 'unfinished'.*a_module_that_is_not_there.*vae"):
        MODELS.get("unfinished")


def test_a_mended_file_comes_back(folder: Path) -> None:
    (folder / "mean_image.py").write_text("import a_module_that_is_not_there\n")
    MODELS.rescan()
    assert "mean_image" in MODELS.broken
    (folder / "mean_image.py").write_text(NEW)
    MODELS.rescan()
    assert not MODELS.broken
    assert "mean_image" in MODELS.names()


def test_two_models_cannot_have_one_name(folder: Path) -> None:
    (folder / "second_vae.py").write_text(NEW.replace('"mean_image"', '"vae"'))
    original = MODELS.get("vae")
    MODELS.rescan()
    assert "two models are called 'vae'" in MODELS.broken["second_vae"]
    assert MODELS.get("vae") is original
