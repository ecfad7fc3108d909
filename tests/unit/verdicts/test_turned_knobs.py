"""Verdicts after a knob was turned, and verdicts that would contradict each other, on made-up views."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from core.datasets.base import Dataset
from core.foundation.history import History
from core.models.base import MODELS
from core.verdicts import FIRST_STEP, Verdict, judge
from core.verdicts.base import facts_of
from tests.unit.verdicts.views import (
    STEPS,
    codes_with_rates,
    held_out,
    history,
    hole,
    measures,
    pictures,
    vae,
    verdicts,
    view_of,
)

DRAWS = 30


# --- one story at a time ---------------------------------------------------------------------------------------------


def test_a_code_that_is_ignored_is_not_memorised_with(mnist: Dataset) -> None:
    """The decoder of a collapsed VAE cannot memorise by its code, has no holes, and will not improve by waiting."""
    mean_alone = facts_of(mnist).entropy
    trained, tests = history("vae", 4_000, distortion=mean_alone - 40), held_out(STEPS, mean_alone - STEPS / 100, 0.0)
    parts: dict[str, Any] = {"history": trained, "tests": tests, "training_codes": hole(0.9)}
    alive = verdicts("vae", mnist, view_of("vae", latent_codes=codes_with_rates([5.0, 5.0]), **parts))
    assert set(alive) == {"holes", "still_improving"}
    config = vae(beta=100.0)
    found = verdicts("vae", mnist, view_of("vae", latent_codes=codes_with_rates([0.0, 0.0]), config=config, **parts))
    assert list(found) == ["posterior_collapse"]
    assert found["posterior_collapse"].action is not None
    assert found["posterior_collapse"].action.name == "beta"


def test_a_warning_silences_the_advice_to_go_on(mnist: Dataset) -> None:
    beaten = history("gan", 4_000, d_loss=0.05, g_loss=9.0)
    trail = History(("step", "seconds", "proxy_fd"))
    trail.append(np.stack([STEPS, STEPS / 100, 30.0 - 8.0 * np.log2(STEPS / 4_000)], 1))
    values = measures(trail=trail.table())
    fair = history("gan", 4_000, d_loss=1.38, g_loss=0.7)
    assert list(verdicts("gan", mnist, view_of("gan", history=fair, measures=values))) == ["still_improving"]
    assert list(verdicts("gan", mnist, view_of("gan", history=beaten, measures=values))) == ["discriminator_won"]


# --- a knob was turned -----------------------------------------------------------------------------------------------

TURNED = 4_000


def test_codes_are_judged_anew_after_beta_was_turned(mnist: Dataset) -> None:
    def found(step: int, **turned_at: int) -> set[str]:
        codes = codes_with_rates([0.0, 0.0], step)
        return set(verdicts("vae", mnist, view_of("vae", step, latent_codes=codes, turned_at=turned_at)))

    assert found(TURNED) == found(TURNED, lr=TURNED) == {"posterior_collapse"}
    for knob_name in ("beta", "schedule", "free_bits"):
        assert found(TURNED, **{knob_name: TURNED}) == set()
    assert found(TURNED + FIRST_STEP - 1, beta=TURNED) == set()
    assert found(TURNED + FIRST_STEP, beta=TURNED) == {"posterior_collapse"}


def test_a_look_from_before_the_turn_is_no_evidence(mnist: Dataset) -> None:
    for at, said in ((TURNED, False), (TURNED + FIRST_STEP - 1, False), (TURNED + FIRST_STEP, True)):
        view = view_of("vae", 5_000, latent_codes=codes_with_rates([0.0, 0.0], at), training_codes=hole(0.9, at))
        assert bool(verdicts("vae", mnist, view)), "without a turn all of them count"
        turned = dataclasses.replace(view, turned_at={"beta": TURNED})
        assert bool(verdicts("vae", mnist, turned)) is said, at


def test_more_beta_is_not_memorisation(mnist: Dataset) -> None:
    """Training images of before the turn are cheap, test images of after it expensive: that is no gap."""
    base = facts_of(mnist).entropy - 60.0
    step = TURNED + 300
    trained = history("vae", step, distortion=lambda at: np.where(at > TURNED, base + 40, base))
    view = view_of("vae", step, history=trained, tests=held_out([TURNED, step], [base, base + 40], 3.0))
    assert "memorisation" in verdicts("vae", mnist, view)
    for name in ("beta", "lr"):
        assert "memorisation" not in verdicts("vae", mnist, dataclasses.replace(view, turned_at={name: TURNED}))
    late = TURNED + FIRST_STEP
    trained = history("vae", late, distortion=lambda at: np.where(at > TURNED + 300, base + 40, base))
    view = view_of("vae", late, history=trained, tests=held_out([TURNED, late], [base, base + 40], 3.0))
    assert "memorisation" not in verdicts("vae", mnist, dataclasses.replace(view, turned_at={"beta": TURNED}))
    copied = view_of("vae", late, history=trained, tests=held_out([late], base + 70, 3.0), turned_at={"beta": TURNED})
    assert "memorisation" in verdicts("vae", mnist, copied)  # the images after the turn are compared


@pytest.mark.parametrize("jump", [30.0, -30.0])
def test_a_trend_does_not_cross_a_turn(jump: float, mnist: Dataset) -> None:
    """D + β·R of earlier weights, which were trained for another β, would make a slope of the turn."""
    base = facts_of(mnist).entropy - 60.0
    for name in ("beta", "lr"):
        for step in range(TURNED + 100, 2 * TURNED + 2_000, 200):
            steps = np.arange(100, step + 1, 100)
            tests = held_out(steps, base + np.where(steps > TURNED + 100, jump, 0.0), 3.0)
            trained = history("vae", 4_000, distortion=base + jump)
            view = view_of("vae", step, history=trained, tests=tests, turned_at={name: TURNED})
            found = set(verdicts("vae", mnist, view))
            assert not found & {"getting_worse", "still_improving"}, step
    assert found == {"stop_now"}  # once the last doubling lies behind the turn


def test_a_trend_of_a_gan_does_not_cross_a_turn_either(mnist: Dataset) -> None:
    trail = History(("step", "seconds", "proxy_fd"))
    trail.append(np.stack([STEPS, STEPS / 100, np.where(STEPS > 2_000, 10.0, 30.0)], 1))
    view = view_of("gan", measures=measures(trail=trail.table()))
    assert set(verdicts("gan", mnist, view)) == {"still_improving"}
    assert verdicts("gan", mnist, dataclasses.replace(view, turned_at={"smoothing": 2_500})) == {}


def test_losses_of_a_gan_count_from_the_turn_on(mnist: Dataset) -> None:
    beaten = history("gan", 4_000, d_loss=0.05, g_loss=9.0)
    for turned, said in ((3_501, False), (3_500, True)):
        view = view_of("gan", history=beaten, turned_at={"r1": turned})
        assert ("discriminator_won" in verdicts("gan", mnist, view)) is said


def test_a_collapse_must_last(mnist: Dataset) -> None:
    """A generator falls into a collapse and leaves it again: only one that was there for 1,500 steps is told."""
    assert mnist.test.labels is not None
    few = mnist.test.pixels[mnist.test.labels < 2][:DRAWS, 0]
    fair = mnist.test.pixels[:DRAWS, 0]

    def confirmed_at(turned_at: dict[str, int], recovered: int = 0) -> list[int]:
        before: tuple[Verdict, ...] = ()
        steps = []
        for step in range(500, 6_001, 250):
            shown = dataclasses.replace(pictures(fair if step == recovered else few), step=step)
            view = view_of("gan", step, samples=shown, turned_at={n: at for n, at in turned_at.items() if at <= step})
            before = judge(view, MODELS.get("gan"), mnist, view.config, before)
            steps += [step for verdict in before if verdict.is_confirmed]
        return steps

    assert confirmed_at({}) == list(range(2_500, 6_001, 250))
    assert confirmed_at({}, recovered=1_750)[0] == 3_500
    again = confirmed_at({"lr_d": 3_000})
    assert again == [*range(2_500, 3_000, 250), *range(5_500, 6_001, 250)]
