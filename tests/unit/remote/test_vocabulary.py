"""Everything that may be said comes over as it was, and nothing that should be sayable is forgotten."""

from __future__ import annotations

import dataclasses
import re
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import core.probes
from core.engine.commands import Command, Keep, Lend, Restart
from core.evaluation.training_codes import TrainingCodes
from core.foundation.slices import finish
from core.models.base import MODELS
from core.probes.look import Answer
from core.remote import vocabulary
from core.remote.codec import Codec
from core.remote.wire import WireError
from tests import own_files
from tests.unit.remote.alike import difference, inside

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def codec() -> Codec:
    return vocabulary.codec()


def test_everything_comes_over_to_the_last_bit(codec: Codec, messages: list[Any]) -> None:
    for message in messages:
        received = codec.decode(codec.encode(message))
        assert difference(message, received) == "", type(message)
        arrays = [each for each in inside(received) if isinstance(each, np.ndarray)]
        assert not any(each.flags.writeable for each in arrays)


def test_every_class_occurs_among_the_messages(codec: Codec, messages: list[Any]) -> None:
    seen = {type(each) for message in messages for each in inside(message)}
    assert sorted(cls.__name__ for cls in set(codec.classes.values()) - seen) == []


def test_every_look_and_every_command_can_be_said(codec: Codec) -> None:
    sayable = set(codec.classes)
    texts = [path.read_text("utf-8") for half in ("core", "gui") for path in (ROOT / half).rglob("*.py")]
    looks = {name for text in texts for name in re.findall(r"^class (\w+)\(Look\[", text, re.MULTILINE)}
    assert len(looks) > 10
    assert looks <= sayable
    assert {each.__name__ for each in typing.get_args(Command)} - sayable == {Lend.__name__, Keep.__name__}
    assert {MODELS.get(name).Config for name in MODELS.names()} <= set(codec.classes.values())


def test_a_look_that_came_over_is_the_same_request(codec: Codec, answers: list[tuple[Any, Answer[Any]]]) -> None:
    """Same key and slot, so that its answer lands where it belongs; and the same answer from read-only arrays."""
    for context, answer in answers:
        look = codec.decode(codec.encode(answer.look))
        assert (look.key, look.slot, look.job) == (answer.look.key, answer.look.slot, answer.look.job)
        assert difference(finish(look.make(context)), answer.value, type(look).__name__) == ""


def test_an_answer_holds_only_what_its_look_makes(codec: Codec, answers: list[tuple[Any, Answer[Any]]]) -> None:
    samples = next(answer for _, answer in answers if answer.look.name == "samples")
    for _, other in answers:
        if type(other.value) is not type(samples.value):
            with pytest.raises(WireError, match=r"^This cannot be sent: Answer\.value: "):
                codec.encode(Answer(samples.look, 3, other.value))


def test_codes_of_a_diverged_run_come_over(codec: Codec) -> None:
    look = next(each for each in vocabulary.looks() if each.__name__ == "TrainingCodesLook")
    codes = np.full((20, 2), np.nan, np.float32)
    received = codec.decode(codec.encode(Answer(look(), 9, TrainingCodes(codes, float("nan"), 0.5))))
    assert np.isnan(received.value.codes).all()
    assert len(received.value.points) == 20


def test_knobs_are_checked_by_who_receives_them(codec: Codec) -> None:
    config = dataclasses.replace(MODELS.get("vae").Config(), hidden="99999999")
    with pytest.raises(WireError, match="Hidden layers"):
        codec.decode(codec.encode(Restart(config)))


def test_what_stays_behind_must_be_absent(codec: Codec, tiny: Callable[..., Any]) -> None:
    with pytest.raises(WireError, match=r"Restart\.dataset does not cross"):
        codec.encode(Restart(dataset=tiny()))


LOOK = """
from dataclasses import dataclass

from core.foundation.arrays import Floats
from core.probes.look import Look, whole


@dataclass(frozen=True)
class Brightness:
    of_each: Floats


@dataclass(frozen=True, eq=False)
class BrightnessLook(Look[Brightness]):
    count: int

    name = "brightness"

    def make(self, context):
        return whole(Brightness(context.snapshot.decode(context.z).mean((1, 2, 3))))
"""


def test_a_new_look_is_sayable_with_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "brightness.py").write_text(LOOK, "utf-8")
    monkeypatch.setattr(core.probes, "__path__", [*core.probes.__path__, str(tmp_path)])
    try:
        found = vocabulary.looks()[-1]
        module: Any = sys.modules[found.__module__]
        codec = vocabulary.codec()
        answer = Answer(module.BrightnessLook(2), 5, module.Brightness(np.ones(2, np.float32)))
        assert difference(codec.decode(codec.encode(answer)), answer) == ""
    finally:
        sys.modules.pop("core.probes.brightness", None)
        vars(core.probes).pop("brightness", None)


def test_a_model_of_the_users_brings_its_knobs(user_files: Callable[[str, str], Path]) -> None:
    user_files("models/mine.py", own_files.MODEL)
    config = MODELS.get("mine").Config(hidden="8")
    codec = vocabulary.codec()
    assert codec.decode(codec.encode(Restart(config))) == Restart(config)
    assert codec.classes["mine's knobs"] is type(config)
