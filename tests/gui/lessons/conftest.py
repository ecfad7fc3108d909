"""Lessons with small networks: what is tested is how they are walked through, not what they teach."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from core.lessons import walkthrough
from core.lessons.script import Recipe


@pytest.fixture(autouse=True)
def small_lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lanes of every lesson are perceptrons on small batches."""
    begin = walkthrough.begin

    def begin_small(recipe: Recipe, *given: Any, **options: Any) -> None:
        begin(dataclasses.replace(recipe, setup={**recipe.setup, "network": "mlp", "batch": 16}), *given, **options)

    monkeypatch.setattr(walkthrough, "begin", begin_small)
