"""The runs that come of options and lists of values."""

from __future__ import annotations

import pytest

from core.foundation.user_error import UserError
from core.sweeps.asked import Asked, Draw


def names(asked: Asked) -> list[str]:
    return [run.name for run in asked.runs()]


def test_each_value_of_a_grid_meets_each_other_one() -> None:
    runs = Asked({"steps": "10"}, {"beta": ("0.1", "4"), "latent": ("2", "10")}, seeds=(0, 1, 2)).runs()
    assert len(runs) == 12
    assert [run.number for run in runs] == list(range(12))
    found = {(run.config.beta, run.setup.latent, run.seed) for run in runs}  # type: ignore[attr-defined]
    assert found == {(beta, latent, seed) for beta in (0.1, 4.0) for latent in (2, 10) for seed in (0, 1, 2)}
    assert {run.setup.steps for run in runs} == {10}
    assert runs[0].name == "0000-beta=0.1-latent=2-seed=0"
    assert runs[0].setting == (("beta", 0.1), ("latent", 2))


def test_one_seed_does_not_vary() -> None:
    (run,) = Asked({}, {"beta": ("2",)}, seeds=(5,)).runs()
    assert (run.seed, dict(run.varied), run.setup.epochs, run.setup.threads) == (5, {"beta": 2.0}, 10.0, 1)


def test_zipped_lists_walk_side_by_side() -> None:
    runs = Asked({}, zipped={"latent": ("2", "10"), "hidden": ("128", "256, 128")}).runs()
    assert [(run.setup.latent, run.value("hidden")) for run in runs] == [(2, "128"), (10, "256, 128")]


def test_a_model_without_the_knob_has_one_run_for_all_its_values() -> None:
    runs = Asked({"steps": "5"}, {"model": ("ae", "vae"), "beta": ("0.1", "1", "4")}).runs()
    assert [run.model for run in runs] == ["ae", "vae", "vae", "vae"]
    assert dict(runs[0].varied) == {"model": "ae"}


def test_draws_are_of_their_range_and_of_their_seed() -> None:
    draws = Draw("lr", 1e-4, 1e-2, "log"), Draw("latent", 2, 20)
    asked = Asked({}, draws=draws, count=40, draw_seed=3)
    runs = asked.runs()
    rates = [run.value("lr") for run in runs]
    assert all(1e-4 <= float(each) <= 1e-2 for each in rates)  # type: ignore[arg-type]
    assert 8 < sum(float(each) < 1e-3 for each in rates) < 32  # type: ignore[arg-type]  # even in the logarithm
    assert all(isinstance(run.setup.latent, int) for run in runs)
    assert asked.runs() == runs
    assert Asked({}, draws=draws, count=40, draw_seed=4).runs() != runs


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked({}, {"bata": ("1", "2")}), "there is no knob 'bata' of vae on mnist; there are "),
        (Asked({"nothing": "1"}), "there is no knob 'nothing'"),
        (Asked({}, {"beta": ()}), "beta has no values"),
        (Asked({}, {"beta": ("1", "1")}), "beta has the value 1 twice"),
        (Asked({"beta": "1"}, {"beta": ("1", "2")}), "beta is fixed and varies"),
        (Asked({}, {"beta": ("1", "x")}), "KL weight β: 'x' is not a number"),
        (Asked({}, {"latent": ("0",)}), "Latent dims: 0 is outside 1 to 64"),
        (Asked({}, {"seed": ("0",)}), "seeds vary by 'seeds'"),
        (Asked({}, {"model": ("vae", "vea")}), "vea"),
        (Asked({}, {"beta": ("1",)}, {"beta": ("2",)}), "beta varies twice"),
        (
            Asked({}, zipped={"beta": ("1", "2"), "latent": ("2",)}),
            "must be equally long, and beta has 2, latent has 1",
        ),
        (Asked({}, draws=(Draw("lr", 1e-4, 1e-2),), count=0), "0 random draws cannot be"),
        (Asked({}, seeds=(1, 1)), "a seed stands there twice"),
        (Asked({}, seeds=()), "there are no seeds"),
    ],
)
def test_what_cannot_be_is_one_sentence(asked: Asked, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        asked.runs()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_million_runs_are_refused_before_they_are_made() -> None:
    texts = tuple(str(each) for each in range(1, 65))
    betas = tuple(f"{each / 10}" for each in range(1, 200))
    with pytest.raises(UserError, match=r"a plan of 1,273,600 runs is too large, 10,000 are the most"):
        Asked({}, {"latent": texts, "beta": betas}, seeds=tuple(range(100))).runs()
