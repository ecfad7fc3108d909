"""Verdicts about two networks in competition: draws that are all alike, and a side that has won."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import Any

import numpy as np

from core.foundation.arrays import Doubles
from core.probes.samples import Samples, SamplesLook
from core.verdicts.base import FIRST_STEP, Action, Case, Facts, Verdict, number, spread_of, typical

LEAST_DRAWS = 12
"""Fewer pictures on screen say nothing about how many kinds there are."""
ALIKE = 0.35
"""Draws spread over so little of the test images' spread are one picture in variations. Healthy GANs on MNIST read 0.8
to 1.05 from step 500 on, generators that learn nothing 0.15 to 0.35 (measured)."""
HALF_THE_CLASSES = 0.5
"""Of the kinds that as many test images show. Healthy GANs on MNIST read 6.2 to 9.2 of 8.6, collapsing ones 1.2 to 4.6
(30 draws, measured)."""
MODES_CAUGHT = 0.75
"""Of the centres. A plain GAN on a ring of 8 catches 6.3 in the mean (Lin et al. 2018), PacGAN2 7.9."""
RARE = 0.1
"""A class drawn a tenth as often as the data have it counts as forgotten."""
NOTHING_REACHED = 2.0
"""Per cent of recall or coverage (Kynkäänniemi et al. 2019, Naeem et al. 2020): a single picture reads 0."""

D_WON, G_HELPLESS = 0.2, 3.0
"""Nats. The D loss above its least possible value is 1.39 where D guesses; at 0.2 it gives the right answer 90 % on
average. A G loss of 3 means that D believes 5 % of a drawing. Healthy GANs on MNIST read 1.0 to 1.4 and 0.7 to 1.2."""
D_LOST, G_BELIEVED = 0.5, 0.2
"""Nats: the D loss above that of mere guessing, and a G loss where D believes 82 % of a drawing."""
FAR_APART = 4.0
"""Learning rates that differ by more are the first thing to suspect."""


def mode_collapse(case: Case) -> Verdict | None:
    """Draws that are too few kinds of images; told by measures, and else by the draws on screen."""
    if case.model.has_encoder:
        return None
    found = _from_measures(case) or _from_draws(case)
    if found is None:
        return None
    sentence, rule = found
    made = Verdict("mode_collapse", "warn", "Mode collapse", sentence, f"{rule} Not before step {FIRST_STEP}.")
    return _with_calmer_game(made, case.config)


def _from_measures(case: Case) -> tuple[str, str] | None:
    """The sentence and the rule, where a fresh measure says so."""
    modes = case.measure("modes")
    if modes is not None and modes.parts and case.fresh(modes.step):
        return _few_modes(case, int(modes.value), len(modes.parts), modes.n)
    shares, labels = case.measure("classes_caught"), case.dataset.test.labels
    if shares is not None and labels is not None and case.fresh(shares.step) and shares.parts:
        drawn = np.array([max(0.0, value) for _, value in shares.parts])
        there = np.bincount(labels, minlength=len(drawn))[: len(drawn)] / len(labels)
        rare = drawn / max(float(drawn.sum()), 1e-12) < RARE * there
        if case.above("mode_collapse", float(rare.mean()), 1 - MODES_CAUGHT):
            names = ", ".join(name for (name, _), is_rare in zip(shares.parts, rare, strict=True) if is_rare)
            rule = (
                f"A warning when more than a quarter of the classes are drawn less than {100 * RARE:.0f} % as often as"
                " the data have them, by our classifier."
            )
            return f"{rare.sum()} of {len(rare)} classes are hardly ever drawn: {names}.", rule
    apart = case.measure("label_kl")
    if apart is not None and case.fresh(apart.step) and case.above("mode_collapse", apart.value, math.log(2)):
        rule = "A warning from ln 2 = 0.69 nats, which is what drawing from half of the classes alone costs."
        return f"The classes drawn are {number(apart.value, 2)} nats away from those of the data.", rule
    for name in ("recall", "coverage"):
        reached = case.measure(name)
        if reached is None or not case.fresh(reached.step):
            continue
        if case.below("mode_collapse", reached.value, NOTHING_REACHED):
            rule = f"A warning below {NOTHING_REACHED:.0f} %: one picture again and again reads 0."
            return f"The draws reach {number(reached.value)} % of the test images ({name}).", rule
    return None


def _from_draws(case: Case) -> tuple[str, str] | None:
    """The same from the pictures that the window shows anyway."""
    known = case.view.looks.of(SamplesLook)
    if known is None or len(known.value.images) < LEAST_DRAWS or not case.fresh(known.step):
        return None
    facts, shown = case.facts, known.value
    if case.dataset.points:
        if shown.points is None or shown.points.shape[1:] != (2,):
            return None
        if len(facts.centers) > 1 and len(shown.points) > 10 * len(facts.centers):
            caught = caught_modes(shown.points, facts)
            if (found := _few_modes(case, caught, len(facts.centers), len(shown.points))) is not None:
                return found
    elif shown.images[0].size != facts.size:
        return None  # of the images before
    elif len(case.dataset.class_names) > 1 and facts.labels is not None:
        kinds, fair = kinds_of(shown, facts), kinds_of_fair(len(shown.images), tuple(facts.shares))
        if case.below("mode_collapse", kinds, HALF_THE_CLASSES * fair):
            rule = (
                f"A warning below {100 * HALF_THE_CLASSES:.0f} % of what as many test images show; a draw is of the"
                " class of its nearest test image, and kinds are counted by the exponential of their entropy."
            )
            sentence = f"{len(shown.images)} draws show {number(kinds)} kinds of image; as many test images show"
            return f"{sentence} {number(fair)}.", rule
    spread = spread_of(shown.images if shown.points is None else shown.points) / max(facts.spread, 1e-9)
    if case.below("mode_collapse", spread, ALIKE):
        rule = (
            f"A warning below {100 * ALIKE:.0f} %: the root of the variance summed over pixels, of {len(shown.images)}"
            " draws and of test images. Healthy GANs read 80 to 105 %."
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
    apart = np.linalg.norm(points[:, None] - facts.centers[None], axis=2)  # (N, K)
    return int((apart <= facts.reach).any(0).sum())


def kinds_of(shown: Samples, facts: Facts) -> float:
    """The effective number of classes among pictures: exp of the entropy of the classes of their nearest images."""
    x = _channels_first(shown.images).reshape(len(shown.images), -1).astype(np.float32) / np.float32(255)
    assert facts.labels is not None
    apart = facts.squares - 2 * x @ facts.images.T  # (N, M), but for |x|² of each row
    return _effective(np.bincount(facts.labels[apart.argmin(1)]))


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, H, W[, 3]) as data keep them: (N, C, H, W)."""
    return np.moveaxis(images, 3, 1) if images.ndim == 4 else images[:, None]


def _effective(counts: np.ndarray) -> float:
    share: Doubles = counts[counts > 0] / counts.sum()
    return math.exp(-float((share * np.log(share)).sum()))


@functools.lru_cache(maxsize=64)
def kinds_of_fair(draws: int, shares: tuple[float, ...]) -> float:
    """The mean of the same over fair draws from classes of these shares."""
    random = np.random.default_rng(0)
    return float(np.mean([_effective(random.multinomial(draws, shares)) for _ in range(200)]))


def discriminator_won(case: Case) -> Verdict | None:
    """D is right about everything, and G learns nothing from that (Goodfellow et al. 2014, section 3)."""
    losses = _losses(case)
    if losses is None:
        return None
    above, _, g_loss = losses
    sure = case.below("discriminator_won", above, D_WON)
    if not (sure and case.above("discriminator_won", g_loss, G_HELPLESS)):
        return None
    made = Verdict(
        "discriminator_won",
        "error",
        "Discriminator won",
        f"D gives the truth {100 * math.exp(-max(0.0, above) / 2):.0f} %, and a drawing a chance of {_chance(g_loss)}:"
        f" its loss is {number(above, 2)} nats, G's {number(g_loss)}.",
        f"An error when D's loss is below {D_WON} nats (above its least possible) and G's above {G_HELPLESS:g}, in the"
        f" median of the last tenth of the run. Guessing costs D 1.39, and healthy GANs read 1.0 to 1.4 and 0.7 to 1.2."
        f" Not before step {FIRST_STEP}.",
    )
    config = case.config
    if (paced := _same_pace(made, config)) is not None:
        return paced
    if getattr(config, "r1", math.inf) < 1:
        return _fixed(made, "Keep D smooth around real images with the R1 penalty.", "r1", 1.0)
    if getattr(config, "smoothing", 0.0) == 1.0:
        return _fixed(made, "Let D never be sure, by label smoothing.", "smoothing", 0.9)
    return _fixed(made, "Slow D down, so that G can follow.", "lr_d", config.lr_d / 4)


def generator_won(case: Case) -> Verdict | None:
    """D takes drawings for real: it teaches nothing, whatever the pictures are."""
    losses = _losses(case)
    if losses is None:
        return None
    _, over, g_loss = losses
    fooled = case.above("generator_won", over, D_LOST)
    if not (fooled and case.below("generator_won", g_loss, G_BELIEVED)):
        return None
    made = Verdict(
        "generator_won",
        "warn",
        "Discriminator is fooled",
        f"D gives a drawing a chance of {_chance(g_loss)}: its loss is {number(over, 2)} nats above guessing.",
        f"A warning when D's loss is more than {D_LOST} nats above that of guessing and G's below {G_BELIEVED}, in the"
        f" median of the last tenth of the run: D then takes drawings for real, and teaches nothing. Not before step"
        f" {FIRST_STEP}.",
    )
    paced = _same_pace(made, case.config)
    more = min(16, case.config.d_steps + 2)
    return paced or _fixed(made, "Give D more steps for each of G's.", "d_steps", more)


def _losses(case: Case) -> tuple[float, float, float] | None:
    """The D loss above its least value and above guessing, and the G loss; None where losses mean something else."""
    if case.model.chart.family != "adversarial":
        return None
    d_loss, g_loss = typical(case.view.history, "d_loss"), typical(case.view.history, "g_loss")
    level = case.model.level(case.config)
    if d_loss is None or g_loss is None or level is None:
        return None
    s = float(getattr(case.config, "smoothing", 1.0))
    least = -(s * math.log(s) + (1 - s) * math.log1p(-s)) if 0 < s < 1 else 0.0
    return d_loss - least, d_loss - level[0], g_loss


def _chance(g_loss: float) -> str:
    share = 100 * math.exp(-g_loss)
    return "less than 0.1 %" if share < 0.1 else f"{share:.1f} %" if share < 1 else f"{share:.0f} %"


def _same_pace(made: Verdict, config: Any) -> Verdict | None:
    """Where the learning rates lie far apart: the one that is farther from its default becomes the other."""
    g, d = config.lr_g, config.lr_d
    if min(g, d) > 0 and max(g, d) < FAR_APART * min(g, d):
        return None
    usual = type(config)()
    odd_g, odd_d = (abs(math.log(max(rate, 1e-12) / default)) for rate, default in ((g, usual.lr_g), (d, usual.lr_d)))
    remedy = "Let both networks learn at the same pace: one runs away from the other."
    return _fixed(made, remedy, "lr_g", d) if odd_g >= odd_d else _fixed(made, remedy, "lr_d", g)


def _with_calmer_game(made: Verdict, config: Any) -> Verdict:
    if (paced := _same_pace(made, config)) is not None:
        return paced
    if getattr(config, "penalty", math.inf) < 10:
        return _fixed(made, "Hold the critic's slope near 1 with the paper's penalty.", "penalty", 10.0)
    if getattr(config, "r1", math.inf) < 1:
        return _fixed(made, "Keep D smooth around real images with the R1 penalty.", "r1", 1.0)
    if config.d_steps < 5:
        return _fixed(made, "Let D judge more often, so that it sees the repetition.", "d_steps", 5)
    return dataclasses.replace(made, remedy="Begin again with another seed, or with a Wasserstein GAN.")


LABELS = {
    "lr_g": "learning rate G",
    "lr_d": "learning rate D",
    "r1": "R1 penalty",
    "penalty": "gradient penalty λ",
    "smoothing": "label smoothing",
    "d_steps": "D steps",
}


def _fixed(made: Verdict, remedy: str, name: str, value: float) -> Verdict:
    label = f"Set {LABELS[name]} to {value:.6g}"
    return dataclasses.replace(made, remedy=remedy, action=Action(label, "knob", name, value))
