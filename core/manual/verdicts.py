"""The page of verdicts: what each says, by which rule, from when on, and what each model then suggests."""

from __future__ import annotations

from core.manual.page import Page, facts, heading, link, paragraphs, words
from core.models.base import MODELS
from core.text import addresses
from core.verdicts import RULES
from core.verdicts.meanings import MEANINGS, Meaning

TONES = {"good": "good", "note": "a note", "warn": "a warning", "error": "an error"}


def page() -> Page:
    """Every verdict in the order of its rules."""
    about = "What each verdict in a lane's head means, the rule behind it, and what to try."
    return Page("verdicts", "Verdicts", about, "".join(map(_verdict, MEANINGS)))


def _verdict(meaning: Meaning) -> str:
    rule = next(rule for rule in RULES if rule.judge is meaning.judge)
    words_of = {each.name: each.words[0] for each in MEANINGS}
    silenced = ", ".join(link(addresses.of_verdict(name), words_of[name]) for name in rule.excludes)
    return (
        heading(2, " · ".join(meaning.words), addresses.slug(meaning.name))
        + paragraphs(meaning.when)
        + facts(
            (
                ("Tone", " or ".join(TONES[tone] for tone in meaning.tones)),
                ("From when on", words(rule.condition())),
                ("Silences", silenced),
                *_remedies(meaning.name),
            )
        )
    )


def _remedies(name: str) -> list[tuple[str, str]]:
    """(what to try with a model, sentences), of the models that declare remedies."""
    rows = []
    for model in (MODELS.get(each) for each in MODELS.names()):
        advice = [remedy.advice for trouble, found in model.remedies(model.Config()).items() if trouble == name
                  for remedy in found]  # fmt: skip
        if advice:
            rows.append((f"With {model.title}", "<br/>".join(map(words, dict.fromkeys(advice)))))
    return rows
