"""Lanes whose finite weights give numbers that are not: every page is painted, and nothing is raised."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import torch

from core.datasets.base import Dataset
from core.engine.run_folder import SavedRun
from core.foundation.history import History
from core.models.base import MODELS, build
from core.nets.networks import Shape
from core.probes.codes import LatentCodesLook
from core.training.setup import Setup
from core.training.training import columns_of
from tests.gui.conftest import SMALL, Stage

PAGES = ("entropy", "elbo", "reparameterization", "holes", "generate", "lenses", "slow motion")


def overflowing(model: str, size: float, data: Dataset) -> SavedRun:
    """A saved run whose weights are ±``size``: a product of two layers of them overflows."""
    config, setup = MODELS.get(model).Config(hidden="64"), Setup(**SMALL)
    weights = build(model, config, Shape(*data.shape, setup.latent), "mlp").state_dict()
    noise = torch.Generator().manual_seed(1)
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not name.startswith("scale"):
            tensor.copy_(size * torch.sign(torch.randn(tensor.shape, generator=noise)))
    facts = {"name": data.name, "shape": list(data.shape)}
    return SavedRun(model, config, setup, facts, 5, 1.0, weights, History(columns_of(model)).table())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [3e37, 1e12])
def test_every_page_is_painted(
    size: float, desk_window: Callable[..., Stage], digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    raised: list[str] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(f"{kind.__name__}: {error}"))
    for model in ("vae", "gan"):
        stage.desk.open_run(overflowing(model, size, digits), digits)
    stage.until(stage.all_are("ready", "paused"))
    stage.until(lambda: stage.answer(stage.run("vae"), LatentCodesLook) is not None)
    for tab in ("lineup", "latent", "compare", "information"):
        stage.window.show_tab(tab)
        stage.window.grab()
    for lane in ("gan", "vae"):
        stage.desk.select(stage.run(lane))
        for page in PAGES:
            stage.window.information.show_page(page)
            for _ in range(3):
                with stage.qtbot.waitSignal(stage.window.clock.ticked):
                    pass
            stage.window.grab()
    assert raised == []
    assert stage.desk.experiment.engine.errors == []
