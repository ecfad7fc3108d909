"""What `train` prints is said in the words of the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli.main import main


def test_points_are_called_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = "train --model vae --dataset moons --steps 3 --threads 1 --device cpu"
    assert main([*words.split(), "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr().out
    assert "image" not in printed
    assert "points/s" in printed
    assert "held-out points: distortion" in printed
    assert "nats per point" in printed
