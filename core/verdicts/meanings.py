"""What each verdict means, in sentences that hold for every lane: the manual prints them, with the rules' constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.probes.codes import SILENT_NATS
from core.verdicts import adversarial, latent_codes, progress
from core.verdicts.base import Case, Tone, Verdict


@dataclass(frozen=True)
class Meaning:
    """A verdict by its ``name``: the ``words`` on its chip, its tones, when it is given, and the rule that gives it."""

    judge: Callable[[Case], Verdict | None]
    name: str
    words: tuple[str, ...]
    tones: tuple[Tone, ...]
    when: str


MEANINGS = (
    Meaning(
        latent_codes.posterior_collapse,
        "posterior_collapse",
        ("Posterior collapse", "Silent dimensions"),
        ("note", "warn", "error"),
        f"Dimensions of the code carry less than {SILENT_NATS} nat over test images, so that their"
        " posterior is the prior (after Burda et al. 2016). A note when some do: data rarely fill them all. A warning"
        " when two thirds do and the rest carry too little to name a class, ln K nats of K classes. An error when all"
        " do: the decoder then ignores the code.",
    ),
    Meaning(
        adversarial.discriminator_won,
        "discriminator_won",
        ("Discriminator won",),
        ("error",),
        f"D is almost always right, and G learns nothing from it (Goodfellow et al. 2014, section 3): D's loss is below"
        f" {adversarial.D_WON} nats (above its least possible) and G's above {adversarial.G_HELPLESS:g}, in the median"
        " of the last tenth of the run. Guessing costs D 1.39 nats.",
    ),
    Meaning(
        adversarial.mode_collapse,
        "mode_collapse",
        ("Mode collapse",),
        ("warn",),
        f"The samples show too few kinds of images: fewer than {100 * adversarial.MODES_CAUGHT:.0f} % of the modes of"
        f" points are reached, or more than {100 * (1 - adversarial.MODES_CAUGHT):.0f} % of the classes are drawn less"
        f" than {100 * adversarial.RARE:.0f} % as often as the data have them, or the classes drawn are more than ln 2"
        f" nats away from those of the data, or recall or coverage is below {adversarial.LEAST_RECALL:.0f} %. Where"
        f" none of these is measured, the samples on screen count: fewer than"
        f" {100 * adversarial.HALF_THE_CLASSES:.0f} % of the kinds that as many test images show, or less than"
        f" {100 * adversarial.LEAST_SPREAD:.0f} % of their spread.",
    ),
    Meaning(
        adversarial.generator_won,
        "generator_won",
        ("Discriminator is fooled",),
        ("warn",),
        f"D takes generated images for real and no longer guides G, whatever they look like: D's loss is more than"
        f" {adversarial.D_LOST} nats above that of guessing and G's below {adversarial.G_BELIEVED}, in the median of"
        " the last tenth of the run.",
    ),
    Meaning(
        progress.memorisation,
        "memorisation",
        ("Memorises",),
        ("warn",),
        f"Training images are memorised: the memorisation measure reads above {progress.COPIES:.0f} % with the lower"
        f" end of its interval above {progress.COPIES_LOW:.0f} % (unseen images read 50 %), or distortion on test"
        f" images exceeds that on training images by more than {100 * progress.GAP:.0f} % of what the code saves"
        " against the mean image alone.",
    ),
    Meaning(
        latent_codes.over_regularised,
        "over_regularised",
        ("Over-regularised",),
        ("warn",),
        "β is above 1, and the rate over test images is below ln K nats: too little to name one of K classes (Shannon"
        " 1948).",
    ),
    Meaning(
        latent_codes.holes,
        "holes",
        ("Holes",),
        ("note", "warn"),
        "Many draws of the prior fall where no training code is: their 10th nearest training code is farther than that"
        f" of 95 % of test codes. A warning from {100 * latent_codes.HOLES_PRIOR:.0f} % where the model has a prior, a"
        f" note from {100 * latent_codes.HOLES_NO_PRIOR:.0f} % where nothing asks codes to fill the space.",
    ),
    Meaning(
        progress.progress,
        "getting_worse",
        ("Getting worse", "Overfitting"),
        ("warn",),
        f"Over the last doubling of the steps the objective on test images rose by more than"
        f" {100 * progress.WORSE:.0f} % of what the code saves, and more than {progress.SIGNIFICANT:g} standard errors;"
        f" of a GAN, Proxy-FD by more than {100 * progress.WORSE_FD:.0f} %. It is overfitting where training images are"
        " still reconstructed better and better.",
    ),
    Meaning(
        progress.progress,
        "still_improving",
        ("Still improving",),
        ("good",),
        f"Over the last doubling of the steps the objective on test images fell by more than"
        f" {100 * progress.STILL:.0f} % of what the code saves; of a GAN, Proxy-FD by more than"
        f" {100 * progress.STILL_FD:.0f} %. Losses fall about evenly in log(steps), so twice the steps may bring about"
        " as much again.",
    ),
    Meaning(
        progress.progress,
        "stop_now",
        ("Stop now",),
        ("note",),
        f"Over the last doubling of the steps the objective on test images fell by less than"
        f" {100 * progress.DONE:.0f} % of what the code saves; of a GAN, Proxy-FD by less than"
        f" {100 * progress.DONE_FD:.0f} %. Twice the steps will hardly bring more.",
    ),
)
"""Every verdict, in the order of its rules."""
