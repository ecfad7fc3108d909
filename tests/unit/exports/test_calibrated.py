"""A part of the calibration of exports (`tests.calibration.exports`): what takes a second, and what it must find."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.metrics.base import Measured
from tests.calibration.exported_run import ExportedRun, Setting, apart, differing, largest, trained
from tests.calibration.exports import CHECKS, checked
from tests.calibration.text_exports import is_printed, is_told

QUICK = ("safetensors", "codes", "projector", "sheets", "reconstruct", "command", "snippet", "text")
"""Checks that need no second process. Films, reports, scripts and ONNX have tests of their own."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ExportedRun:
    """A variational autoencoder on grey shapes."""
    return trained(Setting("vae", "shapes", "mlp"), tmp_path_factory.mktemp("exported"), 5)


def test_what_leaves_a_run_is_what_it_holds(run: ExportedRun) -> None:
    rows = [row for name in QUICK for row in checked(run.setting, name, lambda name=name: CHECKS[name](run))]
    assert len(rows) >= 2 * len(QUICK)
    assert [row for row in rows if not row.agrees] == []


def test_points_of_a_table(tmp_path: Path) -> None:
    gan = trained(Setting("gan", "table", "mlp"), tmp_path, 2)
    rows = [row for name in ("codes", "sheets", "reconstruct") for row in CHECKS[name](gan)]
    assert {row.export for row in rows} >= {"sample, CSV", "interpolate, CSV", "codes, refused", "reconstruct, refused"}
    assert [row for row in rows if not row.agrees] == []


def test_exports_of_other_weights_differ(run: ExportedRun, tmp_path: Path) -> None:
    other = trained(run.setting, tmp_path, 6)
    mixed = dataclasses.replace(run, saved=other.saved, snapshot=other.snapshot)
    differ = {row.export for name in QUICK[:5] for row in CHECKS[name](mixed) if not row.agrees}
    assert differ >= {
        "safetensors, weights", "codes of test, CSV", "codes of train, NPZ", "codes of own pictures, NPZ",
        "projector, vectors", "sample, PNG", "interpolate, PNG", "reconstruct, PNG", "reconstruct, sheet",
    }  # fmt: skip


def test_differences() -> None:
    x = np.float32([0.5, 200.0])
    assert largest(x, x + np.float32([0.25, 0])) == 0.25
    assert largest(x, x + np.float32([0, 50])) == 0.25  # a share of 200
    assert largest(x, x[:1]) == largest(x, x * np.nan) == differing(x, x[:1]) == np.inf
    assert differing(x, x * np.float32([1, np.nan])) == 1
    assert apart([{"loss": 1.0}], [{"loss": 1.5}]) == 0.5
    assert apart([{"loss": 1.0}], [{"lost": 1.0}]) == apart([{"loss": 1.0}], []) == np.inf


def test_an_export_that_fails_is_a_row(run: ExportedRun) -> None:
    (row,) = checked(run.setting, "codes", lambda: iter([1 // 0]))  # type: ignore[list-item]
    assert not row.agrees
    assert row.said.startswith("ZeroDivisionError")


@pytest.mark.parametrize(
    ("value", "text", "agrees"),
    [(1234.56, "1,234.6", True), (-0.0041, "−0.0041", True), (0.25, "0.3", True), (0.24, "0.3", False),
     (2e-9, "2e−9", True), (np.nan, "—", True), (np.inf, "12", False), (1.0, "", False)],
)  # fmt: skip
def test_printed_digits(value: float, text: str, agrees: bool) -> None:
    assert is_printed(value, text) == agrees


def test_a_measure_that_is_told_wrongly() -> None:
    row = [["Distortion", "nats; 1,000 test images"], ["123.46", "120.04 to 126.87, perfect 1.25"]]
    right = Measured(123.456, 120.04, 126.87, n=1000, floor=1.25)
    assert is_told(right, row)
    for wrong in ({"value": 123.4}, {"low": 120.1}, {"high": 127.0}, {"floor": 1.3}, {"n": 999}):
        assert not is_told(dataclasses.replace(right, **wrong), row)
