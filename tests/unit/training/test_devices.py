"""How many cores a program without a window takes."""

from __future__ import annotations

import pytest

from core.training import devices


@pytest.mark.parametrize(
    ("cores", "busy", "free"),
    [
        (2, 0.0, 2),
        (2, 0.2, 2),
        (2, 0.5, 1),
        (2, 1.0, 1),
        (2, 2.0, 1),
        (8, 2.1, 6),
        (8, 2.5, 5),
        (1, 1.0, 1),
        (4, 9.0, 1),
    ],
)
def test_a_core_of_which_others_use_a_third_is_left_to_them(
    monkeypatch: pytest.MonkeyPatch, cores: int, busy: float, free: int
) -> None:
    monkeypatch.setattr(devices, "cores", lambda: cores)
    assert devices.free_cores(busy) == free
