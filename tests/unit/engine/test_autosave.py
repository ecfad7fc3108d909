"""How often a run is saved while it trains."""

from __future__ import annotations

from typing import Any

import pytest

from core.engine import autosave
from core.engine.autosave import USUAL, Autosave, Every
from core.engine.kept import Kept
from core.foundation.files import FileError
from core.foundation.mailbox import Mailbox, Refusal
from core.foundation.params import KnobError
from core.training.saved import Saved


class Run:
    """A run that is asked for states."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Mailbox[Kept]]] = []

    def keep(self, every: int = 0) -> Mailbox[Kept]:
        self.asked.append((every, Mailbox()))
        return self.asked[-1][1]

    def gives(self, step: int) -> None:
        self.asked[-1][1].put(Kept(0, None, None, None, Saved({}, step, 1.0)))  # type: ignore[arg-type]


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(autosave, "time", clock)
    return clock


@pytest.mark.parametrize(
    ("text", "every"),
    [
        (None, USUAL),
        ("500", Every(500, 0.0, False)),
        ("90s", Every(0, 90.0, False)),
        ("1.5m", Every(0, 90.0, False)),
        (" 2H ", Every(0, 7200.0, False)),
        ("0", Every(0, 0.0, False)),
    ],
)
def test_how_often_is_read(text: str | None, every: Every) -> None:
    assert Every.parsed(text) == every


@pytest.mark.parametrize("text", ["", "-1", "1.5", "s", "1d", "9" * 20, "1e3", "٣"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(KnobError, match="--save-every"):
        Every.parsed(text)


def test_at_multiples_of_steps(clock: Clock) -> None:
    run, written = Run(), []
    saver: Any = Autosave(run, Every(50, 0.0, False), written.append)  # type: ignore[arg-type]
    saver.look()
    saver.look()
    assert [every for every, _ in run.asked] == [50]
    assert not saver.has_come()
    run.gives(50)
    assert saver.has_come()
    saver.look()
    assert [kept.saved.step for kept in written] == [50]
    assert [every for every, _ in run.asked] == [50, 50]


def test_every_minute_for_one_per_cent_of_the_time(clock: Clock) -> None:
    run, steps = Run(), []

    def write(kept: Kept) -> None:
        steps.append(kept.saved.step)
        clock.now += 2.0  # a large model on a slow disk

    saver = Autosave(run, USUAL, write)  # type: ignore[arg-type]
    saver.look()
    assert run.asked == []
    clock.now += 60
    saver.look()
    run.gives(10)
    saver.look()
    assert steps == [10]
    clock.now += 199
    saver.look()
    assert len(run.asked) == 1
    clock.now += 1
    saver.look()
    assert len(run.asked) == 2


def test_a_state_that_cannot_be_had_is_asked_for_again(clock: Clock) -> None:
    run = Run()
    saver = Autosave(run, Every(0, 5.0, False), lambda kept: None)  # type: ignore[arg-type]
    clock.now += 5
    saver.look()
    run.asked[-1][1].put(Refusal("it has no weights"))
    saver.look()
    clock.now += 5
    saver.look()
    assert len(run.asked) == 2


def test_a_full_disk_is_told_once_until_it_has_room(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    run, trouble = Run(), [True]

    def write(kept: Kept) -> None:
        if trouble[0]:
            raise FileError("cannot write x: no space")

    saver = Autosave(run, Every(0, 5.0, False), write)  # type: ignore[arg-type]
    for is_full in (True, True, False, True):
        trouble[0] = is_full
        clock.now += 5
        saver.look()
        run.gives(7)
        saver.look()
    assert capsys.readouterr().err == "latent-playground: not saved at step 7: cannot write x: no space\n" * 2
