"""Short forms of hostile messages: both sides of a link bear them, and a side that does not would be found."""

from __future__ import annotations

import dataclasses
import threading
from random import Random

import pytest

from core.faults import talks, wire
from core.faults.base import Fault
from core.remote.messages import ENGINE_SAYS, WINDOW_SAYS

FAULTS: dict[str, Fault] = {fault.name: fault for fault in wire.FAULTS}


@pytest.mark.parametrize("fault", wire.FAULTS, ids=lambda fault: fault.name)
def test_hostile_messages_end_a_link_with_a_sentence_at_most(fault: Fault) -> None:
    assert fault.run(fault.quick, 1) == []
    assert sum(each.full for each in wire.FAULTS) == 10_000


def test_a_conversation_has_most_that_is_ever_said() -> None:
    talk = talks.talk()
    assert len(talk.window) + len(talk.engine) > 100
    assert len({type(each) for each in talk.window}) >= len(WINDOW_SAYS) - 2
    assert len({type(each) for each in talk.engine}) >= len(ENGINE_SAYS) - 2


def test_a_seed_repeats_its_mutants() -> None:
    messages = talks.talk().window
    mutants = [
        [wire._mutant(Random(f"{seed} {number}"), messages, number) for number in range(40)] for seed in (5, 5, 6)
    ]
    assert mutants[0] == mutants[1]
    assert len({*mutants[0], *mutants[2]}) > 60


def test_a_window_that_takes_another_models_knobs_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    side = wire._WindowSide(1)
    monkeypatch.setattr("core.remote.engine.check_change", lambda change, model: None)
    first = next(each for each in talks.talk().engine if getattr(each, "change", None) is not None)
    wrong = dataclasses.replace(first, change=dataclasses.replace(first.change, config=talks.small("wgan_gp")))
    assert side.bears(talks.said(wrong), side.mark())
    assert "knobs of another model" in side.close()


def test_an_engine_that_hangs_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PATIENCE_S", 0.5)
    side = wire._EngineSide()
    blocked = threading.Event()
    monkeypatch.setattr(side._server, "obey", lambda message: blocked.wait())
    assert not side.bears(talks.said(side.mark()), side.mark())
    assert side.close() == "the link does not end"
    blocked.set()
