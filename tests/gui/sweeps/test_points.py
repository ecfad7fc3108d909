"""The points of a sweep: axes, colours, means, and ranges that one far run does not squeeze."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from core.sweeps import folder
from core.sweeps.plan import Plan, PlannedRun
from gui.sweeps.points import PLANE, Choice, first_choice, measures, positions, scene_of
from gui.sweeps.samples import in_square
from gui.sweeps.sweep import Sweep
from gui.sweeps.turning import at_value, beside, values_of
from tests.sweeps_made import convex_values, made_outcomes, made_plan, samples_png


def of(plan: Plan, values: object = convex_values, **states: object) -> Sweep:
    return Sweep(Path("/sweep"), plan, made_outcomes(Path("/sweep"), plan, values, **states))  # type: ignore[arg-type]


def test_numbers_far_apart_stand_at_their_logarithm() -> None:
    assert positions([1.0, 10.0, 100.0, 10.0]) == {1.0: 0.0, 10.0: 1.0, 100.0: 2.0}
    assert positions([3, 1, 2]) == {1.0: 1.0, 2.0: 2.0, 3.0: 3.0}
    assert positions([0.0, 0.1, 10.0]) == {0.0: -1.5, 0.1: pytest.approx(-1.0), 10.0: 1.0}
    assert positions([-1.0, 100.0]) == {-1.0: -1.0, 100.0: 100.0}
    assert positions(["mlp", "conv"]) == {"mlp": 0.0, "conv": 1.0}


def test_a_sweep_of_models_has_a_colour_a_model_and_no_line_where_names_vary() -> None:
    sweep = of(made_plan({"model": ("vae", "ae"), "network": ("mlp", "conv")}, seeds=(1, 2), dataset="mnist"))
    assert sweep.axes == ("model", "network", "seed")
    assert sweep.numeric == ("seed",)
    assert sweep.colors == ("model", "network")
    choice = first_choice(sweep)
    assert choice == Choice("mnist", PLANE, "seed", "model")
    scene = scene_of(sweep, dataclasses.replace(choice, measure="distortion", knob="network"))
    assert scene.ticks == ((0.0, "mlp"), (1.0, "conv"))
    assert scene.lines == ()
    assert set(scene.kinds.tolist()) == {0, 1}


def test_without_a_rate_the_first_measure_is_shown() -> None:
    sweep = of(made_plan({"lr": (0.1, 0.01)}, seeds=(1,), model="ae"), lambda run: {"distortion": 1.0})
    assert first_choice(sweep) == Choice("mixture", "distortion", "lr", "")
    assert measures(sweep, "mixture") == ("distortion",)
    scene = scene_of(sweep, Choice("mixture", PLANE, "lr"))
    assert (len(scene.numbers), scene.empty) == (0, "No run has a rate")


def test_nothing_varies_but_the_seed() -> None:
    sweep = of(made_plan({}, seeds=(1, 2, 3)))
    scene = scene_of(sweep, first_choice(sweep))
    assert (len(scene.marks), scene.lines) == (1, ())
    assert values_of(sweep, sweep.outcomes[0], "seed") == (1, 2, 3)


def test_a_single_run() -> None:
    sweep = of(made_plan({}, seeds=(1,)))
    assert sweep.axes == ("model",)
    scene = scene_of(sweep, first_choice(sweep))
    assert len(scene.numbers) == 1
    assert scene_of(of(made_plan({}, seeds=(1,)), waiting=(0,)), first_choice(sweep)).empty == "No run has ended yet"


def test_a_run_that_diverged_does_not_squeeze_the_others() -> None:
    plan = made_plan({"beta": tuple(0.1 * i for i in range(1, 11))}, seeds=(1,))

    def values(run: PlannedRun) -> dict[str, float]:
        far = 1e12 if run.number == 3 else 0.0
        return {"rate": run.number + far, "distortion": 100.0 + run.number + far}

    x, y = scene_of(of(plan, values), Choice("mixture", PLANE, "beta")).home
    assert x[1] < 20
    assert y[1] < 120


def test_means_and_intervals_are_those_over_seeds() -> None:
    sweep = of(made_plan({"beta": (1.0,)}, seeds=(1, 2, 3)), lambda run: {"rate": float(run.seed), "distortion": 5.0})
    (mark,) = scene_of(sweep, Choice("mixture", PLANE, "beta")).marks
    assert (mark.x, mark.y, mark.label) == (2.0, 5.0, "1")
    assert mark.x_ends == pytest.approx((2 - 2.484, 2 + 2.484), abs=1e-3)  # Student's t with two degrees of freedom


def test_the_run_with_most_in_common_is_turned_to() -> None:
    sweep = of(made_plan({"beta": (0.1, 1.0), "latent": (2, 10)}, seeds=(1, 2)), waiting=(4, 5, 6, 7))
    runs = [outcome.run.varied for outcome in sweep.outcomes]
    assert runs[at_value(sweep.outcomes, sweep.outcomes[3], "beta", 1.0)] == {"beta": 1.0, "latent": 10, "seed": 2}
    assert beside(sweep, 0, "beta", 1, 0) is None  # nothing has ended there
    assert [beside(sweep, 0, "beta", 0, up) for up in (1, 2, -1)] == [1, 2, None]
    assert beside(sweep, 0, "", 1, 0) == 1


def test_samples_are_shown_in_a_square() -> None:
    from gui.sweeps.samples import decoded

    plan = made_plan({}, seeds=(1,), dataset="mnist")
    for colour in (False, True):
        grid = decoded(samples_png(plan.runs[0], colour=colour))
        square = in_square(grid)
        assert square.shape[:2] == (4 * 30 - 2, 4 * 30 - 2)
        assert np.array_equal(square[30:58, :28], grid[:28, 120:148])  # the fifth sample begins the second row
        assert np.array_equal(square[90:118, 90:118], grid[30:58, 210:238])
    assert in_square(np.zeros((29, 31), np.uint8)).shape == (29, 31)
    assert folder.SAMPLES_SHOWN == 16
