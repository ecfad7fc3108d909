"""The glossary: every word of the lecture in one or two sentences, from ``assets/glossary.md``.

An entry is a heading ``## Term``, perhaps lines ``also:``, ``alone:``, ``unit:`` and ``formula:`` (LaTeX), then its
sentences. What is in ``alone:`` is the term only where a label says nothing else, in just these letters: a D in a text
may be anything.
"""

from __future__ import annotations

import functools
import re
import textwrap
from dataclasses import dataclass
from importlib.resources import files

from core.foundation.user_error import UserError
from core.text import formulas

SCHEME = "term:"
LINE = 76
"""Letters in a line of a tooltip."""
_FIELD = re.compile(r"(also|alone|unit|formula):\s*(.+)")
_BETWEEN_WORDS = re.compile(r",\s*(?![^()]*\))")
"""A comma, not that of N(0, 1)."""
_FOLDS = {"-": "-\u2010\u2011\u2013", "'": "'\u2019"}
"""Signs that are set in several ways: each stands for those behind it."""
_UNTOUCHED = re.compile(
    r"(\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|^#[^\n]*$|^\s*```.*?^\s*```)", re.MULTILINE | re.DOTALL
)


class GlossaryError(UserError):
    """A glossary that cannot be read. One sentence: file, line, reason."""


@dataclass(frozen=True)
class Term:
    """An entry. ``words`` are all the ways it is written in a text, the title first; ``alone`` see the module."""

    title: str
    words: tuple[str, ...]
    text: str
    unit: str = ""
    formula: str = ""
    alone: tuple[str, ...] = ()

    @functools.cached_property
    def key(self) -> str:
        """What a link to it says after `SCHEME`."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")


def read(text: str, file: str = "glossary.md") -> tuple[Term, ...]:
    """Every entry in the order of the alphabet; `GlossaryError` on the first mistake."""
    found: dict[str, Term] = {}
    title, line = "", 0
    fields: dict[str, str] = {}
    sentences: list[str] = []

    def close() -> None:
        if not title:
            return
        if not sentences:
            raise GlossaryError(f"{file}, line {line}: '{title}' is not explained; write a sentence under it")
        for latex in filter(None, [fields.get("formula")]):
            try:
                formulas.check(latex)
            except formulas.FormulaError as error:
                raise GlossaryError(f"{file}, line {line}: in the formula of '{title}', {error}") from None
        also, alone = (_words(fields.get(key, "")) for key in ("also", "alone"))
        unit, formula = fields.get("unit", ""), fields.get("formula", "")
        term = Term(title, (title, *also), " ".join(sentences), unit, formula, alone)
        taken = {_folded(word) for other in found.values() for word in other.words}
        taken_alone = {word for other in found.values() for word in other.alone}
        twice = [word for word in term.words if _folded(word) in taken] + [
            word for word in alone if word in taken_alone
        ]
        if twice:
            raise GlossaryError(f"{file}, line {line}: '{twice[0]}' is explained twice; keep one of them")
        found[term.key] = term

    for number, raw in enumerate(text.splitlines(), 1):
        if raw.startswith("## "):
            close()
            title, line, fields, sentences = raw[3:].strip(), number, {}, []
        elif title and (match := _FIELD.fullmatch(raw.strip())) and not sentences:
            fields[match[1]] = match[2]
        elif title and raw.strip():
            sentences.append(raw.strip())
    close()
    return tuple(sorted(found.values(), key=lambda term: term.title.lower()))


def _words(listed: str) -> tuple[str, ...]:
    """The words of a line ``also:`` or ``alone:``."""
    return tuple(word.strip() for word in _BETWEEN_WORDS.split(listed) if word.strip())


def _folded(word: str) -> str:
    """A word as it is looked up: in small letters, its hyphens and apostrophes in one way."""
    low = word.lower()
    for plainly, ways in _FOLDS.items():
        low = re.sub(f"[{ways}]", plainly, low)
    return low


@functools.cache
def terms() -> tuple[Term, ...]:
    """The glossary of the program."""
    return read(files("assets").joinpath("glossary.md").read_text("utf-8"))


@functools.cache
def _by_word() -> dict[str, Term]:
    """Every way a term is written, as `_folded`."""
    return {_folded(word): term for term in terms() for word in term.words}


@functools.cache
def _by_label() -> dict[str, Term]:
    """Every word or letter that is a term where it stands alone."""
    return {word: term for term in terms() for word in term.alone}


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Any term as a word of its own; of two that begin at the same place the longer."""
    longest_first = sorted(_by_word(), key=len, reverse=True)
    every = "|".join(map(_in_every_way, longest_first))
    return re.compile(rf"(?<![\w-])({every})(?![\w-])", re.IGNORECASE)


def _in_every_way(word: str) -> str:
    """A folded word as an expression that finds it with any of its signs."""
    return "".join(f"[{_FOLDS[letter]}]" if letter in _FOLDS else re.escape(letter) for letter in word)


def find(word: str) -> Term | None:
    """The entry of a word as it is written in a text or alone, or of a key; None where there is none."""
    low = _folded(word.strip())
    return (
        _by_label().get(word.strip())
        or _by_word().get(low)
        or next((term for term in terms() if low == term.key), None)
    )


def within(text: str, at: int = -1) -> Term | None:
    """The term that stands in a text around the character ``at``, else the first in it; None where there is none."""
    if (label := _by_label().get(text.strip())) is not None:
        return label
    found = list(_pattern().finditer(text))
    here = next((each for each in found if each.start() <= at <= each.end()), None)
    first = here or (found[0] if found else None)
    return None if first is None else _by_word()[_folded(first[1])]


def search(text: str) -> tuple[Term, ...]:
    """Entries with all these words in them: first the one that is called so, then those whose title has them."""
    wanted = _folded(text).split()

    def told(term: Term) -> str:
        return _folded(" ".join((*term.words, *term.alone, term.text)))

    hits = [term for term in terms() if all(word in told(term) for word in wanted)]

    def rank(term: Term) -> tuple[bool, bool]:
        names = [_folded(word) for word in (*term.words, *term.alone)]
        return _folded(text.strip()) not in names, not all(word in " ".join(names) for word in wanted)

    return tuple(sorted(hits, key=rank))


def tip(word: str) -> str:
    """What a tooltip says of a word: its sentences, formula and unit; "" where it is not in the glossary."""
    term = find(word)
    return "" if term is None else explained(term)


def explained(term: Term) -> str:
    """An entry in a few lines, none of them long, its formula as it reads plainly: no tooltip wraps plain text."""
    last = "   ".join(each for each in (formulas.plain(term.formula), f"[{term.unit}]" if term.unit else "") if each)
    return "\n".join([term.title, *textwrap.wrap(term.text, LINE), *([last] if last else [])])


def linked(markdown: str, seen: set[str] | None = None) -> str:
    """Markdown in which the first occurrence of every term is a link ``[word](term:key)``.

    Headings, formulas, code and links stay as they are. ``seen`` holds the keys that were linked before, and gets the
    new ones.
    """
    seen = set() if seen is None else seen

    def link(found: re.Match[str]) -> str:
        term = _by_word()[_folded(found[1])]
        if term.key in seen:
            return found[0]
        seen.add(term.key)
        return f"[{found[1]}]({SCHEME}{term.key})"

    parts = _UNTOUCHED.split(markdown)
    return "".join(part if i % 2 else _pattern().sub(link, part) for i, part in enumerate(parts))
