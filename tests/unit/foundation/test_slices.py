"""Work in slices: how it is finished, kept, and shared."""

from __future__ import annotations

import gc
import weakref

import pytest

from core.foundation.slices import Work, finish, once, shared


class Kitchen:
    """Counts how often a dish is begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.burn = False

    @once
    def soup(self) -> Work[str]:
        """For one guest."""
        self.begun.append("soup")
        yield
        yield
        return "soup"

    @shared
    def roast(self) -> Work[str]:
        """For a table."""
        self.begun.append("roast")
        yield
        yield
        if self.burn:
            raise ValueError("burnt")
        yield
        return "roast"


def slices(work: Work[str]) -> int:
    """How often it yields."""
    return sum(1 for _ in work)


def test_what_is_kept_is_made_once() -> None:
    kitchen = Kitchen()
    assert slices(kitchen.soup()) == 2
    assert finish(kitchen.soup()) == "soup"
    assert slices(kitchen.soup()) == 0
    assert kitchen.begun == ["soup"]
    assert Kitchen().begun == []


def test_work_that_is_left_is_begun_again() -> None:
    kitchen = Kitchen()
    work = kitchen.soup()
    next(work)
    work.close()
    assert finish(kitchen.soup()) == "soup"
    assert kitchen.begun == ["soup", "soup"]


def test_whoever_asks_meanwhile_helps() -> None:
    kitchen = Kitchen()
    one, two = kitchen.roast(), kitchen.roast()
    next(one)
    next(two)
    next(one)  # three turns, as many as it has
    assert finish(two) == finish(one) == finish(kitchen.roast()) == "roast"
    assert kitchen.begun == ["roast"]


def test_shared_work_survives_whoever_left() -> None:
    kitchen = Kitchen()
    work = kitchen.roast()
    next(work)
    next(work)
    work.close()
    assert slices(kitchen.roast()) == 1  # the third
    assert kitchen.begun == ["roast"]


def test_what_failed_may_be_tried_again() -> None:
    kitchen = Kitchen()
    kitchen.burn = True
    with pytest.raises(ValueError, match="burnt"):
        finish(kitchen.roast())
    kitchen.burn = False
    assert finish(kitchen.roast()) == "roast"
    assert kitchen.begun == ["roast", "roast"]


def test_nothing_kept_holds_its_owner() -> None:
    """The window collects seldom: what was looked at must go by itself."""
    gc.disable()
    kitchen = Kitchen()
    finish(kitchen.soup())
    finish(kitchen.roast())
    left = kitchen.soup()
    next(left, None)
    left.close()
    gone = weakref.ref(kitchen)
    del kitchen, left
    assert gone() is None
