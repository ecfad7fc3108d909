"""The text of an experiment survives every knob of every model and dataset, and what mail clients do to it."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.cli.main import _parser
from core.datasets.base import SOURCES
from core.engine.order import Order
from core.exports import experiment_text
from core.exports.command_line import PROGRAM, train_command
from core.exports.experiment_config import ExperimentConfig, LaneConfig
from core.foundation.params import Knob, knobs
from core.models.base import MODELS
from core.training.setup import Setup

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
TEXTS = {
    "hidden": st.lists(st.integers(1, 9999).map(str), min_size=1, max_size=3).map(", ".join),
    "strokes": st.lists(st.sampled_from(["0,0", "-0.5,0.25", "1,-1"]), min_size=2, max_size=4).map(" ".join),
    "data": WORDS.map("/{}".format),
    "label": WORDS,
}
"""Values of the knobs that take free text."""


def values(knob: Knob) -> st.SearchStrategy[Any]:
    """Every value that a knob can take; of numbers without end the smaller ones."""
    p = knob.param
    if p.choices:
        return st.sampled_from(p.choices)
    if knob.kind is bool:
        return st.booleans()
    if knob.kind is str:
        return TEXTS[knob.name]
    if knob.kind is int:
        return st.integers(int(p.low or 0), int(min(p.high or 1e6, 1e6)))
    return st.floats(p.low or 0.0, min(p.high or 1e6, 1e6))


def configs(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Configs in which some knobs stand at their defaults."""
    return st.builds(kind, **{each.name: st.just(each.default) | values(each) for each in knobs(kind)})


def experiments(dataset: str, model: str) -> st.SearchStrategy[ExperimentConfig]:
    """Experiments on one dataset with one or two lanes of one model."""
    lanes = st.lists(st.builds(LaneConfig, st.just(model), configs(MODELS.get(model).Config)), min_size=1, max_size=2)
    source = configs(SOURCES.get(dataset).Config)
    return st.builds(ExperimentConfig, st.just(dataset), source, configs(Setup), lanes.map(tuple))


EVERY = st.tuples(st.sampled_from(SOURCES.names()), st.sampled_from(MODELS.names())).flatmap(lambda n: experiments(*n))


@given(EVERY)
def test_every_experiment_is_read_as_it_was_written(experiment: ExperimentConfig) -> None:
    text = experiment_text.written(experiment)
    assert len(text) <= experiment_text.MOST
    assert experiment_text.read(text) == experiment.portable()


@pytest.mark.parametrize("network", ["auto", "mlp", "conv"])
@pytest.mark.parametrize("dataset", SOURCES.names())
def test_every_model_network_and_dataset(dataset: str, network: str) -> None:
    lanes = tuple(LaneConfig(name, MODELS.get(name).Config()) for name in MODELS.names())
    for lane in lanes:
        experiment = ExperimentConfig(dataset, SOURCES.get(dataset).Config(), Setup(network=network), (lane,))
        assert experiment_text.read(experiment_text.written(experiment)) == experiment.portable()


@given(EVERY, st.randoms(use_true_random=False))
def test_a_mail_client_may_wrap_quote_and_curl(experiment: ExperimentConfig, random: Any) -> None:
    text = experiment_text.written(experiment)
    wrapped = "".join(random.choice(("\n", "\r\n> > ", " \n", "  ", "\xa0")) if c.isspace() else c for c in text)
    curled = "".join(random.choice('"“”') if c == '"' and wrapped[i - 1] != "\\" else c for i, c in enumerate(wrapped))
    mail = f"Hello,\nlook at this:\n\n> {curled}\n-- \nA signature = nothing.\n"
    assert experiment_text.read(mail) == experiment.portable()


@given(EVERY)
def test_the_command_line_means_the_same_training(experiment: ExperimentConfig) -> None:
    lane = experiment.lanes[0]
    setup = dataclasses.replace(experiment.setup, threads=2, steps=5)  # else ``train`` fills them in
    experiment = dataclasses.replace(experiment, setup=setup)
    words = shlex.split(train_command(experiment))
    assert words[:2] == [PROGRAM, "train"]
    order = Order.from_options(vars(_parser(words[1:]).parse_args(words[1:])))
    assert (order.model, order.config, order.setup) == (lane.model, lane.config, setup)
    assert (order.dataset, order.source) == (experiment.dataset, experiment.portable().source)
