"""What the command palette finds: every command, and lessons, models, data and pages by their names."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.engine.lane_names import MOST_LANES
from gui.information.page import PAGES
from gui.shell.menu_tree import places
from gui.shell.model_menu import models
from gui.widgets.palette import Entry

if TYPE_CHECKING:
    from gui.desk.desk import Desk
    from gui.files.data_chooser import DataChooser
    from gui.shell.command_table import Receivers
    from gui.shell.commands import Commands
    from gui.shell.middle import Middle
    from gui.shell.pages import Pages

LEFT_OUT = ("show_palette", "open_menu", "open_context_menu")
"""Commands that open something that is no use over the palette."""


def palette_entries(commands: Commands, receivers: Receivers, data: DataChooser) -> list[Entry]:
    """All entries: commands in the order of the menus, then what they lead to."""
    desk, pages, middle = receivers.desk, receivers.pages, receivers.middle
    return [*_commands(commands), *_pages(pages), *_lessons(middle), *_models(desk), *_data(desk, data)]


def _commands(table: Commands) -> Iterator[Entry]:
    """Every command, with the words of its submenu before its own; where two have the same words, by its tip."""
    commands = {each.name: each for each in table.table if not each.alias_of and each.name not in LEFT_OUT}
    menus = dict(places())
    ranks = {name: rank for rank, name in enumerate(menus)}
    words = Counter(each.words for each in commands.values())
    for name in sorted(commands, key=lambda name: ranks.get(name, len(ranks))):
        command, (menu, *inside) = commands[name], menus.get(name, ("",))
        before = [each for each in inside if not command.words.startswith(each)]
        title = command.tip if words[command.words] > 1 else ": ".join((*before, command.words))
        is_on = command.checked is not None and command.checked()
        why_not = "" if command.enabled() else command.why_not
        do = table.action(name).trigger
        yield Entry(name, title, do, f"{menu}, on now" if is_on else menu, command.keys, command.tip, why_not)


def _pages(pages: Pages) -> Iterator[Entry]:
    def show(name: str) -> None:
        pages.show_tab("information")
        pages.information.open_page(name)

    for name in PAGES.names():
        yield Entry(f"page {name}", f"Information: {PAGES.get(name).title}", functools.partial(show, name))


def _lessons(middle: Middle) -> Iterator[Entry]:
    def start(number: int) -> None:
        if middle.lessons.isHidden():
            middle.toggle_lessons()
        middle.lessons.start(number)

    for lesson in middle.lessons.lessons:
        if not lesson.trouble:
            words = f"Lesson {lesson.number}: {lesson.title}"
            yield Entry(f"lesson {lesson.name}", words, functools.partial(start, lesson.number))


def _models(desk: Desk) -> Iterator[Entry]:
    if not desk.is_open:
        return
    is_full = len(desk.runs) >= MOST_LANES
    for entry in models():
        why_not = entry.why_broken or (f"there are {MOST_LANES} lanes already" if is_full else "")
        act = functools.partial(desk.add_lane, entry.name)
        yield Entry(f"model {entry.name}", f"Add a lane: {entry.title}", act, why_not=why_not)


def _data(desk: Desk, data: DataChooser) -> Iterator[Entry]:
    """Data that need no file and no drawing."""
    if not desk.is_open:
        return
    from core.datasets.base import SOURCES
    from gui.files.offers import asks_for

    for entry in SOURCES.entries():
        if not entry.why_broken and not any(asks_for(SOURCES.get(entry.name), knob) for knob in ("data", "strokes")):
            act = functools.partial(data.load, entry.name, None)
            yield Entry(f"data {entry.name}", f"Data: {entry.title}", act, tip="Every lane begins again on these data")
