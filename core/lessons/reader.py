"""Parsing lesson files: `one_by_one` for all of them, `read` for one. `core.lessons.checker` checks their meaning.

Every error is one sentence with file, line, reason and remedy; a broken lesson does not affect the others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import PurePath
from typing import Any

from core.engine.lane_names import MOST_LANES
from core.foundation.quoted import brief, printable
from core.lessons.script import (
    DATA,
    MINUTES,
    PAGES,
    TABS,
    TRAIN,
    Ask,
    Choice,
    Lane,
    Lesson,
    LessonError,
    Measure,
    Page,
    Recipe,
    SetKnob,
    Show,
    Step,
    Train,
    keys,
)
from core.text import expressions, formulas

_BLOCKS = ("train", "set", "measure", "ask", "show")
_FENCE = re.compile(r"^```\s*(\w+)\s*$")
_LIKE_A_FENCE = re.compile(r"\s*(`{3,}[^`]*|~{3,}.*)$")
_HEADING = re.compile(r"#{3,6} +\S")
_LIKE_A_HEADING = re.compile(r" {0,3}(#{2}|#\s|#$)")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
_SWALLOWED = re.compile(r"[\x08\t\f\r]|(?<!\$)\$[^$\n]*\n[^$]*\$(?!\$)")
_TOML_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_TYPE_WORDS = {str: "text in quotes", int: "a whole number", list: "a list in [ ]", dict: "a table in { }"}
_REQUIRED: Any = object()
"""The default of a required key."""
MOST_CHARACTERS = 200_000
"""Longest file; ours have some thousand."""
MOST_STEPS = 1_000_000
"""Most steps of one block."""
MAX_COORDINATE = 100.0
"""Largest coordinate of a point in size, σ."""


def one_by_one() -> Iterator[Lesson]:
    """Yield every lesson in order, so that the window can load them across frames.

    A broken one is included, with its ``trouble``.
    """
    folder = files("assets").joinpath("lessons")
    for number, name in enumerate(sorted(each.name for each in folder.iterdir() if each.name.endswith(".md")), 1):
        yield _read_file(folder.joinpath(name), name, number)


def _read_file(file: Traversable, name: str, number: int) -> Lesson:
    """The lesson of a file, or a broken one with its ``trouble``: one bad file must not hide the others."""
    try:
        return read(file.read_bytes().decode("utf-8-sig"), name, number)  # some editors put a byte order mark first
    except LessonError as error:
        words = str(error)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        words = f"{name}, line {line}: it cannot be read; save it as UTF-8 text"
    except OSError as error:
        words = f"{name}: it cannot be opened ({error.strerror}); see that it is a file that you may read"
    except Exception as error:
        words = f"{name}: {unexpected(error)}"
    title = PurePath(name).stem.partition("-")[2].replace("-", " ").capitalize() or name
    return Lesson(PurePath(name).stem, number, title, "", trouble=words)


def unexpected(error: Exception) -> str:
    """The end of a sentence about an error that no rule foresees."""
    return f"it cannot be used ({type(error).__name__}: {brief(error, 200)}); compare it with a lesson that works"


def read(text: str, file: str, number: int = 1) -> Lesson:
    """Parse the text of a lesson file; `LessonError` at the first syntax error."""
    if len(text) > MOST_CHARACTERS:
        raise LessonError(f"{file}: it has {len(text):,} characters; {MOST_CHARACTERS:,} are allowed, make two lessons")
    return _Reader(text, file).lesson(number)


class _Reader:
    """Parser of one file, line by line, so that every error has its line."""

    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file

    def wrong(self, line: int, words: str) -> LessonError:
        return LessonError(f"{self._file}, line {line}: {printable(words)}")

    def toml(self, lines: list[str], first: int) -> dict[str, Any]:
        try:
            return tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            match = _TOML_LINE.search(str(error))
            at = first + (int(match[1]) - 1 if match else len(lines) - 1)
            reason = _TOML_LINE.sub("", str(error)).removesuffix(" (at end of document)")
            if "Unescaped '\\'" in reason:
                raise self.wrong(at, f"{reason}; put text with formulas between '…' instead of \"…\"") from None
            raise self.wrong(at, f"{brief(reason)}; write lines like 'name = \"value\"'") from None
        except RecursionError:
            raise self.wrong(first, "it is nested too deep; write one level of lists and tables") from None
        except ValueError:  # Python refuses to read an integer of thousands of digits
            raise self.wrong(first, "it holds a number of thousands of digits; write a smaller one") from None

    def take(
        self, table: dict[str, Any], key: str, kind: type, line: int, default: Any = _REQUIRED, inside: str = ""
    ) -> Any:
        """Take a value out of a table; ``inside`` names the table in errors where the key alone is ambiguous."""
        if key not in table:
            if default is _REQUIRED:
                raise self.wrong(line, f"'{key}' is missing; add it")
            return default
        value = table.pop(key)
        if not isinstance(value, kind) or isinstance(value, bool):
            where = f" in '{inside}'" if inside else ""
            raise self.wrong(line, f"'{key}'{where} must be {_TYPE_WORDS[kind]}")
        if default is _REQUIRED and kind is str and not str(value).strip():
            raise self.wrong(line, f"'{key}' is empty; write something between the quotes")
        return value

    def tables(self, table: dict[str, Any], key: str, line: int, like: str) -> list[dict[str, Any]]:
        """Take a list of tables out of a table."""
        items = self.take(table, key, list, line)
        for each in items:
            if not isinstance(each, dict):
                raise self.wrong(line, f"{brief(repr(each))} in '{key}' is no table; write {like}")
        return [dict(each) for each in items]

    def check_empty(self, table: dict[str, Any], line: int, known: str) -> None:
        if table:
            raise self.wrong(line, f"'{brief(next(iter(table)))}' is not known here; there are {known}")

    def lesson(self, number: int) -> Lesson:
        fences = [i for i, line in enumerate(self._lines) if line.strip() == "+++"]
        if len(fences) < 2 or any(line.strip() for line in self._lines[: fences[0]]):
            raise self.wrong(1, "there is no recipe; begin with one between two lines of '+++'")
        head = self.toml(self._lines[fences[0] + 1 : fences[1]], fences[0] + 2)
        at = fences[0] + 1
        title, heading = self.take(head, "title", str, at), self.take(head, "heading", str, at)
        minutes = self.take(head, "minutes", int, at, 3)
        if not MINUTES[0] <= minutes <= MINUTES[1]:
            span = f"{MINUTES[0]} to {MINUTES[1]}"
            raise self.wrong(at, f"'minutes' is {brief(minutes)}; a lesson takes {span}, so make two of a longer one")
        recipe = self.recipe(head, at)
        pages = self.pages(fences[1] + 1, recipe)
        lesson = Lesson(PurePath(self._file).stem, number, title, heading, minutes, recipe, pages)
        self.check_values(lesson)
        return lesson

    def recipe(self, head: dict[str, Any], line: int) -> Recipe:
        dataset = self.take(head, "dataset", str, line)
        data, setup = (dict(self.take(head, key, dict, line, {})) for key in ("data", "setup"))
        short = dict(self.take(head, "short", dict, line, {}))
        short_data, short_setup = (
            dict(self.take(short, key, dict, line, {}, inside="short")) for key in ("data", "setup")
        )
        self.check_empty(short, line, "data, setup")
        lanes: list[Lane] = []
        for table in self.tables(head, "lanes", line, 'lanes = [{ model = "vae" }]'):
            model = self.take(table, "model", str, line)
            name = self.take(table, "name", str, line, model)
            if not _NAME.fullmatch(name) or name in (DATA, TRAIN):
                raise self.wrong(line, f"a lane cannot be called '{brief(name)}'; take another word of small letters")
            if name in (lane.name for lane in lanes):
                raise self.wrong(line, f"two lanes are called '{brief(name)}'; give each a 'name' of its own")
            lanes.append(Lane(name, model, table))
        self.check_empty(head, line, "title, heading, minutes, dataset, data, setup, lanes, short")
        if not 1 <= len(lanes) <= MOST_LANES:
            raise self.wrong(line, f"'lanes' must be 1 to {MOST_LANES}; write lanes = [{{ model = \"vae\" }}]")
        return Recipe(dataset, data, setup, tuple(lanes), short_data, short_setup)

    def pages(self, start: int, recipe: Recipe) -> tuple[Page, ...]:
        pages: list[Page] = []
        title, first, text, steps = "", start + 1, list[str](), list[Step]()
        i = start
        while i <= len(self._lines):
            is_end = i == len(self._lines)
            line = "## " if is_end else self._lines[i]
            if line.startswith("## "):
                if not is_end and not line[3:].strip():
                    raise self.wrong(i + 1, "this page has no title; write one after '##'")
                if title:
                    pages.append(Page(title, "\n".join(text).strip(), tuple(steps), first))
                elif "".join(text).strip() or steps:
                    raise self.wrong(first, "there is text before the first page; begin it with '## Title'")
                title, first, text, steps = line[3:].strip(), i + 1, [], []
            elif fence := _FENCE.match(line):
                fences = (j for j in range(i + 1, len(self._lines)) if self._lines[j].startswith("```"))
                end = next(fences, None)
                if end is None or self._lines[end].strip() != "```":
                    raise self.wrong(i + 1, "this block does not end; close it with a line of ```")
                steps += self.block(fence[1], self.toml(self._lines[i + 1 : end], i + 2), i + 1, recipe)
                i = end
            else:
                self.check_text(line, i + 1)
                text.append(line)
            i += 1
        for page in pages:
            self.check_formulas(page)
        if not pages:
            raise self.wrong(start, "there is no page; begin one with '## Title'")
        for page in pages:
            if sum(isinstance(step, Ask) for step in page.steps) > 1:
                raise self.wrong(page.line, "a page asks one question; move the other to a page of its own")
        return tuple(pages)

    def check_text(self, line: str, number: int) -> None:
        """Raise `LessonError` for a line that looks like the start of a block or a page, but is not one."""
        if _LIKE_A_FENCE.match(line):
            kinds = ", ".join(f"```{each}" for each in _BLOCKS)
            raise self.wrong(
                number, f"'{brief(line.strip())}' begins no block; write {kinds} at the start of a line, and no more"
            )
        if _LIKE_A_HEADING.match(line) and not _HEADING.match(line):
            title = line.strip().lstrip("#").strip() or "Title"
            raise self.wrong(
                number, f"'{brief(line.strip())}' begins no page; write '## {brief(title)}' at the start of the line"
            )

    def check_formulas(self, page: Page) -> None:
        """Raise `LessonError`, with its own line, at the first formula of a page that cannot be parsed."""
        texts = [page.text]
        if (ask := page.ask) is not None:
            texts += [ask.question, ask.told, *(each for choice in ask.choices for each in choice.texts)]
        for piece in (each for text in texts for each in formulas.pieces(text) if each.is_formula):
            try:
                formulas.check(piece.text)
            except formulas.FormulaError as error:
                begins = piece.text.partition("\n")[0]
                rest = enumerate(self._lines[page.line - 1 :], page.line)
                line = next((at for at, each in rest if begins and begins in each), page.line)
                raise self.wrong(line, f"in the formula '{brief(begins)}', {error}") from None

    def block(self, kind: str, table: dict[str, Any], line: int, recipe: Recipe) -> list[Step]:
        lanes = {lane.name for lane in recipe.lanes}
        if kind == "train":
            steps = self.take(table, "steps", int, line)
            short = self.take(table, "short", int, line, steps)
            self.check_empty(table, line, "steps, short")
            if not 1 <= min(steps, short) <= max(steps, short) <= MOST_STEPS:
                raise self.wrong(line, f"'steps' must be above zero, and {MOST_STEPS:,} at most")
            return [Train(line, steps, short)]
        if kind == "set":
            settings: list[Step] = []
            for lane, knobs in table.items():
                if lane not in lanes or not isinstance(knobs, dict):
                    raise self.wrong(
                        line, f"'{brief(lane)}' is no lane; write one of {', '.join(sorted(lanes))}, as in x.beta = 4"
                    )
                settings += [SetKnob(line, lane, knob, value) for knob, value in knobs.items()]
            return settings
        if kind == "measure":
            return [self.measure(table, line, lanes)]
        if kind == "ask":
            return [self.ask(table, line)]
        if kind == "show":
            return [self.show(table, line, lanes)]
        raise self.wrong(line, f"'{brief(kind)}' is no step; there are {', '.join(_BLOCKS)}")

    def measure(self, table: dict[str, Any], line: int, lanes: set[str]) -> Measure:
        name, what = self.take(table, "name", str, line), self.take(table, "what", list, line)
        sampler = self.take(table, "sampler", str, line, "prior")
        self.check_empty(table, line, "name, what, sampler")
        if not _NAME.fullmatch(name):
            raise self.wrong(line, f"'{brief(name)}' is no name; take a word of small letters, like 'before'")
        things = []
        for each in what:
            if not isinstance(each, str):
                raise self.wrong(line, f"{brief(repr(each))} in 'what' must be text in quotes, like \"rate\"")
            lane, dot, thing = each.rpartition(".")
            owner, _, rest = lane.partition(".")
            if dot and owner not in {*lanes, DATA, TRAIN}:
                owners = ", ".join((*sorted(lanes), DATA, TRAIN))
                raise self.wrong(line, f"'{brief(owner)}' in '{brief(each)}' is no lane; there are {owners}")
            if rest and not (rest == TRAIN and owner in lanes):
                raise self.wrong(
                    line, f"'{brief(each)}' is no measure; write one like vae.rate or vae.{TRAIN}.objective"
                )
            things.append((lane, thing))
        return Measure(line, name, tuple(things), sampler)

    def ask(self, table: dict[str, Any], line: int) -> Ask:
        question, told = self.take(table, "question", str, line), self.take(table, "told", str, line, "")
        choices = []
        for choice in self.tables(table, "choice", line, "each choice under a line [[choice]]"):
            text, why = self.take(choice, "text", str, line), self.take(choice, "why", str, line)
            when, because = (self.take(choice, key, str, line, "") for key in ("when", "because"))
            self.check_empty(choice, line, "text, when, why, because")
            choices.append(Choice(text, when, why, because))
        self.check_empty(table, line, "question, told, choice")
        for text in (question, told, *(each for choice in choices for each in choice.texts)):
            if _SWALLOWED.search(text):  # TOML reads the \t of \theta as a tab
                raise self.wrong(line, "a backslash is lost here; put text with formulas between '…' instead of \"…\"")
        if not 2 <= len(choices) <= 4:
            raise self.wrong(line, "a question has two to four choices; write each under [[choice]]")
        if sum(not each.when for each in choices) > 1:
            raise self.wrong(line, "only one choice may go without 'when'; give the others a condition")
        return Ask(line, question, tuple(choices), told)

    def show(self, table: dict[str, Any], line: int, lanes: set[str]) -> Show:
        point = self.take(table, "point", list, line, None)
        if point is not None and not (point and all(_is_coordinate(each) for each in point)):
            raise self.wrong(line, f"'point' must be numbers up to ±{MAX_COORDINATE:.0f}, as in point = [1.5, -2]")
        tab, page, card, sampler, lane = (
            self.take(table, key, str, line, None) for key in ("tab", "page", "card", "sampler", "lane")
        )
        self.check_empty(table, line, "tab, page, card, sampler, lane, point")
        if card is not None and page is None:
            raise self.wrong(line, f"'card' is one of a page; say which: page = \"{PAGES[0]}\"")
        if page is not None:
            if page not in PAGES:
                raise self.wrong(
                    line, f"'{brief(page)}' is no page of the Information tab; there are {', '.join(PAGES)}"
                )
            tab = tab or "information"
        if tab is not None and tab not in TABS:
            raise self.wrong(line, f"'{brief(tab)}' is no tab; there are {', '.join(TABS)}")
        if lane is not None and lane not in lanes:
            raise self.wrong(line, f"'{brief(lane)}' is no lane; there are {', '.join(sorted(lanes))}")
        return Show(line, tab, page, sampler, lane, None if point is None else tuple(map(float, point)), card)

    def check_values(self, lesson: Lesson) -> None:
        """Raise `LessonError` for a value used before it is measured.

        The text of a page may use values of earlier pages only, its question and conditions those of the page too.
        """
        assert lesson.recipe is not None
        known: set[str] = set()
        for page in lesson.pages:
            self.check_known(names_in(page.text, self, page.line), known, page.line)
            known |= {key for step in page.steps if isinstance(step, Measure) for key in keys(step, lesson.recipe)}
            ask = page.ask
            if ask is not None:
                names = set(names_in(ask.question, self, ask.line))
                self.check_known(names, known, ask.line)
                texts = [ask.told, *(each for choice in ask.choices for each in (choice.why, choice.because))]
                names = {name for text in texts for name in names_in(text, self, ask.line)}
                for choice in ask.choices:
                    names |= self.names_of(choice.when, ask.line) if choice.when else set()
                    if names_in(choice.text, self, ask.line):
                        reason = (
                            "a choice is read before anything is measured; put '{…}' into 'told', 'why' or 'because'"
                        )
                        raise self.wrong(ask.line, reason)
                self.check_known(names, known, ask.line)

    def names_of(self, condition: str, line: int) -> set[str]:
        try:
            return set(expressions.condition(condition))
        except expressions.ExpressionError as error:
            raise self.wrong(line, str(error)) from None

    def check_known(self, names: set[str], known: set[str], line: int) -> None:
        missing = sorted(names - known)
        if missing:
            measured = brief(", ".join(sorted(known)), 400) or "nothing yet"
            raise self.wrong(line, f"'{brief(missing[0])}' is not measured by then; measured is {measured}")


def names_in(text: str, reader: _Reader, line: int) -> set[str]:
    """Names of the values in the {placeholders} of a text."""
    try:
        return {name for each in expressions.placeholders(text) for name in expressions.names(each)}
    except expressions.ExpressionError as error:
        raise reader.wrong(line, str(error)) from None


def _is_coordinate(value: Any) -> bool:
    return type(value) in (int, float) and -MAX_COORDINATE <= value <= MAX_COORDINATE
