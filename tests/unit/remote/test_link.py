"""Two ends of a link over real pipes."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass

import numpy as np
import pytest

from core.foundation.arrays import Floats
from core.remote.codec import Codec
from core.remote.link import Link
from core.remote.wire import Frame, Wire, WireError


@dataclass(frozen=True)
class Ask:
    name: str


@dataclass(frozen=True)
class Tell:
    values: Floats


CODEC = Codec({"Ask": Ask, "Tell": Tell})


def test_two_ends_talk_and_hear_each_other_end() -> None:
    there, here_out = os.pipe()
    here, there_out = os.pipe()
    with (
        open(there, "rb", 0) as a,
        open(here_out, "wb", 0) as b,
        open(here, "rb", 0) as c,
        open(there_out, "wb", 0) as d,
    ):
        window, engine = Link(CODEC, c, b), Link(CODEC, a, d)
        window.send(Ask("codes"))
        assert engine.receive() == Ask("codes")
        engine.send(Tell(np.arange(3, dtype=np.float32)))
        np.testing.assert_array_equal(window.receive().values, [0, 1, 2])
        b.close()
        assert engine.receive() is None
        d.close()
        assert window.receive() is None


def test_nothing_is_received_after_what_is_no_message() -> None:
    said = io.BytesIO()
    other = Wire(io.BytesIO(), said)
    for body in (("Ask", "codes"), ("Ask", 3), ("Ask", "codes")):
        other.write(Frame(body))
    link = Link(CODEC, io.BytesIO(said.getvalue()), io.BytesIO())
    assert link.receive() == Ask("codes")
    for _ in range(2):
        with pytest.raises(
            WireError, match=r"^A message does not fit: Ask\.name: a node of type int has no place there\.$"
        ):
            link.receive()
