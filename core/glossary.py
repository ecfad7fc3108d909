"""The glossary: every word of the lecture in one or two sentences, from ``assets/glossary.md``.

An entry is a heading ``## Term``, perhaps lines ``also:``, ``unit:`` and ``formula:`` (LaTeX), then its sentences.
"""

from __future__ import annotations

import functools
import re
import textwrap
from dataclasses import dataclass
from importlib.resources import files

from core import formulas
from core.mistakes import Mistake

SCHEME = "term:"
LINE = 76
"""Letters in a line of a tooltip."""
_FIELD = re.compile(r"(also|unit|formula):\s*(.+)")
_UNTOUCHED = re.compile(
    r"(\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|^#[^\n]*$|^\s*```.*?^\s*```)", re.MULTILINE | re.DOTALL
)


class GlossaryError(Mistake):
    """A glossary that cannot be read. One sentence: file, line, reason."""


@dataclass(frozen=True)
class Term:
    """An entry. ``words`` are all the ways it is written in a text, the title first."""

    title: str
    words: tuple[str, ...]
    text: str
    unit: str = ""
    formula: str = ""

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
        also = tuple(word.strip() for word in fields.get("also", "").split(",") if word.strip())
        term = Term(title, (title, *also), " ".join(sentences), fields.get("unit", ""), fields.get("formula", ""))
        taken = {word.lower(): other for other in found.values() for word in other.words}
        for word in term.words:
            if word.lower() in taken:
                raise GlossaryError(f"{file}, line {line}: '{word}' is explained twice; keep one of them")
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


@functools.cache
def terms() -> tuple[Term, ...]:
    """The glossary of the program."""
    return read(files("assets").joinpath("glossary.md").read_text("utf-8"))


@functools.cache
def _by_word() -> dict[str, Term]:
    """Every way a term is written, in small letters."""
    return {word.lower(): term for term in terms() for word in term.words}


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Any term as a word of its own; of two that begin at the same place the longer."""
    longest_first = sorted(_by_word(), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE)


def find(word: str) -> Term | None:
    """The entry of a word as it is written in a text, or of a key; None where there is none."""
    low = word.strip().lower()
    return _by_word().get(low) or next((term for term in terms() if low == term.key), None)


def within(text: str, at: int = -1) -> Term | None:
    """The term that stands in a text around the character ``at``, else the first in it; None where there is none."""
    found = list(_pattern().finditer(text))
    here = next((each for each in found if each.start() <= at <= each.end()), None)
    first = here or (found[0] if found else None)
    return None if first is None else _by_word()[first[1].lower()]


def search(text: str) -> tuple[Term, ...]:
    """Entries with all these words in them: first the one that is called so, then those whose title has them."""
    wanted = text.lower().split()
    hits = [term for term in terms() if all(w in f"{' '.join(term.words)} {term.text}".lower() for w in wanted)]

    def rank(term: Term) -> tuple[bool, bool]:
        names = [word.lower() for word in term.words]
        return text.strip().lower() not in names, not all(word in " ".join(names) for word in wanted)

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
        term = _by_word()[found[1].lower()]
        if term.key in seen:
            return found[0]
        seen.add(term.key)
        return f"[{found[1]}]({SCHEME}{term.key})"

    parts = _UNTOUCHED.split(markdown)
    return "".join(part if i % 2 else _pattern().sub(link, part) for i, part in enumerate(parts))
