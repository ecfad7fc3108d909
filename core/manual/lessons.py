"""The pages of lessons and of the glossary."""

from __future__ import annotations

from core.lessons import reader
from core.lessons.script import Lesson
from core.manual import markdown
from core.manual.page import Page, facts, heading, items, paragraphs, words
from core.text import addresses, formulas, glossary


def lessons() -> Page:
    """Every lesson: what it sets up, its pages, and the questions that one's own run answers."""
    about = "The text of the lessons. F3 opens them in the window, where your own run answers their questions."
    return Page("lessons", "Lessons", about, "".join(map(_lesson, reader.one_by_one())))


def _lesson(lesson: Lesson) -> str:
    title = heading(2, f"{lesson.number}. {lesson.title}", addresses.of_lesson(lesson.name).partition("#")[2])
    if lesson.recipe is None:
        return title + paragraphs(lesson.trouble)
    lanes = ", ".join(lane.name for lane in lesson.recipe.lanes)
    text = title + facts(
        (
            ("About", words(lesson.heading)),
            ("Takes", f"{lesson.minutes} minute{'s' if lesson.minutes > 1 else ''}"),
            ("Sets up", words(f"{lanes} on {lesson.recipe.dataset}")),
        )
    )
    seen: set[str] = set()
    for page in lesson.pages:
        text += heading(3, page.title) + markdown.html(glossary.linked(page.text, seen), above=2)
        if page.ask is not None:
            text += f"<p><strong>{words(page.ask.question)}</strong></p>\n"
            text += items(words(choice.text) for choice in page.ask.choices)
    return text


def terms() -> Page:
    """Every entry of the glossary."""
    body = ""
    for term in glossary.terms():
        also = ", ".join(word for word in (*term.words[1:], *term.alone) if word != term.title)
        body += heading(2, term.title, addresses.of_term(term.key).partition("#")[2])
        body += markdown.html(term.text)
        if term.formula:
            body += "".join(words(f"$${line}$$") for line in formulas.lines(term.formula))
        body += facts((("Also", words(also)), ("Unit", words(term.unit))))
    return Page("glossary", "Glossary", "Every technical term in one or two sentences, with its formula.", body)
