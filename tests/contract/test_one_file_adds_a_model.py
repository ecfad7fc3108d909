"""A model is one file with one decorator: nothing else in the program has to know of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import core.models
from core.cli.main import main
from core.datasets.base import Dataset
from core.foundation.registry import UnknownName
from core.models.base import MODELS
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training

NEW = '''
"""A mean image, and nothing else."""

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import nn

from core.models.base import Chart, Model, Phase, Posterior, Series, TrainConfig, register
from core.nets.objectives import distortion, distortion_each
from core.foundation.params import Param


@dataclass(frozen=True)
class MeanConfig(TrainConfig):
    lr: Annotated[float, Param("Learning rate", 0.0, 1.0, live=True, help="How far each step goes.")] = 1e-2
    pull: Annotated[float, Param("Pull", 0.0, 9.0, live=True, help="How much the code matters.")] = 0.5


@register("mean_image")
class MeanImage(Model):
    title = "Mean image"
    short = "Mean"
    summary = "Learns one image for all."
    Config = MeanConfig
    chart = Chart("nats", (Series("distortion", "train", "lane"),))
    columns = ("distortion",)
    watched = ("distortion",)
    no_rate = "There is no prior."

    def __init__(self, config, shape, network):
        super().__init__()
        self.shape = shape
        self.encoder = nn.Linear(shape.pixels, shape.latent)
        self.decoder = nn.Linear(shape.latent, shape.pixels)

    def encode(self, x):
        return Posterior(self.encoder(x.flatten(1)))

    def logits(self, z):
        return self.decoder(z).view(-1, *self.shape.image)

    def phases(self):
        return (Phase("mean", (self,), self._loss),)

    def _loss(self, batch):
        z = batch.config.pull * self.encode(batch.x).mu
        loss = distortion(self.logits(z), batch.x, "bernoulli", 1.0)
        return loss, {"distortion": loss}

    def measure(self, x, config, noise):
        return {"distortion": distortion_each(self.logits(self.encode(x).mu), x, "bernoulli", 1.0)}
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that core.models looks into as well, for the time of one test."""
    monkeypatch.setattr(core.models, "__path__", [*core.models.__path__, str(tmp_path)])
    before = set(MODELS.names())
    yield tmp_path
    for name in set(MODELS.names()) - before:
        MODELS.forget(name)
    MODELS.broken.clear()
    for file in tmp_path.glob("*.py"):
        sys.modules.pop(f"core.models.{file.stem}", None)
        vars(core.models).pop(file.stem, None)


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
    assert training.take_rows().shape == (5, 3)

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
    contract.test_knobs_are_described("mean_image")
    contract.test_phases_share_no_weight("mean_image", tiny)
    contract.test_the_seed_decides_everything("mean_image", "mlp", tiny)
    contract.test_a_saved_run_decodes_the_same("mean_image", "mlp", tiny, folder / "run")


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
