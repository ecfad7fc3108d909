"""Plans as files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.foundation.user_error import UserError
from core.sweeps import plan_text
from core.sweeps.plan import Plan

WHOLE = """
seeds = 2
measures = ["distortion", "rate"]
sampler = "gmm"
[train]
model = "vae"
steps = 200
[grid]
beta = [0.1, 1]
[zip]
latent = [2, 10]
batch = [32, 64]
[random]
runs = 3
seed = 1
lr = { low = 1e-4, high = 1e-2, scale = "log" }
"""


def test_a_plan_has_grid_lists_draws_and_seeds() -> None:
    plan = plan_text.of_text(WHOLE, {}, "words")
    assert len(plan.runs) == 2 * 2 * 3 * 2
    assert plan.varied == ("beta", "latent", "batch", "lr", "seed")
    assert (plan.measures, plan.sampler, plan.words) == (("distortion", "rate"), "gmm", "words")
    assert {(run.setup.latent, run.setup.batch) for run in plan.runs} == {(2, 32), (10, 64)}


def test_the_command_line_goes_over_the_file() -> None:
    plan = plan_text.of_text(WHOLE, {"epochs": "1", "dataset": "shapes"}, "")
    assert {(run.setup.steps, run.setup.epochs, run.dataset) for run in plan.runs} == {(0, 1.0, "shapes")}


def test_parts_have_their_own_knobs() -> None:
    text = '[train]\nsteps = 5\n[[part]]\ntrain.model = "ae"\n[[part]]\ngrid.beta = [1, 2]\nseeds = [4, 5]\n'
    plan = plan_text.of_text(text, {}, "")
    assert [run.name for run in plan.runs] == [
        "0000",
        "0001-beta=1-seed=4",
        "0002-beta=1-seed=5",
        "0003-beta=2-seed=4",
        "0004-beta=2-seed=5",
    ]
    assert [run.model for run in plan.runs] == ["ae", *["vae"] * 4]


def test_a_plan_survives_its_file() -> None:
    plan = plan_text.of_text(WHOLE, {}, "words")
    content = json.dumps(plan.to_json()).encode()
    again = Plan.from_json(content, 1 << 20)
    assert again == plan
    assert again.digest == plan.digest
    assert Plan(plan.runs, plan.measures, plan.sampler, "other words").digest == plan.digest
    assert Plan(plan.runs[:-1], plan.measures, plan.sampler).digest != plan.digest


@pytest.mark.parametrize("name", plan_text.recipes())
def test_recipes_are_plans(name: str) -> None:
    path = plan_text.recipe(name)
    assert path is not None
    assert plan_text.read(path, {}, "").runs


def test_the_curve_of_the_lecture_has_sixty_runs() -> None:
    path = plan_text.recipe("rate-distortion")
    assert path is not None
    plan = plan_text.read(path, {}, "")
    assert len(plan.runs) == 60
    assert {run.dataset for run in plan.runs} == {"mnist", "faces"}
    assert plan_text.recipe("../recipes/rate-distortion") is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("grid = 3", "grid is no table"),
        ("[grid]\nbeta = 3", "beta is no list of values"),
        ("[grid]\nbeta = []", "beta has no values"),
        ("[grid]\nbeta = [[1]]", "neither text nor a finite number"),
        ("[grid]\nbeta = [nan]", "neither text nor a finite number"),
        ("[girds]", "girds is none of seeds, measures"),
        ("seeds = 0", "0 seeds cannot be"),
        ("seeds = 'many'", "neither a number nor a list"),
        ("seeds = 2\n[train]\nseed = 1", "seed and seeds are both there"),
        ("measures = ['nothing']", "nothing"),
        ("measures = 3", "measures is no list"),
        ("sampler = 'best'", "sampler best is none of"),
        ("[random]\nruns = 2\nlr = 1", "no table of low and high"),
        ("[random]\nruns = 2\nlr = {low = 2, high = 1}", "low < high"),
        ("[random]\nruns = 2\nlr = {low = 0, high = 1, scale = 'log'}", "above 0 on a log scale"),
        ("[random]\nruns = -1\nlr = {low = 1e-4, high = 1e-3}", "whole numbers from 0 on"),
        ("part = 3", "part is no list"),
        ("[[part]]\ntrain.steps = 3\n[[part]]\ntrain.steps = 3", "two parts train the same run"),
        ("[[part]]\nmeasures = []", "part: measures is none of"),
        ("seeds = = 3", "is no TOML"),
        ("\x00", "is no TOML"),
    ],
)
def test_what_is_no_plan_is_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as caught:
        plan_text.read(path, {}, "")
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("damage", "becomes"),
    [
        ('"format": 1', '"format": 2'),
        ('"number": 0', '"number": 1'),
        ('"runs"', '"rums"'),
        ('"beta"', '"bata"'),
        ('"model": "vae"', '"model": "vea"'),
        ('"varied"', '"varies"'),
        ('"steps": 200', '"steps": -1'),
        ('"measures": [', '"measures": [3, '),
    ],
)
def test_a_damaged_plan_is_refused(damage: str, becomes: str, tmp_path: Path) -> None:
    text = json.dumps(plan_text.of_text(WHOLE, {}, "").to_json())
    assert damage in text
    path = tmp_path / "plan.json"
    path.write_text(text.replace(damage, becomes, 1))
    with pytest.raises(UserError) as caught:
        plan_text.read(path, {}, "")
    assert "\n" not in str(caught.value)
