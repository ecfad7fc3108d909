"""Work in slices: finished, cached, and shared between callers."""

from __future__ import annotations

import gc
import weakref

import pytest

from core.foundation.slices import Work, finish, once, shared


class Owner:
    """Counts how often each of its computations is started."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.fails = False

    @once
    def own(self) -> Work[str]:
        """Two slices, for one caller at a time."""
        self.started.append("own")
        yield
        yield
        return "own"

    @shared
    def common(self) -> Work[str]:
        """Three slices, for callers that interleave."""
        self.started.append("common")
        yield
        yield
        if self.fails:
            raise ValueError("failed")
        yield
        return "common"


def slices(work: Work[str]) -> int:
    """How often it yields."""
    return sum(1 for _ in work)


def test_a_cached_result_is_computed_once() -> None:
    owner = Owner()
    assert slices(owner.own()) == 2
    assert finish(owner.own()) == "own"
    assert slices(owner.own()) == 0
    assert owner.started == ["own"]
    assert Owner().started == []


def test_abandoned_work_starts_again() -> None:
    owner = Owner()
    work = owner.own()
    next(work)
    work.close()
    assert finish(owner.own()) == "own"
    assert owner.started == ["own", "own"]


def test_interleaved_callers_advance_the_same_work() -> None:
    owner = Owner()
    one, two = owner.common(), owner.common()
    next(one)
    next(two)
    next(one)  # the last of its three slices
    assert finish(two) == finish(one) == finish(owner.common()) == "common"
    assert owner.started == ["common"]


def test_shared_work_goes_on_after_a_caller_left() -> None:
    owner = Owner()
    work = owner.common()
    next(work)
    next(work)
    work.close()
    assert slices(owner.common()) == 1  # the third
    assert owner.started == ["common"]


def test_failed_work_can_be_tried_again() -> None:
    owner = Owner()
    owner.fails = True
    with pytest.raises(ValueError, match="failed"):
        finish(owner.common())
    owner.fails = False
    assert finish(owner.common()) == "common"
    assert owner.started == ["common", "common"]


def test_a_cached_result_makes_no_reference_cycle() -> None:
    """The window collects seldom, so an owner must be freed by its reference count."""
    gc.disable()
    owner = Owner()
    finish(owner.own())
    finish(owner.common())
    abandoned = owner.own()
    next(abandoned, None)
    abandoned.close()
    reference = weakref.ref(owner)
    del owner, abandoned
    assert reference() is None
