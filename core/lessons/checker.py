"""Checks of a lesson that could be parsed: every knob, measure and step is tried against the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.lessons.reader import unexpected
from core.lessons.script import (
    Lesson,
    LessonError,
    Measure,
    Recipe,
    SetKnob,
    Show,
    Step,
    things_of,
)

if TYPE_CHECKING:
    from core.models.base import Model
    from core.training.setup import Setup


def check(lesson: Lesson) -> str:
    """The first error in what a lesson asks of the engine, one sentence; "" where there is none. Imports torch."""
    recipe = lesson.recipe
    if recipe is None:
        return lesson.trouble
    line = 1
    try:
        setup, models = _check_recipe(recipe)
        for step in (each for page in lesson.pages for each in page.steps):
            line = step.line
            _check_step(step, recipe, setup, models)
    except (UserError, KeyError) as error:
        return f"{lesson.name}.md, line {line}: {error}"
    except Exception as error:  # a broken lesson must not hide the others
        return f"{lesson.name}.md, line {line}: {unexpected(error)}"
    return ""


def _check_recipe(recipe: Recipe) -> tuple[Setup, dict[str, type[Model]]]:
    """Check all knobs of a recipe; returns its setup and the model of every lane."""
    from core.datasets.base import SOURCES
    from core.foundation.params import from_json
    from core.models.base import MODELS
    from core.training.setup import Setup

    for short in ({}, recipe.short_data):
        from_json(SOURCES.get(recipe.dataset).Config, {**recipe.data, **short})
    from_json(Setup, {**recipe.setup, **recipe.short_setup})
    models = {lane.name: MODELS.get(lane.model) for lane in recipe.lanes}
    for lane in recipe.lanes:
        from_json(models[lane.name].Config, lane.knobs)
    return from_json(Setup, recipe.setup), models


def _check_step(step: Step, recipe: Recipe, setup: Setup, models: Mapping[str, type[Model]]) -> None:
    """Raise `UserError` where a step asks for something that does not exist."""
    from core.evaluation.samplers import NAMES
    from core.foundation.params import knob
    from core.lessons.quantities import why_not  # torch

    if isinstance(step, SetKnob):
        live_knob = knob(models[step.lane].Config, step.knob)
        live_knob.check(step.value)
        if not live_knob.param.live:
            raise LessonError(f"'{brief(step.knob)}' acts after a restart only; put it into the recipe")
    elif isinstance(step, Measure):
        for owner, thing in things_of(step, recipe):
            if reason := why_not(models.get(owner), thing, recipe):
                raise LessonError(reason)
    elif isinstance(step, Show) and step.point is not None and len(step.point) != setup.latent:
        lengths = f"'point' is {len(step.point)} long, and the setup has latent = {setup.latent}"
        raise LessonError(f"{lengths}; write a number for each dimension")
    sampler = getattr(step, "sampler", None)
    if sampler is not None and sampler not in NAMES:
        raise LessonError(f"there is no sampler '{brief(sampler)}'; there are {', '.join(NAMES)}")
