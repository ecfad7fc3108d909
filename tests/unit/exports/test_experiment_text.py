"""The text of an experiment: what it looks like, how long it may be, and what is said of one that is damaged."""

from __future__ import annotations

from typing import Any

import pytest

from core.datasets.base import SOURCES
from core.exports import experiment_text
from core.exports.experiment_config import ExperimentConfig, LaneConfig
from core.foundation.params import Knob, knobs
from core.foundation.user_error import UserError
from core.models.base import MODELS
from core.training.setup import Setup

PLAIN = """\
Latent Playground experiment, version 1
data mixture: layout=grid
setup: latent=8 seed=3
lane vae: hidden="64, 32" beta=4.0
lane gan:
end of experiment
"""


def test_it_is_read_by_people_and_by_the_program() -> None:
    experiment = experiment_text.read(PLAIN)
    assert experiment.lanes[0].config == MODELS.get("vae").Config(hidden="64, 32", beta=4.0)
    assert [lane.model for lane in experiment.lanes] == ["vae", "gan"]
    assert (experiment.setup, experiment.dataset) == (Setup(latent=8, seed=3), "mixture")
    assert experiment_text.written(experiment) == PLAIN


def other(knob: Knob) -> Any:
    """A value that is not the default, and takes room."""
    if knob.param.choices:
        return knob.param.choices[-1]
    if knob.kind is str:
        return {"hidden": "512, 256, 128", "strokes": "-0.55,0.25 0.5,-0.75"}[knob.name]
    more = 3 * float(knob.default) + 1.0625
    return knob.check(min(knob.param.high or 1e9, int(more) if knob.kind is int else more))


def changed_everywhere(kind: type[Any]) -> Any:
    return kind(**{knob.name: other(knob) for knob in knobs(kind)})


@pytest.mark.parametrize("model", MODELS.names())
def test_five_lanes_with_every_knob_turned_fit(model: str) -> None:
    lane = LaneConfig(model, changed_everywhere(MODELS.get(model).Config))
    source = changed_everywhere(SOURCES.get("drawn").Config)
    experiment = ExperimentConfig("drawn", source, changed_everywhere(Setup), (lane,) * 5)
    text = experiment_text.written(experiment)
    assert 500 < len(text) <= experiment_text.MOST
    assert max(map(len, text.splitlines())) <= experiment_text.WIDTH
    assert experiment_text.read(text) == experiment


def test_what_is_too_long_is_not_written() -> None:
    source = SOURCES.get("drawn").Config(strokes=" ".join(["0.25,-0.5"] * 200))
    experiment = ExperimentConfig("drawn", source, Setup(), (LaneConfig("ae", MODELS.get("ae").Config()),))
    with pytest.raises(UserError, match="characters as a text, and 1,500 are allowed"):
        experiment_text.written(experiment)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version 1", "version 2", "written in version 2, and this program reads version 1"),
        ("Latent Playground", "latent space", "holds no experiment"),
        ("Latent", "Blatent", "holds no experiment"),
        ("end of experiment", "", "stops before 'end of experiment'"),
        ("beta=4.0", "beta=4,0", "lane vae: KL weight β: '4,0' is not a number"),
        ("beta=4.0", "beta=4e9", "lane vae: KL weight β: 4,000,000,000 is outside 0 to"),
        ("beta=4.0", "betta=4.0", "lane vae: there is no knob 'betta'"),
        ("beta=4.0", "beta=4.0 beta=5.0", "lane vae: 'beta' stands there twice"),
        ("beta=4.0", 'beta="4.0', "cannot be read from"),
        ('"64, 32"', r'"64\x"', "wrong escape"),
        ("lane gan:", "lane gun:", "there is no model 'gun'"),
        ("lane gan:", "gan:", "cannot be read from 'gan: end of"),
        ("lane gan:\n", "lane gan:\n" * 5, "the text has 6 lanes, and an experiment has 1 to 5"),
        ("data mixture: layout=grid", "", "0 parts 'data'"),
        ("setup:", "setup: setup:", "2 parts 'setup'"),
        ("data mixture:", "data milk:", "there is no dataset 'milk'"),
        ("data mixture:", "seed=3 data mixture:", "before any part"),
        ("lane gan:", "lane gan: hidden=" + "9" * 9000, "is too wide"),
        ("lane gan:", "\0" * 200_000, "at most 100,000 are read"),
    ],
)
def test_what_is_damaged_is_refused_in_one_sentence(old: str, new: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        experiment_text.read(PLAIN.replace(old, new, 1))
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
