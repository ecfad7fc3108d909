"""Verdicts on codes: silent dimensions, a rate too small to tell classes apart, holes."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from core.models.declarations import draw_from_mixture
from core.probes.codes import SILENT_NATS, LatentCodesLook, TrainingCodesLook
from core.verdicts.base import HYSTERESIS, Case, Tone, Verdict, number, with_remedy

MOST_SILENT = 2 / 3
"""Share of silent dimensions from which they are a warning. Fewer is how a VAE chooses the size of its code: with 64
dimensions and β = 1 it silences 45 % on MNIST by step 3,000 (measured)."""
DEFAULT_CLASSES = 10
"""Classes to tell apart where the data have none."""
FIRST_HOLES = 2_000
"""Steps until holes are looked for: codes fill a prior slowly. A VAE with 10 dimensions on shapes reads 87 % at step
500, 52 % at 1,000 and no warning from 1,500 on (measured)."""
HOLES_PRIOR = 0.35
"""Largest share of prior draws in holes, for a model with a prior. A VAE at β = 1 leaves 5 % once its codes fill the
prior, and up to 22 % while it learns (MNIST, measured)."""
HOLES_NO_PRIOR = 0.40
"""The same without a prior: nothing asks codes to fill the space. Default autoencoders on MNIST read 9 to 29 %
(measured)."""


def rates(case: Case) -> np.ndarray | None:
    """The rate (D,) of each dimension over test images, from the cloud or else from the measure."""
    known = case.view.looks.of(LatentCodesLook)
    if known is not None and known.value.rate_per_dimension is not None and case.fresh(known.step):
        return known.value.rate_per_dimension
    found = case.measure("rate_per_dimension")
    if found is not None and found.parts and case.fresh(found.step):
        return np.array([value for _, value in found.parts])
    return None


def nats_to_name_a_class(case: Case) -> float:
    """ln K of the data's K classes."""
    return math.log(max(2, len(case.dataset.class_names) or DEFAULT_CLASSES))


def posterior_collapse(case: Case) -> Verdict | None:
    """Dimensions whose posterior is the prior."""
    rate_per_dimension = rates(case)
    if rate_per_dimension is None:
        return None
    silent, dims = int((rate_per_dimension < SILENT_NATS).sum()), len(rate_per_dimension)
    if not silent:
        return None
    before = case.standing.get("posterior_collapse")
    held = HYSTERESIS if before is not None and before.tone != "note" else 1.0
    is_poor = float(rate_per_dimension.sum()) < nats_to_name_a_class(case) / held
    tone: Tone = "error" if silent == dims else "warn" if silent >= MOST_SILENT * held * dims and is_poor else "note"
    verb = "carries" if silent == 1 else "carry"
    sentence = f"{silent} of {dims} dimensions {verb} less than {SILENT_NATS} nat"
    if dims == 1:
        sentence = f"The only dimension carries less than {SILENT_NATS} nat"
    sentence += ": the decoder ignores the code." if silent == dims else "."
    rule = (
        f"A dimension is silent when its rate over test images is below {SILENT_NATS} nat (after Burda et al. 2016)."
        " A note when some are: data rarely fill them all. A warning from two thirds if the rest carry too little to"
        f" name a class ({nats_to_name_a_class(case):.1f} nats), an error when all are."
    )
    word = "Posterior collapse" if tone != "note" else "Silent dimensions"
    verdict = Verdict("posterior_collapse", tone, word, sentence, rule)
    otherwise = "Ask for fewer latent dims: these data fill no more."
    return with_remedy(verdict, case.remedies("posterior_collapse"), otherwise)


def over_regularised(case: Case) -> Verdict | None:
    """The code has a rate, but fewer nats than it takes to name a class."""
    rate_per_dimension = rates(case)
    if rate_per_dimension is None or case.rate_weight.value <= 1:
        return None
    if bool((rate_per_dimension < SILENT_NATS).all()):
        return None
    classes = len(case.dataset.class_names) or DEFAULT_CLASSES
    rate, need = float(rate_per_dimension.sum()), nats_to_name_a_class(case)
    if rate >= need:
        return None
    distinct = math.floor(math.exp(rate))
    enough = "too little to tell two kinds" if distinct < 2 else f"enough to tell {distinct} kinds"
    named = f"the data have {classes} classes" if case.dataset.class_names else f"{classes} would need {need:.1f}"
    verdict = Verdict(
        "over_regularised",
        "warn",
        "Over-regularised",
        f"The code carries {number(rate, 2)} nats: {enough} of image apart, and {named}.",
        f"A warning when β > 1 and the rate over test images is below ln {classes} = {need:.2f} nats:"
        f" R bounds what the code knows of the image, and naming one of {classes} takes ln {classes} (Shannon 1948).",
    )
    return with_remedy(verdict, case.remedies("over_regularised"))


def holes(case: Case) -> Verdict | None:
    """Prior draws that fall where no training code is."""
    known, measured = case.view.looks.of(TrainingCodesLook), case.measure("hole_share")
    if known is not None and case.fresh(known.step):
        share = known.value.hole_share
    elif measured is not None and case.fresh(measured.step):
        share = measured.value / 100
    else:
        return None
    has_prior = case.model.has_prior
    limit = HOLES_PRIOR if has_prior else HOLES_NO_PRIOR
    if not case.model.has_encoder or not case.above("holes", share, limit):
        return None
    usual = f"; {case.model.usual_holes}" if case.model.usual_holes else ""
    verdict = Verdict(
        "holes",
        "warn" if has_prior else "note",
        "Holes",
        f"{number(100 * share, 0)} % of prior draws fall where no training code is.",
        f"A {'warning' if has_prior else 'note'} from {100 * limit:.0f} %: a draw is in a hole when its 10th nearest"
        f" training code is farther than that of 95 % of test codes{usual}.",
    )
    general = draw_from_mixture("Draw from a mixture of Gaussians fitted to its codes.")
    remedies = case.remedies("holes") or (general,)
    present_sampler = case.view.measures.sampler if case.view.measures is not None else "prior"
    if remedies[0].sampler and present_sampler != "prior":
        return dataclasses.replace(verdict, remedy="Draw from the codes themselves, as the present sampler does.")
    return with_remedy(verdict, remedies)
