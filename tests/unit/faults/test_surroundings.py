"""A short form of the odd surroundings, and whether they would notice what they look for."""

from __future__ import annotations

import os
import subprocess

import pytest

from core.faults import surroundings
from core.faults.surroundings import PLACES, _said, tries

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs POSIX paths and signals")


@pytest.mark.parametrize("says", ["a home that is nowhere", "a path with a newline", "a path through a file"])
def test_it_works_there_or_says_why_not(says: str) -> None:
    number = next(n for n, (what, odd, _) in enumerate(tries()) if (what, odd.says) == ("train", says))
    assert surroundings.surroundings(1, number) == []


def test_without_a_display_one_sentence_is_said() -> None:
    assert surroundings.surroundings(1, len(tries()) - 1) == []


@pytest.mark.parametrize(
    ("status", "err", "works", "trouble"),
    [
        (0, "", True, ""),
        (1, "error: no", True, "status 1"),
        (1, "error: no", False, ""),
        (0, "", False, "status 0"),
        (1, "", False, "it says"),
        (2, "Traceback (most recent call last):\n  ...", False, "a traceback"),
    ],
)
def test_what_is_wrong_is_noticed(status: int, err: str, works: bool, trouble: str) -> None:
    assert _said(subprocess.CompletedProcess((), status, "", err), works).startswith(trouble)


def test_all_are_tried_in_full() -> None:
    assert surroundings.FAULTS[0].full >= len(tries()) >= len(PLACES)
