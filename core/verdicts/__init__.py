"""Verdicts: sentences computed from measures, each with the rule it follows and what to try.

`judge` is a pure function of a view. `RULES` lists the rules, the weightiest first of each tone. They read what is
always live (the history, tests on held-out images, the latent codes, the training codes, the samples on screen) and,
where they are on, the measures; what was seen before a knob was turned on which they depend is no evidence. A failed
run reports its failure itself.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.samples import SamplesLook
from core.verdicts import adversarial, latent_codes, progress
from core.verdicts.base import FIRST_STEP, TONE_ORDER, Action, Case, Rule, Tone, Verdict

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.board import View
    from core.models.base import Model, TrainConfig

__all__ = ["FIRST_STEP", "RULES", "Action", "Tone", "Verdict", "judge", "parts"]

_GO_ON = ("still_improving", "stop_now")
"""Advice on a run that is well: it contradicts whoever says that something must be changed first."""

RULES = (
    Rule(
        latent_codes.posterior_collapse,
        pace=False,
        # a decoder that ignores its code cannot memorise with it, and its codes lie where the prior is
        excludes=("over_regularised", "memorisation", "holes", *_GO_ON),
    ),
    Rule(adversarial.discriminator_won, excludes=("generator_won", *_GO_ON)),
    Rule(
        adversarial.mode_collapse,
        first=adversarial.FIRST_COLLAPSE,
        lasts=adversarial.LASTING_COLLAPSE,
        excludes=_GO_ON,
    ),
    Rule(adversarial.generator_won, excludes=_GO_ON),
    Rule(progress.memorisation, excludes=_GO_ON),
    Rule(latent_codes.over_regularised, pace=False, excludes=("memorisation", *_GO_ON)),
    Rule(latent_codes.holes, pace=False, first=latent_codes.FIRST_HOLES),
    Rule(progress.progress),
)


def parts(view: View) -> tuple[object, ...]:
    """What rules read of a view: while these are the same objects, so are the verdicts."""
    codes = view.looks.of(LatentCodesLook), view.looks.of(TrainingCodesLook)
    return view.status, view.history, view.tests, *codes, view.looks.of(SamplesLook), view.measures, view.config


def judge(
    view: View, model: type[Model], dataset: Dataset, config: TrainConfig, before: tuple[Verdict, ...] = ()
) -> tuple[Verdict, ...]:
    """The verdicts on a run, the most severe first; ``before`` are those of the last call, if no knob turned since.

    ``dataset`` and ``config`` are those it trains with. None contradicts a weightier one, and there is none on a failed
    run. Those that are not confirmed belong into the next ``before`` and nowhere else.
    """
    if view.status.failure is not None:
        return ()
    standing = {verdict.name: verdict for verdict in before}
    found: list[Verdict] = []
    excluded: set[str] = set()
    for rule in RULES:
        since = rule.since(view, model, config)
        if view.status.step < since:
            continue
        verdict = rule.judge(Case(view, model, dataset, config, standing, since))
        if verdict is None:
            continue
        verdict = dataclasses.replace(
            verdict,
            sentence=dataset.worded(verdict.sentence),
            threshold=dataset.worded(f"{verdict.threshold} {rule.condition()}"),
            remedy=dataset.worded(verdict.remedy),
        )
        verdict = rule.dated(verdict, standing.get(verdict.name), view.status.step)
        found.append(verdict)
        if verdict.tone in ("warn", "error") and verdict.is_confirmed:
            excluded |= set(rule.excludes)
    compatible = [verdict for verdict in found if verdict.name not in excluded]
    return tuple(sorted(compatible, key=lambda verdict: TONE_ORDER[verdict.tone]))
