"""What slow motion promises for every model: the step it narrates is the step that the run would take."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from core.datasets.base import Dataset, load
from core.models.base import MODELS
from core.slow_motion.stages import StepRecord
from core.slow_motion.stepper import SlowMotion, phase_names
from core.training.batches import DeviceDataset
from core.training.setup import Setup
from core.training.training import Training
from tests.tables import five_columns

NAMES = MODELS.names()
Tiny = Callable[..., Dataset]
CPU = torch.device("cpu")


def trained(name: str, data: Dataset, steps: int = 2, **setup: object) -> Training:
    config = MODELS.get(name).Config(hidden="24, 16", channels=4)
    training = Training(name, config, Setup(batch=8, seed=3, device="cpu", **setup), DeviceDataset(data, CPU))  # type: ignore[arg-type]
    for _ in range(steps):
        training.advance()
    return training


def same(a: Training, b: Training) -> bool:
    """Whether weights, buffers and everything that decides the next steps are equal to the last bit."""
    if not all(map(torch.equal, a.model.state_dict().values(), b.model.state_dict().values())):
        return False
    for (_, one, _), (_, two, _) in zip(a.turns, b.turns, strict=True):
        for name, held in vars(one).items():
            if isinstance(held, list) and not all(map(torch.equal, held, vars(two)[name])):
                return False
    generators = ((a.noise, b.noise), (a.batches.generator, b.batches.generator))
    return a.step == b.step and all(torch.equal(x.get_state(), y.get_state()) for x, y in generators)


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", NAMES)
def test_a_slow_step_equals_the_step_of_the_run_to_the_last_bit(name: str, network: str, tiny: Tiny) -> None:
    training = trained(name, tiny(), network=network)
    motion = SlowMotion(training.copy())
    for _ in range(2):  # the second draws what the first left in the generators
        motion.step()
        assert not same(training, motion.after)
        training.advance()
        assert same(training, motion.after)


@pytest.mark.parametrize("name", NAMES)
def test_looking_at_a_copy_leaves_the_run_alone(name: str, tiny: Tiny) -> None:
    training, untouched = trained(name, tiny()), trained(name, tiny())
    motion = SlowMotion(training.copy())
    motion.step()
    motion.step()
    assert same(training, untouched)
    assert training.rows_waiting == untouched.rows_waiting
    shared = {weight.data_ptr() for weight in training.model.state_dict().values()}
    assert not shared & {weight.data_ptr() for weight in motion.after.model.state_dict().values()}


@pytest.mark.parametrize("name", NAMES)
def test_precision_knobs_and_dimensions_are_copied_too(name: str, tiny: Tiny) -> None:
    training = trained(name, tiny(channels=3), precision="bfloat16", latent=20)
    motion = SlowMotion(training.copy())
    check_narration(motion.step())
    training.advance()
    assert same(training, motion.after)


@pytest.mark.parametrize("kind", ["moons", "five columns"])
@pytest.mark.parametrize("name", NAMES)
def test_points(name: str, kind: str) -> None:
    training = trained(name, load("moons") if kind == "moons" else five_columns())
    motion = SlowMotion(training.copy())
    step = motion.step()
    training.advance()
    assert same(training, motion.after)
    check_narration(step)
    assert any("point" in stage.sentence for _, stage in step.places)


@pytest.mark.parametrize("name", NAMES)
def test_every_stage_says_what_it_does_with_numbers_and_lit_columns(name: str, tiny: Tiny) -> None:
    check_narration(SlowMotion(trained(name, tiny())).step())


@pytest.mark.parametrize("name", NAMES)
def test_a_turn_runs_as_its_phase_declares(name: str, tiny: Tiny) -> None:
    training = trained(name, tiny())
    declared = {phase.name: phase.narration is not None for phase, _, _ in training.turns}
    for turn in SlowMotion(training).step().turns:  # what did not run as declared is narrated layer by layer
        assert ("forward" in [stage.name for stage in turn.stages]) != declared[turn.name]


def check_narration(step: StepRecord) -> None:
    assert not step.trouble
    for turn in step.turns:
        keys = [column.key for column in turn.columns]
        assert len(set(keys)) == len(keys)
        assert [column.slot for column in turn.columns] == sorted(column.slot for column in turn.columns)
        assert turn.stages[-1].name == "update"
        assert [stage.name for stage in turn.stages][-3:] == ["terms", "backward", "update"]
        for column in turn.columns:
            assert set(column.follows) <= set(keys)
        for stage in turn.stages:
            assert stage.title
            assert stage.sentence.endswith(".")
            assert stage.numbers
            assert stage.active
            for part in (stage.active, stage.values, stage.pictures, stage.gradients, stage.marks):
                assert set(part) <= set(keys)
            assert all(math.isfinite(number.value) for number in stage.numbers)
        first, last = turn.stages[0], turn.stages[-1]
        assert set(first.values) <= first.active
        for column in turn.columns:  # at the end every column was reached
            assert column.key in (last.pictures if column.kind == "picture" else last.values)


@pytest.mark.parametrize("name", NAMES)
def test_steps_of_some_phases_move_only_their_networks(name: str, tiny: Tiny) -> None:
    training = trained(name, tiny())
    names = phase_names(training)
    for chosen in names:
        motion = SlowMotion(training.copy())
        step = motion.step([chosen])
        assert {turn.name for turn in step.turns} == {chosen}
        for phase, _, parameters in motion.after.turns:
            before = next(kept for other, _, kept in motion.before.turns if other.name == phase.name)
            moved = any(not torch.equal(a, b) for a, b in zip(parameters, before, strict=True))
            assert moved == (phase.name == chosen)
    with pytest.raises(ValueError, match="there is no phase elsewhere"):
        SlowMotion(training.copy()).step(["elsewhere"])
