"""Models of a user's files that are written or changed while the link is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from core.engine.commands import Start, Step
from core.models.base import MODELS
from core.remote.learning import is_users, learn, lesson
from core.remote.messages import Employ
from core.remote.process import link_of
from core.training.setup import Setup
from tests.engines import LoopEngine
from tests.own_files import MODEL

Write = Callable[[str, str], Path]
PATIENCE_S = 60.0


def test_both_sides_learn_a_model_that_was_written_since(user_files: Write) -> None:
    window, engine = (link_of(None, None).codec for _ in range(2))  # type: ignore[arg-type]
    user_files("models/mine.py", MODEL)
    for pull in ("pull", "push"):  # the second is another class of the same model
        user_files("models/mine.py", MODEL.replace("pull", pull))
        config = MODELS.get("mine").Config()
        assert is_users(config)
        assert not is_users(MODELS.get("ae").Config())
        message = lesson(window, "mine", type(config))
        assert pull in message.fields
        assert learn(engine, engine.decode(window.encode(message))) == ""
        employ = Employ(1, "Mine", "mine", config, Setup(), 1, 1, None, 0)
        assert engine.decode(window.encode(employ)).config == config


def test_what_the_engine_has_not_is_a_sentence(user_files: Write) -> None:
    window, engine = (link_of(None, None).codec for _ in range(2))  # type: ignore[arg-type]
    user_files("models/mine.py", MODEL)
    message = lesson(window, "mine", MODELS.get("mine").Config)
    assert learn(engine, dataclasses.replace(message, model="yours")) == "The engine has no model 'yours'"
    other = learn(engine, dataclasses.replace(message, fields=("push",)))
    assert other == "The engine has another file of the model 'mine'"
    assert learn(engine, dataclasses.replace(message, name="Start")) == "The engine knows 'Start' already"
    assert message.name not in engine.classes


def test_a_file_that_goes_while_its_lane_trains_costs_no_other_lane(
    user_files: Write, tiny: Callable[..., object]
) -> None:
    path = user_files("models/mine.py", MODEL)
    engine = LoopEngine()
    setup = Setup(network="mlp", batch=16, device="cpu", threads=1)
    mine, ae = (engine.employ(name, name, MODELS.get(name).Config(), setup, tiny(), 1) for name in ("mine", "ae"))  # type: ignore[arg-type]
    mine.say(Start())
    assert mine.board.wait(lambda view: view.status.step >= 5, PATIENCE_S)
    path.unlink()
    MODELS.rescan()
    assert mine.board.wait(lambda view: view.status.state == "failed", PATIENCE_S)
    assert "another one here" in mine.board.view.status.failure.sentence  # type: ignore[union-attr]
    ae.say(Step(3))
    assert ae.board.wait(lambda view: view.status.step == 3, PATIENCE_S)
    assert engine.close(10.0)
