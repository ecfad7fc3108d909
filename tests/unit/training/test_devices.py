"""How many cores a program without a window takes."""

from __future__ import annotations

import threading

import pytest
import torch

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


def test_a_thread_leaves_busy_cores_and_never_takes_more_than_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr(devices, "cores", lambda: 8)
    monkeypatch.setattr(devices, "busy_cores", lambda: 5.0)
    try:
        left = []
        for threads in (8, 2, 1):
            torch.set_num_threads(threads)
            devices.leave_busy_cores()
            left.append(torch.get_num_threads())
        assert left == [3, 2, 1]
    finally:
        torch.set_num_threads(before)


def test_waiting_for_a_core_costs_nothing_and_waiting_for_a_device_does() -> None:
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    began = devices.spent_s(cpu), devices.spent_s(cuda)
    threading.Event().wait(0.1)
    assert devices.spent_s(cpu) - began[0] < 0.05
    assert devices.spent_s(cuda) - began[1] >= 0.1
