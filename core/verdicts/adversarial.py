"""Verdicts on adversarial models: mode collapse, and a side that has won."""

from __future__ import annotations

import functools
import math

import numpy as np

from core.foundation.arrays import Doubles
from core.probes.samples import Samples, SamplesLook
from core.verdicts.base import Case, Facts, Verdict, number, spread_of, with_remedy

LEAST_DRAWS = 12
"""Fewest samples on screen whose variety is judged."""
LEAST_SPREAD = 0.35
"""Least spread of the samples over that of test images: below it they are variations of one picture. Healthy GANs on
MNIST read 0.8 to 1.05 from step 500 on, generators that learn nothing 0.15 to 0.35 (measured)."""
HALF_THE_CLASSES = 0.5
"""Least effective number of classes among samples, over that among as many test images. Healthy GANs on MNIST read 6.2
to 9.2 of 8.6, collapsing ones 1.2 to 4.6 (30 draws, measured)."""
MODES_CAUGHT = 0.75
"""Least share of the centres or classes. A plain GAN on a ring of 8 catches 6.3 in the mean (Lin et al. 2018), PacGAN2
7.9."""
FIRST_COLLAPSE = 1_000
"""Steps until collapses are looked for: a young generator often draws one thing first."""
LASTING_COLLAPSE = 1_500
"""Steps for which a collapse must last: a healthy GAN falls into one and leaves it again within a few hundred steps
(two moons, seeds 1 and 2, between step 2,000 and 3,000), a WGAN on pinwheels within a thousand (measured)."""
RARE = 0.1
"""A class counts as forgotten when its share of the samples is less than this times its share of the data."""
LEAST_RECALL = 2.0
"""Least recall or coverage, % (Kynkäänniemi et al. 2019, Naeem et al. 2020): a single picture reads 0."""

D_WON = 0.2
"""D loss above its least possible value, nats: it is 1.39 where D guesses; at 0.2 D gives the right answer 90 % on
average. Healthy GANs on MNIST read 1.0 to 1.4."""
G_HELPLESS = 3.0
"""G loss where D gives a generated image a probability of 5 %, nats. Healthy GANs on MNIST read 0.7 to 1.2."""
D_LOST = 0.5
"""D loss above that of mere guessing, nats."""
G_BELIEVED = 0.2
"""G loss where D gives a generated image a probability of 82 %, nats."""


def mode_collapse(case: Case) -> Verdict | None:
    """The samples show too few kinds of images, by the measures, or else by the samples on screen."""
    if case.model.has_encoder:
        return None
    evidence = _from_measures(case) or _from_draws(case)
    if evidence is None:
        return None
    sentence, rule = evidence
    verdict = Verdict("mode_collapse", "warn", "Mode collapse", sentence, rule)
    otherwise = "Begin again with another seed, or with a Wasserstein GAN."
    return with_remedy(verdict, case.remedies("mode_collapse"), otherwise)


def _from_measures(case: Case) -> tuple[str, str] | None:
    """Sentence and rule, where a fresh measure shows a collapse."""
    modes = case.measure("modes")
    if modes is not None and modes.parts and case.fresh(modes.step):
        return _few_modes(case, int(modes.value), len(modes.parts), modes.n)
    shares, labels = case.measure("classes_caught"), case.dataset.test.labels
    if shares is not None and labels is not None and case.fresh(shares.step) and shares.parts:
        drawn = np.array([max(0.0, value) for _, value in shares.parts])
        expected = np.bincount(labels, minlength=len(drawn))[: len(drawn)] / len(labels)
        rare = drawn / max(float(drawn.sum()), 1e-12) < RARE * expected
        if case.above("mode_collapse", float(rare.mean()), 1 - MODES_CAUGHT):
            names = ", ".join(name for (name, _), is_rare in zip(shares.parts, rare, strict=True) if is_rare)
            rule = (
                f"A warning when more than a quarter of the classes are drawn less than {100 * RARE:.0f} % as often as"
                " the data have them, by our classifier."
            )
            return f"{rare.sum()} of {len(rare)} classes are hardly ever drawn: {names}.", rule
    kl = case.measure("label_kl")
    if kl is not None and case.fresh(kl.step) and case.above("mode_collapse", kl.value, math.log(2)):
        rule = "A warning from ln 2 = 0.69 nats, which is what drawing from half of the classes alone costs."
        return f"The classes drawn are {number(kl.value, 2)} nats away from those of the data.", rule
    for name in ("recall", "coverage"):
        measured = case.measure(name)
        if measured is None or not case.fresh(measured.step):
            continue
        if case.below("mode_collapse", measured.value, LEAST_RECALL):
            rule = f"A warning below {LEAST_RECALL:.0f} %: one picture again and again reads 0."
            return f"The draws reach {number(measured.value)} % of the test images ({name}).", rule
    return None


def _from_draws(case: Case) -> tuple[str, str] | None:
    """The same from the pictures that the window shows anyway."""
    known = case.view.looks.of(SamplesLook)
    if known is None or len(known.value.images) < LEAST_DRAWS or not case.fresh(known.step):
        return None
    facts, shown = case.facts, known.value
    if case.dataset.points:
        if shown.points is None or shown.points.shape[1:] != (facts.size,):
            return None
        if len(facts.centers) > 1 and len(shown.points) > 10 * len(facts.centers):
            caught = caught_modes(shown.points, facts)
            if (evidence := _few_modes(case, caught, len(facts.centers), len(shown.points))) is not None:
                return evidence
    elif shown.images[0].size != facts.size:
        return None  # samples of the previous dataset
    elif len(case.dataset.class_names) > 1 and facts.labels is not None:
        classes = effective_classes(shown, facts)
        expected = expected_classes(len(shown.images), tuple(facts.shares))
        if case.below("mode_collapse", classes, HALF_THE_CLASSES * expected):
            rule = (
                f"A warning below {100 * HALF_THE_CLASSES:.0f} % of what as many test images show; a draw is of the"
                " class of its nearest test image, and kinds are counted by the exponential of their entropy."
            )
            sentence = f"{len(shown.images)} draws show {number(classes)} kinds of image; as many test images show"
            return f"{sentence} {number(expected)}.", rule
    spread = spread_of(shown.images if shown.points is None else shown.points) / max(facts.spread, 1e-9)
    if case.below("mode_collapse", spread, LEAST_SPREAD):
        rule = (
            f"A warning below {100 * LEAST_SPREAD:.0f} %: the root of the variance summed over pixels, of"
            f" {len(shown.images)} draws and of test images. Healthy GANs read 80 to 105 %."
        )
        return f"Draws differ from each other {number(100 * spread, 0)} % as much as test images do.", rule
    return None


def _few_modes(case: Case, caught: int, modes: int, draws: int) -> tuple[str, str] | None:
    if not case.below("mode_collapse", caught, MODES_CAUGHT * modes):
        return None
    rule = (
        f"A warning below {100 * MODES_CAUGHT:.0f} % of the centres; one is reached when a draw lies within 3σ of it."
        " A plain GAN reaches 6.3 of 8 on a ring in the mean (Lin et al. 2018)."
    )
    return f"{draws:,} draws reach {caught} of {modes} modes.", rule


def caught_modes(points: np.ndarray, facts: Facts) -> int:
    """How many centres have one of the points (N, 2) within three of their standard deviations."""
    distances = np.linalg.norm(points[:, None] - facts.centers[None], axis=2)  # (N, K)
    return int((distances <= facts.reach).any(0).sum())


def effective_classes(shown: Samples, facts: Facts) -> float:
    """The effective number of classes among pictures: exp of the entropy of the classes of their nearest images."""
    x = _channels_first(shown.images).reshape(len(shown.images), -1).astype(np.float32) / np.float32(255)
    assert facts.labels is not None
    squares = facts.squares - 2 * x @ facts.images.T  # (N, M), less |x|² of each row
    return _effective_number(np.bincount(facts.labels[squares.argmin(1)]))


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, H, W[, 3]) as (N, C, H, W)."""
    return np.moveaxis(images, 3, 1) if images.ndim == 4 else images[:, None]


def _effective_number(counts: np.ndarray) -> float:
    share: Doubles = counts[counts > 0] / counts.sum()
    return math.exp(-float((share * np.log(share)).sum()))


@functools.lru_cache(maxsize=64)
def expected_classes(draws: int, shares: tuple[float, ...]) -> float:
    """The expected effective number of classes among so many draws from classes of these shares, by simulation."""
    random = np.random.default_rng(0)
    return float(np.mean([_effective_number(random.multinomial(draws, shares)) for _ in range(200)]))


def discriminator_won(case: Case) -> Verdict | None:
    """D is almost always right, and G learns nothing from it (Goodfellow et al. 2014, section 3)."""
    losses = _losses(case)
    if losses is None:
        return None
    above_least, _, g_loss = losses
    sure = case.below("discriminator_won", above_least, D_WON)
    if not (sure and case.above("discriminator_won", g_loss, G_HELPLESS)):
        return None
    verdict = Verdict(
        "discriminator_won",
        "error",
        "Discriminator won",
        f"D gives the truth {100 * math.exp(-max(0.0, above_least) / 2):.0f} %,"
        f" and a drawing a chance of {_chance(g_loss)}:"
        f" its loss is {number(above_least, 2)} nats, G's {number(g_loss)}.",
        f"An error when D's loss is below {D_WON} nats (above its least possible) and G's above {G_HELPLESS:g}, in the"
        " median of the last tenth of the run. Guessing costs D 1.39, and healthy GANs read 1.0 to 1.4 and 0.7 to 1.2.",
    )
    return with_remedy(verdict, case.remedies("discriminator_won"))


def generator_won(case: Case) -> Verdict | None:
    """D takes generated images for real and no longer guides G, whatever they look like."""
    losses = _losses(case)
    if losses is None:
        return None
    _, above_guessing, g_loss = losses
    fooled = case.above("generator_won", above_guessing, D_LOST)
    if not (fooled and case.below("generator_won", g_loss, G_BELIEVED)):
        return None
    verdict = Verdict(
        "generator_won",
        "warn",
        "Discriminator is fooled",
        f"D gives a drawing a chance of {_chance(g_loss)}:"
        f" its loss is {number(above_guessing, 2)} nats above guessing.",
        f"A warning when D's loss is more than {D_LOST} nats above that of guessing and G's below {G_BELIEVED}, in the"
        " median of the last tenth of the run: D then takes drawings for real, and teaches nothing.",
    )
    return with_remedy(verdict, case.remedies("generator_won"))


def _losses(case: Case) -> tuple[float, float, float] | None:
    """The D loss above its least value and above guessing, and the G loss; None where losses mean something else."""
    game = case.model.game(case.config)
    if game is None:
        return None
    d_loss, g_loss = case.typical(game.judge), case.typical(game.generator)
    if d_loss is None or g_loss is None:
        return None
    return d_loss - game.least, d_loss - game.guessing, g_loss


def _chance(g_loss: float) -> str:
    share = 100 * math.exp(-g_loss)
    return "less than 0.1 %" if share < 0.1 else f"{share:.1f} %" if share < 1 else f"{share:.0f} %"
