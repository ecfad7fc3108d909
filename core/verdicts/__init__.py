"""Verdicts: sentences computed from measures, each with the rule it follows and what to try.

`judge` is a pure function of a view. A rule is a function of a `Case` that returns a `Verdict` or None, listed in
`RULES`. Rules read what is always live (the history, tests on held-out images, the latent codes, the training codes,
the samples on screen) and, where they are on, the measures. A failed run reports its failure itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.samples import SamplesLook
from core.verdicts import adversarial, latent_codes, progress
from core.verdicts.base import FIRST_STEP, TONE_ORDER, Action, Case, Tone, Verdict

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.board import View
    from core.models.base import Model, TrainConfig

__all__ = ["FIRST_STEP", "RULES", "Action", "Tone", "Verdict", "judge", "parts"]

RULES = (
    latent_codes.posterior_collapse,
    adversarial.discriminator_won,
    adversarial.mode_collapse,
    adversarial.generator_won,
    progress.memorisation,
    latent_codes.over_regularised,
    latent_codes.holes,
    progress.progress,
)


def parts(view: View) -> tuple[object, ...]:
    """What rules read of a view: while these are the same objects, so are the verdicts."""
    codes = view.looks.of(LatentCodesLook), view.looks.of(TrainingCodesLook)
    return view.status, view.history, view.tests, *codes, view.looks.of(SamplesLook), view.measures, view.config


def judge(
    view: View, model: type[Model], dataset: Dataset, config: TrainConfig, before: tuple[Verdict, ...] = ()
) -> tuple[Verdict, ...]:
    """The verdicts on a run, the most severe first; ``before`` are those of the last call.

    ``dataset`` and ``config`` are those it trains with. None before step `FIRST_STEP`, and none on a failed run.
    """
    if view.status.step < FIRST_STEP or view.status.failure is not None:
        return ()
    case = Case(view, model, dataset, config, {verdict.name: verdict for verdict in before})
    verdicts = [verdict for rule in RULES if (verdict := rule(case)) is not None]
    return tuple(sorted(verdicts, key=lambda verdict: TONE_ORDER[verdict.tone]))
