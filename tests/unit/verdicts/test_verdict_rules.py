"""The rules of verdicts on both sides of their limits, on made-up views."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import numpy as np
import pytest

from core.datasets.base import SOURCES, Dataset, Images, load
from core.engine.board import Measures
from core.engine.status import Failure, Status
from core.foundation.history import History
from core.foundation.params import knob
from core.metrics.base import Measured
from core.models.base import MODELS
from core.verdicts import FIRST_STEP, RULES, Verdict, judge
from core.verdicts.adversarial import expected_classes
from core.verdicts.base import Case, facts_of
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


def test_no_verdict_before_the_first_step(mnist: Dataset) -> None:
    parts: dict[str, Any] = {"config": vae(beta=20.0)}
    early = view_of("vae", FIRST_STEP - 1, latent_codes=codes_with_rates([0.0, 0.0], FIRST_STEP - 1), **parts)
    due = view_of("vae", FIRST_STEP, latent_codes=codes_with_rates([0.0, 0.0], FIRST_STEP), **parts)
    assert verdicts("vae", mnist, early) == {}
    assert "posterior_collapse" in verdicts("vae", mnist, due)


def test_no_verdict_on_a_failed_run(mnist: Dataset) -> None:
    view = view_of("vae", latent_codes=codes_with_rates([0.0, 0.0]))
    failed = dataclasses.replace(view.status, failure=Failure("stopped", "", "", 4_000))
    assert verdicts("vae", mnist, view) != {}
    assert verdicts("vae", mnist, dataclasses.replace(view, status=failed)) == {}


def test_an_empty_view_has_no_verdicts(mnist: Dataset) -> None:
    for model in MODELS.names():
        assert verdicts(model, mnist, view_of(model)) == {}, model


@pytest.mark.parametrize(
    ("rates", "tone", "count"),
    [
        ([0.011] * 10, None, ""),
        ([0.009] + [1.0] * 9, "note", "1 of 10 dimensions carries"),
        ([0.009] * 6 + [1.0] * 4, "note", "6 of 10 dimensions carry"),
        ([0.009] * 7 + [1.0] * 3, "note", "7 of 10 dimensions carry"),  # 3 nats tell more than ten classes apart
        ([0.009] * 7 + [0.7] * 3, "warn", "7 of 10 dimensions carry"),
        ([0.009] * 6 + [0.5] * 4, "note", "6 of 10 dimensions carry"),
        ([0.009] * 10, "error", "10 of 10 dimensions carry"),
    ],
)
def test_silent_dimensions_are_counted(rates: list[float], tone: str | None, count: str, mnist: Dataset) -> None:
    found = verdicts("vae", mnist, view_of("vae", latent_codes=codes_with_rates(rates))).get("posterior_collapse")
    assert (found.tone if found else None) == tone
    if found is not None:
        assert found.sentence.startswith(count + " less than 0.01 nat")
        assert found.action is not None
        assert (found.action.name, found.action.value) == ("free_bits", 0.25)  # β = 1 is not too much


def test_a_warning_of_silence_does_not_flicker(mnist: Dataset) -> None:
    tones = []
    before: tuple[Verdict, ...] = ()
    for silent in (44, 42, 39, 42):
        view = view_of("vae", latent_codes=codes_with_rates([0.001] * silent + [0.08] * (64 - silent)))
        before = judge(view, MODELS.get("vae"), mnist, view.config, before)
        tones.append(before[0].tone)
    assert tones == ["warn", "warn", "warn", "warn"]
    assert verdicts("vae", mnist, view)["posterior_collapse"].tone == "note"  # but it begins at two thirds


def test_stale_codes_are_ignored(mnist: Dataset) -> None:
    old = view_of("vae", 10_000, latent_codes=codes_with_rates([0.0, 0.0], 4_999), training_codes=hole(0.9, 4_999))
    assert verdicts("vae", mnist, old) == {}


def test_the_measure_replaces_missing_latent_codes(mnist: Dataset) -> None:
    parts = (("z1", 0.0), ("z2", 3.0), ("z3", 0.001))
    values = measures(rate_per_dimension=Measured(1.0, parts=parts, step=4_000))
    found = verdicts("vae", mnist, view_of("vae", measures=values))["posterior_collapse"]
    assert found.sentence.startswith("2 of 3 dimensions")


@pytest.mark.parametrize(
    ("rate", "beta", "said"), [(2.2, 4, True), (2.4, 4, False), (2.2, 1, False), (2.2, 0.5, False)]
)
def test_over_regularised_takes_a_large_beta_and_a_rate_below_ln_10(
    rate: float, beta: float, said: bool, mnist: Dataset
) -> None:
    view = view_of("vae", latent_codes=codes_with_rates([rate / 2, rate / 2]), config=vae(beta=float(beta)))
    assert ("over_regularised" in verdicts("vae", mnist, view)) is said


@pytest.mark.parametrize(
    ("schedule", "step", "said"), [("warm-up", 2_400, False), ("warm-up", 2_600, True), ("cyclic", 9_000, False)]
)
def test_a_schedule_is_waited_for(schedule: str, step: int, said: bool, mnist: Dataset) -> None:
    config = vae(beta=10.0, schedule=schedule, schedule_steps=2_000)
    view = view_of("vae", step, latent_codes=codes_with_rates([0.001, 0.4], step), config=config)
    assert ("over_regularised" in verdicts("vae", mnist, view)) is said
    assert ("posterior_collapse" in verdicts("vae", mnist, view)) is said  # one silent dimension: a note


@pytest.mark.parametrize(
    ("model", "share", "tone"),
    [("vae", 0.34, None), ("vae", 0.36, "warn"), ("ae", 0.39, None), ("ae", 0.41, "note")],
)
def test_holes(model: str, share: float, tone: str | None, mnist: Dataset) -> None:
    found = verdicts(model, mnist, view_of(model, training_codes=hole(share))).get("holes")
    assert (found.tone if found else None) == tone
    assert found is None or f"{100 * share:.0f} %" in found.sentence


def test_holes_stay_until_they_are_clearly_gone(mnist: Dataset) -> None:
    first = tuple(verdicts("vae", mnist, view_of("vae", training_codes=hole(0.36))).values())
    second = tuple(verdicts("vae", mnist, view_of("vae", training_codes=hole(0.33)), first).values())
    assert [verdict.name for verdict in second] == ["holes"]
    assert verdicts("vae", mnist, view_of("vae", training_codes=hole(0.31)), second) == {}


def test_the_sampler_is_offered_once(mnist: Dataset) -> None:
    other = view_of("ae", training_codes=hole(0.9), measures=measures("gmm"))
    assert verdicts("ae", mnist, other)["holes"].action is None


@pytest.mark.parametrize(
    ("d_loss", "g_loss", "smoothing", "said"),
    [
        (0.19, 3.1, 1.0, "discriminator_won"),
        (0.21, 3.1, 1.0, None),
        (0.19, 2.9, 1.0, None),
        (0.33, 3.1, 0.9, "discriminator_won"),  # targets of 0.9 cost 0.325 at least
        (1.386, 0.693, 1.0, None),
        (1.9, 0.19, 1.0, "generator_won"),
        (1.8, 0.19, 1.0, None),
        (1.9, 0.21, 1.0, None),
    ],
)
def test_losses_of_a_gan(d_loss: float, g_loss: float, smoothing: float, said: str | None, mnist: Dataset) -> None:
    config = MODELS.get("gan").Config(smoothing=smoothing)
    view = view_of("gan", history=history("gan", 4_000, d_loss=d_loss, g_loss=g_loss), config=config)
    assert list(verdicts("gan", mnist, view)) == ([said] if said else [])


def test_only_the_last_tenth_counts(mnist: Dataset) -> None:
    late = history("gan", 4_000, d_loss=lambda at: np.where(at > 3_600, 0.01, 1.4), g_loss=9.0)
    early = history("gan", 4_000, d_loss=lambda at: np.where(at > 3_600, 1.4, 0.01), g_loss=9.0)
    view = view_of("gan", history=late)
    assert Case(view, MODELS.get("gan"), mnist, view.config).recent("d_loss") == pytest.approx(0.01)
    assert "discriminator_won" in verdicts("gan", mnist, view_of("gan", history=late))
    assert "discriminator_won" not in verdicts("gan", mnist, view_of("gan", history=early))


def test_a_jump_of_the_loss_now_and_then_does_not_save_a_beaten_generator(mnist: Dataset) -> None:
    jumps = history("gan", 4_000, d_loss=lambda at: np.where(at % 10 == 0, 6.0, 0.01), g_loss=9.0)
    assert "discriminator_won" in verdicts("gan", mnist, view_of("gan", history=jumps))


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ({"lr_d": 2e-2}, "lr_d", 2e-3),
        ({"lr_g": 1e-4}, "lr_g", 2e-3),
        ({"r1": 0.0}, "r1", 1.0),
        ({}, "smoothing", 0.9),
        ({"smoothing": 0.9}, "lr_d", 5e-4),
    ],
)
def test_remedies_for_a_beaten_generator(config: dict[str, Any], name: str, value: float, mnist: Dataset) -> None:
    view = view_of(
        "gan",
        history=history("gan", 4_000, d_loss=0.05, g_loss=9.0),
        config=MODELS.get("gan").Config(**config),
    )
    action = verdicts("gan", mnist, view)["discriminator_won"].action
    assert action is not None
    assert (action.kind, action.name, action.value) == ("knob", name, pytest.approx(value))


def test_test_images_are_no_collapse(mnist: Dataset) -> None:
    for first in range(0, 240, DRAWS):
        some = pictures(mnist.test.pixels[first : first + DRAWS, 0])
        assert verdicts("gan", mnist, view_of("gan", samples=some)) == {}


def test_samples_of_two_classes_are_a_collapse(mnist: Dataset) -> None:
    assert mnist.test.labels is not None
    some = mnist.test.pixels[mnist.test.labels < 2][:DRAWS, 0]
    found = verdicts("gan", mnist, view_of("gan", samples=pictures(some)))["mode_collapse"]
    assert "kinds of image" in found.sentence
    assert verdicts("vae", mnist, view_of("vae", samples=pictures(some))) == {}  # a VAE cannot choose
    stale = view_of("gan", 10_000, samples=pictures(some))
    assert verdicts("gan", mnist, stale) == {}
    assert verdicts("gan", mnist, view_of("gan", samples=pictures(some[:11]))) == {}


def test_one_picture_again_and_again_is_a_collapse_without_classes(mnist: Dataset) -> None:
    nameless = dataclasses.replace(
        mnist, class_names=(), train=Images(mnist.train.pixels), test=Images(mnist.test.pixels)
    )
    random = np.random.default_rng(0)
    same = np.clip(mnist.test.pixels[0, 0] + random.normal(0, 3, (DRAWS, 28, 28)), 0, 255)
    found = verdicts("gan", nameless, view_of("gan", samples=pictures(same)))["mode_collapse"]
    assert "% as much as test images do" in found.sentence
    fair = pictures(mnist.test.pixels[:DRAWS, 0])
    assert verdicts("gan", nameless, view_of("gan", samples=fair)) == {}


def test_fair_draws_show_almost_every_class() -> None:
    assert 8.0 < expected_classes(30, (0.1,) * 10) < 9.0
    assert expected_classes(10_000, (0.1,) * 10) == pytest.approx(10, abs=0.1)


@pytest.mark.parametrize(("caught", "said"), [(5, True), (6, False), (8, False)])
def test_modes(caught: int, said: bool) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(layout="ring", train_images=2_000))
    facts = facts_of(ring)
    assert facts.reach == pytest.approx(0.06, rel=0.15)  # three times σ = 0.02
    points = facts.centers[np.arange(500) % caught].astype(np.float32)
    shown = pictures(np.zeros((500, 2)), points)
    assert ("mode_collapse" in verdicts("gan", ring, view_of("gan", samples=shown))) is said
    parts = tuple((str(k), 1.0 if k < caught else 0.0) for k in range(8))
    values = measures(modes=Measured(caught, parts=parts, n=2_500, step=4_000))
    found = verdicts("gan", ring, view_of("gan", measures=values)).get("mode_collapse")
    assert (found is not None) is said
    assert found is None or f"2,500 draws reach {caught} of 8 modes" in found.sentence


def test_forgotten_classes_are_named(mnist: Dataset) -> None:
    def drawn(*missing: int) -> Measures:
        parts = tuple((str(k), 0.0 if k in missing else 10.0) for k in range(10))
        return measures(classes_caught=Measured(10 - len(missing), parts=parts, step=4_000))

    found = verdicts("gan", mnist, view_of("gan", measures=drawn(4, 7, 9)))["mode_collapse"]
    assert found.sentence == "3 of 10 classes are hardly ever drawn: 4, 7, 9."
    assert verdicts("gan", mnist, view_of("gan", measures=drawn(4, 7))) == {}


@pytest.mark.parametrize(
    ("name", "bad", "good"), [("label_kl", 0.7, 0.6), ("recall", 1.9, 2.1), ("coverage", 1.9, 2.1)]
)
def test_other_measures_of_collapse(name: str, bad: float, good: float, mnist: Dataset) -> None:
    for value, said in ((bad, True), (good, False), (float("nan"), False)):
        values = measures(**{name: Measured(value, step=4_000)})
        assert ("mode_collapse" in verdicts("gan", mnist, view_of("gan", measures=values))) is said


@pytest.mark.parametrize(
    ("value", "low", "said"), [(96, 93, True), (96, 70, False), (89, 85, False), (96, float("nan"), True)]
)
def test_the_measure_of_memorising(value: float, low: float, said: bool, mnist: Dataset) -> None:
    for sampler, counts in (
        ("prior", True),
        ("gmm", True),
        ("codes", False),
    ):  # reconstructed training images are copies
        values = measures(memorisation=Measured(value, low, 99.0, step=4_000, sampler=sampler))
        found = verdicts("vae", mnist, view_of("vae", measures=values))
        assert ("memorisation" in found) is (said and counts)


def test_verdicts_on_points_speak_of_points() -> None:
    moons = load("moons")
    train = -2.0
    view = view_of("ae", history=history("ae", 4_000, distortion=train), tests=held_out([4_000], train + 1e3))
    found = verdicts("ae", moons, view)["memorisation"]
    assert found.sentence.startswith("Test points cost")
    assert "mean point" in found.threshold
    assert found.remedy.startswith("Train on more points")
    for words in (found.sentence, found.threshold, found.remedy):
        assert not re.search(r"image|picture|pixel", words)


def test_the_gap_is_a_share_of_what_the_code_is_worth(mnist: Dataset) -> None:
    alone = facts_of(mnist).entropy  # what the mean image costs
    train = alone - 40.0
    for gap, said in ((9.0, False), (11.0, True)):
        view = view_of("ae", history=history("ae", 4_000, distortion=train), tests=held_out([4_000], train + gap))
        found = verdicts("ae", mnist, view)
        assert ("memorisation" in found) is said
    assert "11.0 nats" in found["memorisation"].sentence
    assert "28 %" in found["memorisation"].sentence


@pytest.mark.parametrize(
    ("per_doubling", "name", "word"),
    [
        (-5.0, "still_improving", "Still improving"),
        (-0.9, None, ""),
        (-0.3, "stop_now", "Stop now"),
        (0.0, "stop_now", "Stop now"),
        (0.3, "stop_now", "Stop now"),
        (5.0, "getting_worse", "Getting worse"),
    ],
)
def test_the_trend_of_test_images(per_doubling: float, name: str | None, word: str, mnist: Dataset) -> None:
    base = facts_of(mnist).entropy - 60.0
    values = base + per_doubling * np.log2(STEPS / 4_000)
    rate = 5.0
    trained = history("vae", 4_000, distortion=base)
    view = view_of("vae", history=trained, tests=held_out(STEPS, values - rate, rate))
    found = verdicts("vae", mnist, view)
    assert list(found) == ([name] if name else [])
    if name:
        assert found[name].word == word
        assert f"{abs(per_doubling):.1f}" in found[name].sentence
        assert "−ELBO" in found[name].sentence
    pausing = [v.action.kind for v in found.values() if v.action is not None and v.action.kind == "pause"]
    assert pausing == (["pause"] if name == "stop_now" else [])
    resting = dataclasses.replace(view, status=Status("paused", 4_000))
    assert not [v for v in verdicts("vae", mnist, resting).values() if v.action and v.action.kind == "pause"]


def test_a_rate_within_its_free_bits_costs_nothing(mnist: Dataset) -> None:
    """D falls while R rises within free bits: the objective falls, though D + R does not."""
    base = facts_of(mnist).entropy - 60.0
    later = np.log2(STEPS / 4_000)
    distortion, rate = base - 5.0 * later, 8.0 + 10.0 * later
    trained = history("vae", 4_000, distortion=base)
    free = view_of(
        "vae", history=trained, tests=held_out(STEPS, distortion, rate, paid=20.0), config=vae(free_bits=10.0)
    )
    found = verdicts("vae", mnist, free)
    assert list(found) == ["still_improving"]
    assert "D + 1·R (R with its free bits)" in found["still_improving"].sentence
    paid = view_of("vae", history=trained, tests=held_out(STEPS, distortion, rate))
    assert list(verdicts("vae", mnist, paid)) == ["getting_worse"]


def test_noise_is_no_trend(mnist: Dataset) -> None:
    steps = np.arange(200, 4_001, 200)
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 2.0, len(steps))
        view = view_of("ae", tests=held_out(steps, 140 + noise), history=history("ae", 4_000, distortion=140.0))
        assert not {"getting_worse", "still_improving"} & set(verdicts("ae", mnist, view)), seed


def test_a_few_tests_are_no_trend(mnist: Dataset) -> None:
    late = held_out(np.arange(3_000, 4_001, 100), np.linspace(140, 120, 11))
    sparse = held_out([1_000, 2_000, 3_000, 4_000], [150.0, 140.0, 130.0, 120.0])
    for table in (late, sparse):
        trained = history("ae", 4_000, distortion=120.0)
        assert verdicts("ae", mnist, view_of("ae", tests=table, history=trained)) == {}


def test_a_gan_is_judged_by_proxy_fd_never_by_its_losses(mnist: Dataset) -> None:
    falling = history("gan", 4_000, d_loss=lambda at: 1.4 - at / 8_000, g_loss=1.0)
    assert verdicts("gan", mnist, view_of("gan", history=falling)) == {}
    trail = History(("step", "seconds", "proxy_fd"))
    trail.append(np.stack([STEPS, STEPS / 100, 30.0 - 8.0 * np.log2(STEPS / 4_000)], 1))
    values = measures(trail=trail.table())
    assert list(verdicts("gan", mnist, view_of("gan", history=falling, measures=values))) == ["still_improving"]


def test_errors_come_first_and_every_verdict_states_its_numbers(mnist: Dataset) -> None:
    view = view_of(
        "vae",
        latent_codes=codes_with_rates([5.0, 5.0, 0.0]),
        training_codes=hole(0.9),
        config=vae(beta=0.5),
        tests=held_out(STEPS, 140.0, 10.0),
        history=history("vae", 4_000, distortion=140.0),
    )
    found = judge(view, MODELS.get("vae"), mnist, view.config)
    assert [verdict.name for verdict in found] == ["holes", "posterior_collapse", "stop_now"]
    assert [verdict.tone for verdict in found] == ["warn", "note", "note"]
    for verdict in found:
        assert any(digit in verdict.threshold for digit in "0123456789")
        assert any(digit in verdict.sentence for digit in "0123456789")
        assert verdict.sentence.endswith(".")
        if verdict.action is not None and verdict.action.kind == "knob":
            offered = knob(MODELS.get("vae").Config, verdict.action.name)
            assert offered.check(verdict.action.value) == verdict.action.value


def test_judging_twice_gives_the_same(mnist: Dataset) -> None:
    view = view_of("vae", latent_codes=codes_with_rates([0.0, 0.0]), tests=held_out(STEPS, 140.0, 0.0))
    once = judge(view, MODELS.get("vae"), mnist, view.config)
    assert once
    assert judge(view, MODELS.get("vae"), mnist, view.config) == once
    assert len(RULES) == len(set(RULES))


def test_corrupted_images_are_not_compared_with_clean_ones(mnist: Dataset) -> None:
    """A denoising autoencoder trains on corrupted images: what clean test images cost more says nothing of memory."""
    alone = facts_of(mnist).entropy
    trained = history("ae", 4_000, distortion=lambda step: alone - 40.0 - step / 1_000)
    rising = held_out(STEPS, alone - 20.0 + 10.0 * np.log2(STEPS / 4_000))
    plain = verdicts("ae", mnist, view_of("ae", history=trained, tests=rising))
    assert plain["memorisation"].word == "Memorises"
    assert plain["getting_worse"].word == "Overfitting"
    denoising = verdicts("denoising_ae", mnist, view_of("denoising_ae", history=trained, tests=rising))
    assert "memorisation" not in denoising
    assert denoising["getting_worse"].word == "Getting worse"
    assert "distortion of clean images rose" in denoising["getting_worse"].sentence
