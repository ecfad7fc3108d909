"""The glossary: every technical term in one or two sentences, from ``assets/glossary.md``.

An entry is a heading ``## Term``, optional lines ``also:``, ``alone:``, ``unit:`` and ``formula:`` (LaTeX), then its
sentences. A word in ``alone:`` stands for the term only where it is a whole label, in exactly this spelling: a D within
a text may be anything.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from core.foundation.quoted import brief
from core.foundation.user_error import UserError
from core.text import formulas

SCHEME = "term:"
"""Scheme of the URLs that link to an entry."""
MOST_IN_LINE = 2_000
"""Longest line of the file, characters."""
LINE_LENGTH = 76
"""Characters in a line of a tooltip."""
_FIELD = re.compile(r"(also|alone|unit|formula):\s*(.+)")
_BETWEEN_WORDS = re.compile(r",\s*(?![^()]*\))")
"""A comma outside brackets: that of N(0, 1) separates no words."""
_FOLDS = {"-": "-\u2010\u2011\u2013", "'": "'\u2019"}
"""Characters with several variants: each key stands for all of its value."""
_FOLD_TABLE = str.maketrans({variant: key for key, variants in _FOLDS.items() for variant in variants})
_UNTOUCHED = re.compile(
    r"(\[[^\]]*\]\([^)]*\)|\$\$.*?\$\$|\$[^$\n]+\$|`[^`]*`|^#[^\n]*$|^\s*```.*?^\s*```)", re.MULTILINE | re.DOTALL
)


class GlossaryError(UserError):
    """A glossary that cannot be read. One sentence: file, line, reason."""


@dataclass(frozen=True)
class Term:
    """An entry. ``words`` are all its spellings in a text, the title first; ``alone`` those of a whole label."""

    title: str
    words: tuple[str, ...]
    text: str
    unit: str = ""
    formula: str = ""
    alone: tuple[str, ...] = ()

    @functools.cached_property
    def key(self) -> str:
        """The part of its URL after `SCHEME`."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    def worded(self, say: Callable[[str], str]) -> Term:
        """The entry in the words of some data (``say``: `Dataset.worded`); its title stays."""
        return dataclasses.replace(self, text=say(self.text), unit=say(self.unit), formula=say(self.formula))


def read(text: str, file: str = "glossary.md") -> tuple[Term, ...]:
    """Every entry, sorted by title. `GlossaryError` on the first mistake."""
    entries: list[Term] = []
    spellings: set[str] = set()
    labels: set[str] = set()
    title, heading_line = "", 0
    fields: dict[str, str] = {}
    sentences: list[str] = []

    def close() -> None:
        if title:
            where = f"{file}, line {heading_line}"
            term = _entry(title, fields, sentences, where)
            _check_unique(term, spellings, labels, where)
            entries.append(term)

    for number, raw in enumerate(text.splitlines(), 1):
        if len(raw) > MOST_IN_LINE:
            raise GlossaryError(f"{file}, line {number}: it has {len(raw):,} characters; break it into several")
        if raw.startswith("## "):
            close()
            title, heading_line, fields, sentences = raw[3:].strip(), number, {}, []
        elif title and (match := _FIELD.fullmatch(raw.strip())) and not sentences:
            fields[match[1]] = match[2]
        elif title and raw.strip():
            sentences.append(raw.strip())
    close()
    return tuple(sorted(entries, key=lambda term: term.title.lower()))


def _entry(title: str, fields: Mapping[str, str], sentences: Sequence[str], where: str) -> Term:
    if not sentences:
        raise GlossaryError(f"{where}: '{brief(title)}' is not explained; write a sentence under it")
    unit, formula = fields.get("unit", ""), fields.get("formula", "")
    if formula:
        try:
            formulas.check(formula)
        except formulas.FormulaError as error:
            raise GlossaryError(f"{where}: in the formula of '{brief(title)}', {error}") from None
    also, alone = (_words(fields.get(key, "")) for key in ("also", "alone"))
    return Term(title, (title, *also), " ".join(sentences), unit, formula, alone)


def _check_unique(term: Term, spellings: set[str], labels: set[str], where: str) -> None:
    """Add the folded words and the labels of a term to those of the entries before it; none may be there already."""
    folded = [_folded(word) for word in term.words]
    twice = [word for word, fold in zip(term.words, folded, strict=True) if fold in spellings]
    twice += [word for word in term.alone if word in labels]
    if twice:
        raise GlossaryError(f"{where}: '{brief(twice[0])}' is explained twice; keep one of them")
    spellings.update(folded)
    labels.update(term.alone)


def _words(listed: str) -> tuple[str, ...]:
    """The words of a line ``also:`` or ``alone:``."""
    return tuple(word.strip() for word in _BETWEEN_WORDS.split(listed) if word.strip())


def _folded(word: str) -> str:
    """A word as it is looked up: in lower case, with one kind of hyphen and apostrophe."""
    return word.lower().translate(_FOLD_TABLE)


@functools.cache
def terms() -> tuple[Term, ...]:
    """The entries of ``assets/glossary.md``, sorted by title."""
    return read(files("assets").joinpath("glossary.md").read_text("utf-8"))


@functools.cache
def _by_word() -> dict[str, Term]:
    """Terms by each of their folded spellings."""
    return {_folded(word): term for term in terms() for word in term.words}


@functools.cache
def _by_label() -> dict[str, Term]:
    """Terms by the words that stand for them as a whole label."""
    return {word: term for term in terms() for word in term.alone}


@functools.cache
def _pattern() -> re.Pattern[str]:
    """Matches any term as a whole word; of two that begin at the same place the longer."""
    longest_first = sorted(_by_word(), key=len, reverse=True)
    alternatives = "|".join(map(_with_variants, longest_first))
    return re.compile(rf"(?<![\w-])({alternatives})(?![\w-])", re.IGNORECASE)


def _with_variants(word: str) -> str:
    """A regular expression for a folded word with any kind of hyphen and apostrophe."""
    return "".join(f"[{_FOLDS[letter]}]" if letter in _FOLDS else re.escape(letter) for letter in word)


def find(word: str) -> Term | None:
    """The entry of a word in a text, of a whole label, or of a key; None where there is none."""
    low = _folded(word.strip())
    return (
        _by_label().get(word.strip())
        or _by_word().get(low)
        or next((term for term in terms() if low == term.key), None)
    )


def within(text: str, at: int = -1) -> Term | None:
    """The term in a text at the character ``at``, else the first in the text; None where there is none."""
    if (label := _by_label().get(text.strip())) is not None:
        return label
    matches = list(_pattern().finditer(text))
    at_character = next((match for match in matches if match.start() <= at <= match.end()), None)
    chosen = at_character or (matches[0] if matches else None)
    return None if chosen is None else _by_word()[_folded(chosen[1])]


def search(text: str) -> tuple[Term, ...]:
    """Entries that contain all words of ``text``: first an exact name, then names that contain them, then the rest."""
    query = _folded(text).split()

    def content(term: Term) -> str:
        return _folded(" ".join((*term.words, *term.alone, term.text)))

    hits = [term for term in terms() if all(word in content(term) for word in query)]

    def rank(term: Term) -> tuple[bool, bool]:
        names = [_folded(word) for word in (*term.words, *term.alone)]
        return _folded(text.strip()) not in names, not all(word in " ".join(names) for word in query)

    return tuple(sorted(hits, key=rank))


def tip(word: str) -> str:
    """The tooltip of a word: its entry; "" where it is not in the glossary."""
    term = find(word)
    return "" if term is None else entry_text(term)


def entry_text(term: Term) -> str:
    """An entry as plain text: title, sentences, formula and unit. Wrapped, because tooltips do not wrap plain text."""
    last = "   ".join(each for each in (formulas.plain(term.formula), f"[{term.unit}]" if term.unit else "") if each)
    return "\n".join([term.title, *textwrap.wrap(term.text, LINE_LENGTH), *([last] if last else [])])


def linked(markdown: str, seen: set[str] | None = None) -> str:
    """Markdown in which the first occurrence of every term is a link ``[word](term:key)``.

    Headings, formulas, code and links stay as they are. Terms whose key is in ``seen`` are not linked; the keys of
    those that are get added to it.
    """
    seen = set() if seen is None else seen

    def link(match: re.Match[str]) -> str:
        term = _by_word()[_folded(match[1])]
        if term.key in seen:
            return match[0]
        seen.add(term.key)
        return f"[{match[1]}]({SCHEME}{term.key})"

    parts = _UNTOUCHED.split(markdown)
    return "".join(part if i % 2 else _pattern().sub(link, part) for i, part in enumerate(parts))
