"""The soak tells memory that grows from memory that comes and goes, and its hand does everything it names."""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from core.benchmarks.targets import TARGETS, figure, table
from core.cli import main
from core.datasets import base
from core.datasets.base import Dataset
from core.foundation.user_error import UserError
from gui.bench import reactions, soak
from gui.bench.window import drop, open_window, wait
from tests.gui.conftest import SMALL

PATH = "soak.growth_mb_per_10min.at_least"
MOST = next(target.bound for target in TARGETS if target.path == PATH)
SECONDS = 720
OPENED = ("latent", "side_panels", "lesson", "lesson_set_up")
"""Reactions of a short round; `test_reactions.py` opens everything."""


def read(per_10min: float, shape: Any = 0.0) -> soak.Samples:
    """Memory once a second: it fills in the first minutes, then follows a line with noise of 2 MB and ``shape``."""
    t = np.arange(float(SECONDS))
    sizes = 700 - 150 * np.exp(-t / 15) + per_10min * t / 600 + np.random.default_rng(0).normal(0.0, 2.0, SECONDS)
    return list(zip(t.tolist(), (sizes + shape).tolist(), strict=True))


def at_least(samples: soak.Samples) -> float:
    value = figure({"soak": soak.figures(samples)}, PATH)
    assert value is not None
    return value


def saw(period_s: float, height_mb: float) -> np.ndarray:
    """Memory that is freed and kept, until the allocator returns it."""
    return height_mb * (np.arange(SECONDS) % period_s) / period_s


def test_memory_that_stays_the_same_meets_the_target() -> None:
    report = {"soak": soak.figures(read(0.0))}
    assert report["soak"]["growth_mb_per_10min"]["at_least"] <= MOST
    assert f"`{PATH}` | 0 MB | ≤ 1 MB | met |" in table(report)


def test_a_leak_of_5_mb_is_found() -> None:
    grown = soak.figures(read(5.0))["growth_mb_per_10min"]
    assert grown["low"] < 5.0 < grown["high"]
    assert MOST < grown["at_least"] == grown["low"]
    assert table({"soak": soak.figures(read(5.0))}).endswith("| missed |")


@pytest.mark.parametrize("period_s", [17, 45, 100, 150])
def test_memory_that_the_allocator_returns_in_jumps_is_no_leak(period_s: float) -> None:
    assert at_least(read(0.0, saw(period_s, 40.0))) <= MOST


def test_a_leak_under_a_saw_is_found() -> None:
    assert at_least(read(60.0, saw(45, 30.0))) > MOST


def test_memory_that_shrinks_is_no_growth() -> None:
    assert at_least(read(-50.0)) == 0.0


def test_sizes_are_those_after_the_warm_up_at_the_end_and_at_most() -> None:
    samples = [(float(t), 100.0 + t) for t in range(320)]
    samples[30] = (30.0, 900.0)
    report = soak.figures(samples)
    assert (report["start_mb"], report["end_mb"], report["peak_mb"]) == (280, 419, 900)
    assert report["memory_mb"] == [list(each) for each in samples]


def test_too_few_readings_say_so() -> None:
    with pytest.raises(UserError, match="too short a time"):
        soak.figures(read(0.0)[:270])


def test_a_short_soak_says_so_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "open_window", None)  # it is not called
    assert main.main(["bench", "soak", "--seconds", "299"]) == main.MISUSED
    assert capsys.readouterr().err.splitlines() == [
        "latent-playground: a soak of 299 s is too short: 180 s pass until caches are full, and a slope takes 120 s "
        "more; give --seconds 300 or more"
    ]


def test_a_system_that_does_not_tell_its_memory_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soak, "resident_with_children_mb", lambda: float("nan"))
    assert main.main(["bench", "soak"]) == main.FAILED
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.fixture
def quick(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hand that lingers nowhere, on 600 digits under whatever name, and readings of memory at once."""

    def load(name: str, *more: Any) -> Dataset:
        return dataclasses.replace(digits, name=name)

    def few(folder: Path) -> tuple[reactions.Reaction, ...]:
        return tuple(each for each in reactions.all_reactions(folder) if each.name in OPENED)

    monkeypatch.setattr(base, "load", load)
    monkeypatch.setattr(soak, "open_window", functools.partial(open_window, home="threads", **SMALL))
    monkeypatch.setattr(soak, "all_reactions", few)
    monkeypatch.setattr(reactions, "PAUSE_S", 0.01)
    for name, value in (("WARM_UP_S", 0.05), ("BLOCK_S", 0.05), ("LEAST_S", 0.35), ("SAMPLE_MS", 5)):
        monkeypatch.setattr(soak, name, value)
    for name in ("STAY_S", "DRAG_S"):
        monkeypatch.setattr(soak, name, 0.02)


def test_the_hand_does_what_it_names(
    quick: None, monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None, tmp_path: Path
) -> None:
    window, experiment = soak.open_window(("ae", "vae", "gan"))
    desk, first = window.desk, list(experiment.runs)
    seen: list[str] = []
    for name in ("opened", "restarted", "lanes_changed", "dataset_changed", "sampler_changed", "samples_changed"):
        getattr(desk, name).connect(functools.partial(seen.append, name))
    desk.knob_changed.connect(lambda run, name: seen.append(f"{run.model_name} {name}"))
    desk.point.moved.connect(functools.partial(seen.append, "moved"))
    window.pages.turned.connect(seen.append)
    experiment.start()
    try:
        for act in soak._Hand(window, tmp_path).acts():
            act()
        assert {"latent", "lineup", "moved", "vae beta", "sampler_changed", "samples_changed"} <= set(seen)
        assert seen.count("restarted") == 4
        assert seen.count("dataset_changed") == 2
        assert (experiment.dataset.name, desk.sampler, first[1].pending.beta) == ("mnist", "prior", 1.0)
        assert [run.model_name for run in experiment.runs] == ["ae", "vae", "gan"]
        assert experiment.runs[:2] == first[:2]
        assert experiment.runs[2] is not first[2]
        assert (tmp_path / "film.gif").stat().st_size > 1_000
        assert window.lessons.isHidden()
        assert experiment.engine.errors == []
    finally:
        assert experiment.close(soak.PATIENCE_S)
        drop(window)


def test_the_report_has_every_figure(
    quick: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    qapp: QApplication,
    hush: None,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(soak._Hand, "acts", lambda hand: (functools.partial(wait, 0.2),) * 2)
    out = tmp_path / "soak.json"
    assert main.main(["bench", "soak", "--seconds", "1", "--json", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))["soak"]
    assert set(report["growth_mb_per_10min"]) == {"slope", "low", "high", "at_least"}
    assert 1.0 <= report["seconds"] < 10.0
    assert report["rounds"] >= 1.0
    assert 0 < min(report["start_mb"], report["end_mb"]) <= max(report["start_mb"], report["end_mb"])
    assert max(report["start_mb"], report["end_mb"]) <= report["peak_mb"]
    assert len(report["memory_mb"]) > 10
    printed = capsys.readouterr()
    assert f"| `{PATH}` |" in printed.out
    *rounds, grown = printed.err.splitlines()
    assert rounds[0].startswith("round 1, after ")
    assert grown.startswith("memory grows by ")
