"""Short forms of hostile messages: both sides of a link bear them, and a side that does not would be found."""

from __future__ import annotations

import dataclasses
import io
import threading
from random import Random

import numpy as np
import pytest

from core.faults import talks, wire
from core.faults.base import Fault, unspeakable
from core.foundation.user_error import UserError
from core.remote.messages import ENGINE_SAYS, WINDOW_SAYS
from core.remote.relay import Rewound, first_words
from core.remote.session import Attach
from core.remote.wire import Frame

FAULTS: dict[str, Fault] = {fault.name: fault for fault in wire.FAULTS}


@pytest.mark.parametrize("fault", wire.FAULTS, ids=lambda fault: fault.name)
def test_hostile_messages_end_a_link_with_a_sentence_at_most(fault: Fault) -> None:
    assert fault.run(fault.quick, 1) == []
    assert sum(each.full for each in wire.FAULTS) == 10_000


def test_a_conversation_has_most_that_is_ever_said() -> None:
    talk = talks.talk()
    assert len(talk.window) + len(talk.engine) > 100
    assert len({type(each) for each in talk.window}) >= len(WINDOW_SAYS) - 5
    assert len({type(each) for each in talk.engine}) >= len(ENGINE_SAYS) - 5


def test_a_seed_repeats_its_mutants() -> None:
    messages = talks.talk().window
    mutants = [
        [wire._mutant(Random(f"{seed} {number}"), messages, number) for number in range(40)] for seed in (5, 5, 6)
    ]
    assert mutants[0] == mutants[1]
    assert len({*mutants[0], *mutants[2]}) > 60


@pytest.mark.filterwarnings("ignore:overflow encountered", "ignore:invalid value encountered")
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 4), (2, 3, 4)])
def test_an_array_of_every_shape_has_mutants(shape: tuple[int, ...]) -> None:
    """Also one without a dimension, and one that was changed before."""
    for kind in ("float32", "uint8"):
        array = np.zeros(shape, kind)
        mutants = [talks._changed_array(array, Random(number)) for number in range(200)]
        assert len({(each.shape, each.dtype) for each in mutants}) > 2
        for number, each in enumerate(mutants):
            assert isinstance(talks._changed_array(each, Random(number)), np.ndarray)


def test_a_relay_bears_hostile_first_words() -> None:
    attach, answers, sentences = Attach("0123456789abcdef", False, 600.0), set(), set[str]()
    for number in range(400):
        random = Random(number)
        message = talks.mutated_message(attach, random, (attach,))
        content = talks.mutated_content(message, random) if number % 2 else talks.said(message)
        try:
            answers.add(first_words(Rewound(io.BytesIO(wire.GREETING + content))))
        except UserError as error:
            sentences.add(str(error))
    assert attach in answers
    assert len(sentences) > 20
    assert not any(map(unspeakable, sentences))


def test_a_relay_keeps_no_more_than_a_first_message_has() -> None:
    large = talks.bytes_of(Frame((), (memoryview(bytes(32 << 20)),)))
    with pytest.raises(UserError, match="says more than which session"):
        first_words(Rewound(io.BytesIO(wire.GREETING + large)))


def test_a_window_that_takes_another_models_knobs_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    side = wire._WindowSide(1)
    monkeypatch.setattr("core.remote.worker.check_change", lambda change, model: None)
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
