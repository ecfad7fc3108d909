"""The command line and the Python lines that train a lane again: only knobs that differ from their defaults."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator

from core.exports.experiment_config import ExperimentConfig
from core.foundation.params import Knob, KnobValue, knobs, option_of

PROGRAM = "latent-playground"
SAMPLES = 64
"""Samples that the Python lines draw."""

_SNIPPET = """\
{imports}

dataset = load({dataset})
setup = Setup({setup})
experiment = Experiment(setup, dataset, ())
try:
    run = experiment.add({lane})
    run.start()
    run.board.wait(lambda view: view.status.state in ("finished", "failed"))
    images = run.decode(prior({samples}, setup.latent, 1))  # ({samples}, C, H, W) in [0, 1]
finally:
    experiment.close()  # ends its threads
"""


def train_command(experiment: ExperimentConfig, out: str = "", system: str = sys.platform) -> str:
    """The command that trains the first lane, quoted for the shell of the ``system``; ``out`` is the run folder."""
    lane = experiment.lanes[0]
    words = [PROGRAM, "train", "--model", lane.model, "--dataset", experiment.dataset]
    for config in (experiment.portable().source, lane.config, experiment.setup):
        for knob, value in changed_knobs(config):
            words += _option(knob, value)
    if out:
        words += ["--out", out] if not out.startswith("-") else [f"--out={out}"]
    return subprocess.list2cmdline(words) if system == "win32" else shlex.join(words)


def python_snippet(experiment: ExperimentConfig) -> str:
    """Python lines that train the first lane by the program's own engine, and draw samples from it."""
    lane = experiment.lanes[0]
    data_knobs = _arguments(experiment.portable().source)
    model_knobs = _arguments(lane.config)
    dataset, model = _literal(experiment.dataset), _literal(lane.model)
    imports = (
        f"from core.datasets.base import {'SOURCES, ' if data_knobs else ''}load",
        "from core.engine.experiment import Experiment",
        *(["from core.models.base import MODELS"] if model_knobs else []),
        "from core.theory.latent_space import prior",
        "from core.training.setup import Setup",
    )
    return _SNIPPET.format(
        imports="\n".join(imports),
        dataset=f"{dataset}, SOURCES.get({dataset}).Config({data_knobs})" if data_knobs else dataset,
        setup=_arguments(experiment.setup),
        lane=f"{model}, MODELS.get({model}).Config({model_knobs})" if model_knobs else model,
        samples=SAMPLES,
    )


def changed_knobs(config: object) -> Iterator[tuple[Knob, KnobValue]]:
    """The knobs of a config that do not stand at their defaults, in the order of its fields."""
    for knob in knobs(type(config)):
        value: KnobValue = getattr(config, knob.name)
        if value != knob.default:
            yield knob, value


def plain(value: KnobValue) -> str:
    """A value as `Knob.parse` reads it back, to the last bit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else repr(value)


def _option(knob: Knob, value: KnobValue) -> list[str]:
    """An option and its value; in one word where the value would be taken for an option: -1e-05."""
    option, text = option_of(knob), plain(value)
    return [f"{option}={text}"] if text.startswith("-") else [option, text]


def _arguments(config: object) -> str:
    return ", ".join(f"{knob.name}={_literal(value)}" for knob, value in changed_knobs(config))


def _literal(value: KnobValue) -> str:
    """A Python literal, in double quotes where those need no escape."""
    literal = repr(value)
    return f'"{value}"' if literal == f"'{value}'" and '"' not in literal else literal
