"""A window on data with hardly any images: nothing fails, and what cannot be measured says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from core.datasets.base import Dataset, Images
from core.evaluation import classifier
from core.probes.elbo_anatomy import AnatomyLook
from core.probes.hole_maps import HoleMapLook
from core.probes.new_pictures import NewPicturesLook
from core.probes.units import MovesLook
from gui.compare.measure_words import cell_words


def few(tests: int, trains: int, classes: int) -> Dataset:
    random = np.random.default_rng(tests)
    train, test = (
        Images(random.integers(0, 256, (count, 1, 28, 28), np.uint8), np.arange(count) % classes)
        for count in (trains, tests)
    )
    return Dataset("few", "Few", train, test, class_names=("a", "b")[:classes])


@pytest.mark.parametrize(("tests", "trains", "classes"), [(1, 5, 1), (1, 1, 1), (7, 2, 2)])
def test_every_tab_of_a_few_images(
    tests: int, trains: int, classes: int, desk_window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "SEEN", 200)
    stage = desk_window(("denoising_ae", "vae", "gan"), dataset=few(tests, trains, classes), batch=4)
    stage.desk.experiment.step(5)
    stage.until(stage.stepped(5))
    stage.until(stage.all_are("paused"))
    for tab in ("lineup", "latent", "compare"):
        stage.window.show_tab(tab)
        stage.rest()
    stage.measured("distortion", "memorisation", "off_manifold", "proxy_fd", "hole_share", step=5)
    table = stage.tab.table
    rows = {row.metric.name: row for row in table._rows}
    assert ("proxy_fd" in rows) == (tests > 1)
    if tests == 1:
        assert "active_units" not in rows
        assert "GAN has no encoder" in cell_words(rows["psnr"], 2, table._lanes[2])
    stage.window.show_tab("information")
    vae = stage.run("vae")
    looks = {"elbo": AnatomyLook, "holes": HoleMapLook, "generate": NewPicturesLook, "lenses": MovesLook}
    for page in ("entropy", *looks, "slow motion"):
        stage.window.information.show_page(page)
        stage.rest()
        if page in looks:
            stage.until(lambda look=looks[page]: any(kind is look for kind, _ in vae.view.looks.answers))
    for _ in range(3):
        stage.desk.next_pair()
        stage.desk.new_samples()
        stage.rest()
    assert not stage.has_dialog()
