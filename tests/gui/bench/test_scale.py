"""The scale bench measures everything it names. Speed is not tested."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

import gui.bench.first_digits
import gui.bench.information
import gui.bench.reactions
import gui.bench.window
from core.benchmarks import busy, engine, targets
from core.cli import main
from core.datasets.base import Dataset
from core.foundation.history import History
from core.training import devices
from core.training.training import columns_of
from gui.bench import scale

KEYS = {
    "history": {"mb", "draw_ms"},
    "map": {"frames_per_second"},
    "latent": {"samples_per_second", "decode_ms"},
    "image": {"mlp", "conv"},
    "lanes": {"steps_per_second"},
}
SIZES = {"history": "STEPS", "map": "CODES", "latent": "LATENTS", "image": "SIDES", "lanes": "LANES"}


def numbers(part: Any) -> list[Any]:
    """The leaves of a report."""
    return [leaf for each in part.values() for leaf in numbers(each)] if isinstance(part, dict) else [part]


def test_the_report_has_every_figure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    qapp: QApplication,
    hush: None,
    tiny: Callable[..., Dataset],
    tmp_path: Path,
) -> None:
    small = {"STEPS": (600, 40_000), "CODES": (50, 30_000), "LATENTS": (2, 8), "SIDES": (28, 40), "LANES": (1, 2)}
    for name, value in {**small, "DRAWS": 2, "FRAMES": 3, "IMAGES": 256, "DECODES": 3, "ROUNDS": 1}.items():
        monkeypatch.setattr(scale, name, value)
    monkeypatch.setattr(scale, "NUMBERS_INTERVAL_S", 0.01)
    monkeypatch.setattr(scale, "load", lambda name: tiny())
    monkeypatch.setattr(devices, "cores", lambda: 1)
    out = tmp_path / "scale.json"
    assert main.main(["bench", "scale", "--seconds", "0.05", "--json", str(out)]) == 0
    report = json.loads(out.read_text("utf-8"))
    assert set(report) == {"scale"}
    assert set(report["scale"]) == set(KEYS)
    for part, figures in report["scale"].items():
        assert list(figures) == [str(size) for size in small[SIZES[part]]]
        assert all(set(each) == KEYS[part] for each in figures.values())
        assert all(number > 0 for number in numbers(figures))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == sum(map(len, small.values()))


def test_every_target_is_measured() -> None:
    paths = [target.path for target in targets.TARGETS if target.path.startswith("scale.")]
    assert paths
    for path in paths:
        _, part, size, name = path.split(".")
        assert int(size) in getattr(scale, SIZES[part])
        assert name in KEYS[part]
        assert targets.figure({"scale": {part: {size: {name: 12.5}}}}, path) == 12.5


def test_a_long_history_stays_small() -> None:
    sizes = []
    for steps in (100_000, 400_000, 1_000_000):
        history = History(columns_of("vae"))
        scale.fill(history, 0, steps)
        assert history.table().last("step") == pytest.approx(steps, abs=history.table().stride)
        sizes.append(history.bytes)
    assert max(sizes) < 1.2 * min(sizes)
    assert max(sizes) < 2e6


class EmptyBench:
    """A bench module that measures nothing."""

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return lambda *args: {}


def test_all_runs_every_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine, "engine", lambda seconds, tell: {})
    monkeypatch.setattr(busy, "busy", lambda seconds, tell: {})
    for name in ("window", "information", "reactions", "first_digits"):
        monkeypatch.setattr(gui.bench, name, EmptyBench())
    monkeypatch.setattr(scale, "scale", lambda seconds, tell: {})
    reports = {}
    for part in ("engine", "window", "information", "start", "scale", "all"):
        assert main.main(["bench", part, "--json", str(tmp_path / "report.json")]) == 0
        reports[part] = set(json.loads((tmp_path / "report.json").read_text("utf-8")))
    assert reports["scale"] == {"scale"}
    assert all(part in reports[part] for part in reports if part != "all")
    assert reports["all"] == set().union(*(reports[part] for part in reports if part != "all"))
