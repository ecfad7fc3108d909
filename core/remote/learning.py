"""Models of a user's files that were written or changed since the link began: both sides learn their knobs."""

from __future__ import annotations

import dataclasses
import itertools

from core.foundation.quoted import brief
from core.models.base import MODELS, TrainConfig
from core.remote.codec import Codec
from core.remote.messages import Learn

LONGEST_NAME = 200
"""Longest name of a class of knobs, characters."""
MOST_LEARNED = 200
"""Most classes that are learned over one link: each change of a file is one."""


def is_users(config: TrainConfig) -> bool:
    """Whether these are knobs of a model of a user's file, which may change or go while it trains."""
    return not type(config).__module__.startswith("core.")


def lesson(known: Codec, model: str, config: type[TrainConfig]) -> Learn:
    """What the other side has to learn before it is told knobs of this class, which ``known`` learns here."""
    names = (f"{model}'s knobs {number}" for number in itertools.count(2))
    name = next(each for each in names if each not in known.classes)
    known.learn(name, config)
    return Learn(model, name, known.layout[name])


def learn(known: Codec, message: Learn) -> str:
    """Learn the knobs of a model from its file as it is here; "", or why it cannot be trained here, in a sentence."""
    MODELS.rescan()
    if message.model not in MODELS.names():
        return f"The engine has no model '{brief(message.model)}'"
    config = MODELS.get(message.model).Config
    fields = tuple(each.name for each in dataclasses.fields(config))
    if fields != message.fields:
        return f"The engine has another file of the model '{brief(message.model)}'"
    if len(message.name) > LONGEST_NAME or message.name in known.classes:
        return f"The engine knows '{brief(message.name)}' already"
    if sum(each.endswith(tuple("0123456789")) for each in known.classes) >= MOST_LEARNED:
        return f"The engine has learned {MOST_LEARNED} models; open the program again"
    known.learn(message.name, config)
    return ""
