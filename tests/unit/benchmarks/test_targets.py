"""The bench reports every figure. Whether a figure meets its target is not tested."""

from __future__ import annotations

import pytest
import torch

from core.benchmarks import engine, targets
from core.models.base import MODELS
from core.nets.networks import Shape


@pytest.mark.parametrize(("model", "network"), engine.KINDS)
def test_a_bare_loop_trains(model: str, network: str) -> None:
    config = MODELS.get(model).Config(hidden="32", channels=4)
    step = engine.bare_step(model, network, Shape(1, 28, 28, 2), config)
    x = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert engine.step_flops(step, x) > 1e5
    step(x)


def test_engine_reports_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "KINDS", (("ae", "mlp"),))
    monkeypatch.setattr(engine, "SHORT_ROUNDS", 2)
    monkeypatch.setattr(engine.devices, "cores", lambda: 1)
    lines: list[str] = []
    report = {"engine": engine.engine(0.05, lines.append)}
    assert len(lines) == 1
    for name in ("samples_per_second", "bare_loop", "example_loop", "ratio_bare", "ratio_example", "gemm_share"):
        spread = report["engine"]["ae.mlp"][name]
        assert 0 < spread["min"] <= spread["median"] <= spread["max"]
    assert "| `engine.ae.mlp.ratio_bare` |" in targets.table(report)


def test_figures_by_path() -> None:
    window = {home: {"drag_ms": {"p50": 9.0}} for home in ("threads", "process")}
    report = {"engine": {"vae.mlp": {"ratio_bare": {"median": 0.99}}}, "window": window}
    assert targets.figure(report, "engine.vae.mlp.ratio_bare.median") == 0.99
    assert targets.figure(report, "window.process.drag_ms.p50") == 9.0
    assert targets.figure(report, "window.process.drag_ms.p99") is None
    assert targets.figure(report, "window.process.drag_ms") is None
    lines = targets.table(report).splitlines()
    assert lines[2].endswith("| ≥ 0.98 | met |")
    assert lines[3] == "| `window.process.drag_ms.p50` | 9 ms | ≤ 5 ms | missed |"
    assert lines[4] == "| `window.threads.drag_ms.p50` | 9 ms |  |  |"
