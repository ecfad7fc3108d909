"""The table of measures as text."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.engine import measure_table
from core.engine.board import Measures
from core.engine.freshness import Present
from core.foundation.history import History
from core.metrics.base import METRICS, Measured, mean_of
from core.models.base import MODELS
from tests.fakes import fakes

VALUES = {
    "ae": {"quality": Measured(1234.5, 1230.0, 1239.0, n=2500, against=2000, floor=3.25, seconds=0.8, step=100)},
    "vae": {"quality": Measured(-7.0, -8.0, -6.0, n=2500, against=2000, floor=3.25, seconds=0.7, step=90)},
    "gan": {"quality": Measured(-6.5, -7.5, -5.5, n=2500, against=2000, floor=3.25, seconds=0.6, step=80)},
}


@pytest.fixture
def quality() -> Iterator[None]:
    plain = {"decimals": 1, "unit": "points", "better": -1, "of_samples": True, "title": "Quality | all", "order": 1}
    only_ae = {"order": 2, "title": "Only AE"}
    never = {"order": 3, "title": "Never"}
    with fakes(
        ("quality", {name: Measured(0.0) for name in VALUES}, plain),
        ("only_ae", {"ae": Measured(2.0)}, only_ae),
        ("never", {}, never),
    ):
        yield


def lane(name: str, data: Dataset, **more: Measured) -> measure_table.Lane:
    measures = Measures({**VALUES[name], **more}, History(("step", "seconds")).table(), "gmm")
    return measure_table.Lane(MODELS.get(name).short, MODELS.get(name), data, measures, 120, 61.0)


@pytest.fixture
def lanes(quality: None, tiny: Callable[..., Dataset]) -> list[measure_table.Lane]:
    return [lane("ae", tiny(), only_ae=Measured(2.0, n=7)), lane("vae", tiny()), lane("gan", tiny())]


def row(lanes: list[measure_table.Lane], name: str) -> measure_table.Row:
    return next(each for each in measure_table.rows(lanes) if each.metric.name == name)


def test_the_best_is_marked_and_what_overlaps_it(lanes: list[measure_table.Lane]) -> None:
    assert [cell.mark for cell in row(lanes, "quality").cells] == ["worse", "best", "level"]
    assert [cell.mark for cell in row(lanes, "only_ae").cells] == ["", "", ""]


def test_lanes_are_told_apart_image_by_image(tiny: Callable[..., Dataset]) -> None:
    """Hard images are hard for every lane: their intervals overlap, and the difference is sure."""
    random = np.random.default_rng(0)
    hard = random.gamma(4.0, 30.0, 200)
    noise = random.normal(0, 3, 200)
    noise -= noise.mean()
    values = {"ae": hard, "vae": hard + 2 + noise, "gan": hard + 0.05 + noise}
    plain = {"better": -1, "unit": "nats", "title": "Cost", "order": 1}
    data = tiny()
    with fakes(("cost", {name: Measured(0.0) for name in values}, plain)):
        lanes = [lane(name, data, cost=mean_of(each)) for name, each in values.items()]
        best, worse, level = row(lanes, "cost").cells
        assert best.measured is not None
        assert worse.measured is not None
        assert worse.measured.low < best.measured.high
        assert [cell.mark for cell in (best, worse, level)] == ["best", "worse", "level"]
        assert worse.from_best is not None
        assert 1.4 < worse.from_best.low < worse.from_best.value < worse.from_best.high < 2.6
        assert worse.from_best.value == pytest.approx(worse.measured.value - best.measured.value, rel=1e-9)
        fewer = [lanes[0], lane("vae", data, cost=mean_of(values["vae"][:100]))]
        assert row(fewer, "cost").cells[1].from_best is None  # other images: only the two intervals count
        samples = [(*lanes[:1], lane("vae", data, cost=mean_of(values["vae"])))]
        METRICS.get("cost").of_samples = True
        assert row(samples[0], "cost").cells[1].from_best is None


def test_the_other_end_may_be_better(lanes: list[measure_table.Lane], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METRICS.get("quality"), "better", 1)
    assert [cell.mark for cell in row(lanes, "quality").cells] == ["best", "worse", "worse"]
    monkeypatch.setattr(METRICS.get("quality"), "better", 0)
    assert [cell.mark for cell in row(lanes, "quality").cells] == ["", "", ""]


def test_an_old_value_is_never_the_best(lanes: list[measure_table.Lane]) -> None:
    ae, vae, gan = lanes
    moved_on = dataclasses.replace(vae, present=Present(1_000, sampler="gmm"))  # its value is of step 90
    cells = row([ae, moved_on, gan], "quality").cells
    assert [cell.mark for cell in cells] == ["worse", "", "best"]
    assert [cell.old for cell in cells] == [False, True, False]
    text = measure_table.markdown([ae, moved_on, gan])
    assert "| −7.0 ± 1.0 (perfect 3.2), step 90 |" in text
    assert "**−6.5**" in text


def test_without_intervals_any_difference_counts(quality: None, tiny: Callable[..., Dataset]) -> None:
    lanes = [lane("ae", tiny(), quality=Measured(2.0)), lane("vae", tiny(), quality=Measured(2.0))]
    assert [cell.mark for cell in row(lanes, "quality").cells] == ["", ""]  # none is better
    lanes[1] = lane("vae", tiny(), quality=Measured(2.1, 1.0, 3.0))
    assert [cell.mark for cell in row(lanes, "quality").cells] == ["best", "worse"]


def test_what_is_missing_has_a_reason(lanes: list[measure_table.Lane], tiny: Callable[..., Dataset]) -> None:
    cells = row(lanes, "only_ae").cells
    assert [cell.exists for cell in cells] == [True, False, False]
    assert cells[1].reason == "VAE has no only_ae."
    assert "never" not in [each.metric.name for each in measure_table.rows(lanes)]
    fresh = measure_table.Lane("AE", MODELS.get("ae"), tiny(), None, 0, 0.0)
    assert row([fresh], "only_ae").cells[0].reason == measure_table.NOT_YET
    broken = lane("ae", tiny(), only_ae=Measured(math.inf))
    assert row([broken], "only_ae").cells[0].measured is None


def test_markdown(lanes: list[measure_table.Lane]) -> None:
    lines = measure_table.markdown(lanes).splitlines()
    assert lines[0] == "| Measure | AE | VAE | GAN |"
    assert lines[1] == "| --- | ---: | ---: | ---: |"
    quality = "| Quality \\| all, points | 1,234.5 ± 4.5 (perfect 3.2) | **−7.0** ± 1.0 (perfect 3.2) "
    assert lines[2] == quality + "| ≈ −6.5 ± 1.0 (perfect 3.2) |"
    assert lines[3] == "| Only AE | 2.0 | — | — |"
    text = "\n".join(lines)
    assert "Tiny. ± is" in text
    assert "- VAE: Variational autoencoder, step 120, 61 s of training, z from GMM" in text
    assert text.count("2,500 samples against 2,000 real ones") == 1
    assert "- Only AE: 7 test images" in text


def test_csv_keeps_every_digit(lanes: list[measure_table.Lane]) -> None:
    found = list(csv.DictReader(io.StringIO(measure_table.csv_text(lanes))))
    assert tuple(found[0]) == measure_table.COLUMNS
    first = found[0]
    assert (first["measure"], first["lane"], first["model"], first["dataset"]) == ("quality", "AE", "ae", "tiny")
    assert [float(first[each]) for each in ("value", "low", "high", "floor")] == [1234.5, 1230.0, 1239.0, 3.25]
    assert (first["n"], first["against"], first["step"], first["mark"]) == ("2500", "2000", "100", "worse")
    missing = next(each for each in found if (each["measure"], each["lane"]) == ("only_ae", "GAN"))
    assert missing["value"] == ""
    assert missing["why_not"] == "GAN has no only_ae."
    only = next(each for each in found if (each["measure"], each["lane"]) == ("only_ae", "AE"))
    assert (only["low"], only["floor"]) == ("", "")


def test_no_lanes_make_an_empty_table() -> None:
    assert measure_table.rows(()) == ()
    assert measure_table.markdown(()).startswith("| Measure |")
    assert measure_table.csv_text(()).strip() == ",".join(measure_table.COLUMNS)


def test_figures() -> None:
    assert [measure_table.figure(value, 1) for value in (-0.04, -1234.56, 0.0, 7.25)] == [
        "−0.040",
        "−1,234.6",
        "0.0",
        "7.2",
    ]
