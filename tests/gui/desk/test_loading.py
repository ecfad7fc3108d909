"""Slow work off the GUI thread ends with one signal, whatever it raises."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from gui.desk.loading import Loading


@pytest.mark.parametrize("error", [OSError("no such file"), KeyboardInterrupt(), SystemExit(), GeneratorExit()])
def test_an_error_of_any_kind_is_told(
    error: BaseException, qtbot: QtBot, qapp: QCoreApplication, heard: Callable[[Any], list[Any]]
) -> None:
    def work(report: object) -> None:
        raise error

    loading = Loading(work)
    failed = heard(loading.failed)
    loading.start()
    qtbot.waitUntil(lambda: bool(failed))
    assert loading.wait()
    assert failed[0][0] == (str(error) or type(error).__name__)


class Kept:
    """Something large that work refers to."""


def test_a_slot_that_refers_to_it_keeps_neither_it_nor_its_work(qtbot: QtBot, qapp: QCoreApplication) -> None:
    large = Kept()
    ended: list[bool] = []

    def start(kept: Kept) -> weakref.ref[Loading]:
        loading = Loading(lambda report: kept is None)
        loading.done.connect(lambda result: ended.append(loading.was_cancelled()))
        loading.start()
        return weakref.ref(loading)

    left, large_left = start(large), weakref.ref(large)
    del large
    qtbot.waitUntil(lambda: ended == [False])
    qtbot.waitUntil(lambda: left() is None and large_left() is None)
