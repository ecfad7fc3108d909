"""Verdicts about codes: silent dimensions, a rate too small to tell classes apart, holes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.verdicts.base import FIRST_STEP, LOOSE, Action, Case, Tone, Verdict, number

SILENT_NATS = 0.01
"""A dimension with less rate says nothing about the image: a hundredth of a nat, as Burda et al. 2016 take a hundredth
of the prior's variance for active units."""
MOST = 2 / 3
"""From this share of silent dimensions on it is a warning. Fewer is how a VAE chooses the size of its code: with 64
dimensions and β = 1 it silences 45 % on MNIST by step 3,000 (measured)."""
REVIVAL_NATS = 0.25
"""Free bits offered to silent dimensions; Kingma et al. 2016 (section C.8) use 0.06 to 1 nat per group of them."""
SQUEEZED_BETA = 1.0
"""Only a β above the ELBO's own can be too much of it."""
DEFAULT_CLASSES = 10
HOLES_PRIOR = 0.35
"""A VAE at β = 1 leaves 5 % once its codes fill the prior, and up to 22 % while it learns (MNIST, measured)."""
HOLES_NO_PRIOR = 0.40
"""Default autoencoders on MNIST read 9 to 29 % (measured); nothing asks their codes to fill the space."""


def rates(case: Case) -> np.ndarray | None:
    """The rate (D,) of each dimension over test images, from the cloud or else from the measure."""
    known = case.view.looks.of(LatentCodesLook)
    if known is not None and known.value.rate_each is not None and case.fresh(known.step):
        return known.value.rate_each
    found = case.measure("rate_per_dimension")
    if found is not None and found.parts and case.fresh(found.step):
        return np.array([value for _, value in found.parts])
    return None


def settled(case: Case) -> bool:
    """Whether β has its full weight: not while it warms up, nor ever where it goes up and down."""
    schedule = getattr(case.config, "schedule", "constant")
    return schedule == "constant" or (schedule == "warm-up" and case.step > 1.5 * case.config.schedule_steps)


def posterior_collapse(case: Case) -> Verdict | None:
    """Dimensions whose posterior is the prior."""
    each = rates(case)
    if each is None or not settled(case):
        return None
    silent, dims = int((each < SILENT_NATS).sum()), len(each)
    if not silent:
        return None
    before = case.standing.get("posterior_collapse")
    many = MOST * (LOOSE if before is not None and before.tone != "note" else 1.0) * dims
    tone: Tone = "error" if silent == dims else "warn" if silent >= many else "note"
    verb = "carries" if silent == 1 else "carry"
    sentence = f"{silent} of {dims} dimensions {verb} less than {SILENT_NATS} nat"
    if dims == 1:
        sentence = f"The only dimension carries less than {SILENT_NATS} nat"
    sentence += ": the decoder ignores the code." if silent == dims else "."
    rule = (
        f"A dimension is silent when its rate over test images is below {SILENT_NATS} nat (after Burda et al. 2016)."
        f" A note when some are, a warning from two thirds, an error when all are; not before step {FIRST_STEP}."
    )
    word = "Posterior collapse" if tone != "note" else "Silent dimensions"
    beta = float(getattr(case.config, "beta", 1.0))
    free = float(getattr(case.config, "free_bits", 0.0))
    made = Verdict("posterior_collapse", tone, word, sentence, rule)
    if beta > 1:
        return dataclasses.replace(
            made,
            remedy="Lower β, or let it warm up, so that saying something about the image pays again.",
            action=Action("Set β to 1", "knob", "beta", 1.0),
        )
    if hasattr(case.config, "free_bits") and free < REVIVAL_NATS:
        return dataclasses.replace(
            made,
            remedy="Give each dimension some rate that costs nothing, or ask for fewer latent dims.",
            action=Action(f"Set free bits to {REVIVAL_NATS}", "knob", "free_bits", REVIVAL_NATS),
        )
    return dataclasses.replace(made, remedy="Ask for fewer latent dims: these data fill no more.")


def over_regularised(case: Case) -> Verdict | None:
    """Codes that speak, but with fewer nats than it takes to name a class."""
    each = rates(case)
    beta = float(getattr(case.config, "beta", 1.0))
    if each is None or beta <= SQUEEZED_BETA or not settled(case) or bool((each < SILENT_NATS).all()):
        return None
    classes = len(case.dataset.class_names) or DEFAULT_CLASSES
    rate, need = float(each.sum()), math.log(classes)
    if rate >= need:
        return None
    few = math.floor(math.exp(rate))
    enough = "too little to tell two kinds" if few < 2 else f"enough to tell {few} kinds"
    named = f"the data have {classes} classes" if case.dataset.class_names else f"{classes} would need {need:.1f}"
    return Verdict(
        "over_regularised",
        "warn",
        "Over-regularised",
        f"The code carries {number(rate, 2)} nats: {enough} of image apart, and {named}.",
        f"A warning when β > {SQUEEZED_BETA:g} and the rate over test images is below ln {classes} = {need:.2f} nats:"
        f" R bounds what the code knows of the image, and naming one of {classes} takes ln {classes} (Shannon 1948)."
        f" Not before step {FIRST_STEP}.",
        "Lower β: the pictures get sharper, and classes come apart on the map.",
        Action("Set β to 1", "knob", "beta", 1.0),
    )


def holes(case: Case) -> Verdict | None:
    """Prior draws that fall where no training code is."""
    known, measured = case.view.looks.of(TrainingCodesLook), case.measure("hole_share")
    if known is not None and case.fresh(known.step):
        share = known.value.hole_share
    elif measured is not None and case.fresh(measured.step):
        share = measured.value / 100
    else:
        return None
    trained = case.model.has_prior
    limit = HOLES_PRIOR if trained else HOLES_NO_PRIOR
    if not case.model.has_encoder or not case.above("holes", share, limit):
        return None
    source = (
        "a VAE at β = 1 reads about 5 % once trained" if trained else "autoencoders on MNIST read 9 to 29 % in 2 dims"
    )
    made = Verdict(
        "holes",
        "warn" if trained else "note",
        "Holes",
        f"{number(100 * share, 0)} % of prior draws fall where no training code is.",
        f"A {'warning' if trained else 'note'} from {100 * limit:.0f} %: a draw is in a hole when its 10th nearest"
        f" training code is farther than that of 95 % of test codes; {source}.",
    )
    beta = float(getattr(case.config, "beta", 1.0))
    if trained and beta < 1:
        return dataclasses.replace(
            made,
            remedy="Raise β to 1, which pulls the codes together until they fill the prior.",
            action=Action("Set β to 1", "knob", "beta", 1.0),
        )
    sampler = case.view.measures.sampler if case.view.measures is not None else "prior"
    if sampler != "prior":
        return dataclasses.replace(made, remedy="Draw from the codes themselves, as the present sampler does.")
    if trained:
        return dataclasses.replace(
            made,
            remedy="Draw from a mixture of Gaussians fitted to its codes, or raise β.",
            action=Action("Sample from a GMM", "sampler", "sampler", "gmm"),
        )
    return dataclasses.replace(
        made,
        remedy="Draw from a mixture of Gaussians fitted to its codes, or use a VAE, which fills its prior.",
        action=Action("Sample from a GMM", "sampler", "sampler", "gmm"),
    )
