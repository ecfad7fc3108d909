"""A mailbox between two threads."""

from __future__ import annotations

import signal
import threading

import pytest

from core.foundation.mailbox import MAX_CHARACTERS, Mailbox, Refusal, sentence_of


def test_nothing_has_come_yet() -> None:
    assert Mailbox[int]().take() is None
    assert Mailbox[int]().take(0.01) is None


def test_what_comes_is_taken_once_and_in_order() -> None:
    box = Mailbox[int]()
    threading.Thread(target=lambda: [box.put(each) for each in (1, 2)]).start()
    assert (box.take(10.0), box.take(10.0), box.take()) == (1, 2, None)


def test_work_fills_it_with_its_value_or_with_the_reason_why_there_is_none() -> None:
    box = Mailbox[int]()
    box.fill(lambda: 7)
    box.fill(lambda: [][0])
    box.fill(lambda: signal.default_int_handler(2, None))
    assert (box.take(), box.take()) == (7, Refusal("list index out of range"))
    assert box.take() == Refusal("KeyboardInterrupt")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("two\n  lines"), "two lines"),
        (MemoryError(), "MemoryError"),
        (OSError("x" * 999), "x" * MAX_CHARACTERS),
    ],
)
def test_an_error_is_one_short_line(error: Exception, sentence: str) -> None:
    assert sentence_of(error) == sentence
