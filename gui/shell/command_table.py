"""The table of commands, one per key or menu entry, in the order in which F2 lists the keys."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from core.engine.lane_names import MOST_LANES
from gui.desk.desk import Desk
from gui.desk.export import KINDS, Outlet
from gui.desk.lanes import train_only
from gui.desk.preferences import Preferences
from gui.files.documents import Documents
from gui.files.films import Films
from gui.files.report_file import ReportFile
from gui.files.runs_on_disk import RunsOnDisk
from gui.files.sharing import Sharing
from gui.shell import desk_commands
from gui.shell.command_tips import TIPS, why_not
from gui.shell.commands import Command
from gui.shell.machines import Machines
from gui.shell.manual import Manual
from gui.shell.menu_tree import TEXT_SIZE_COMMANDS, THEME_COMMANDS
from gui.shell.menus import Menus
from gui.shell.middle import Middle
from gui.shell.pages import TABS, Pages
from gui.shell.reports import Reports
from gui.sweeps.sweeps import Sweeps

PATH_STEP = 1 / 24
"""Distance that a key moves the point along the path; the whole path is 1."""
NUDGE = 0.05
"""Distance that an arrow key moves the point on the map, in units of z."""
NUDGES_BY_MODIFIER = {"Shift": 0.25, "Alt": 0.01}
"""The same with a modifier."""
ARROWS = {"Left": (-1.0, 0.0), "Right": (1.0, 0.0), "Up": (0.0, 1.0), "Down": (0.0, -1.0)}


@dataclass(frozen=True)
class Receivers:
    """What the commands act on: parts of the window, and methods of the window itself."""

    desk: Desk
    pages: Pages
    middle: Middle
    runs: RunsOnDisk
    sweeps: Sweeps
    documents: Documents
    films: Films
    sharing: Sharing
    report: ReportFile
    reports: Reports
    machines: Machines
    manual: Manual
    ask_dataset: Callable[[], None]
    ask_model: Callable[[], None]
    open_menu: Callable[[], None]
    open_context_menu: Callable[[], None]
    show_palette: Callable[[], None]
    menus: Menus
    show_keys: Callable[[], None]
    export_picture: Callable[[], None]
    outlet: Outlet
    window: QWidget
    copy: Callable[[], None]
    preferences: Preferences
    show_preferences: Callable[[], None]
    show_about: Callable[[], None]
    close: Callable[[], object]


def command_table(receivers: Receivers) -> tuple[Command, ...]:
    """Every command of a window."""
    desk = receivers.desk
    commands = (
        *_training(desk),
        *_lanes(desk, receivers.ask_model),
        *_tabs(receivers.pages),
        *_point(desk),
        *_showing(desk, receivers.pages, receivers.middle),
        *_files(receivers),
        *_engine(receivers),
        *_window(receivers),
        *_appearance(receivers),
    )
    return tuple(dataclasses.replace(each, tip=TIPS[each.name], why_not=why_not(each.name)) for each in commands)


def _has_experiment(desk: Desk) -> Callable[[], bool]:
    """The condition that an experiment is open."""
    return lambda: desk.is_open


def _when_open(desk: Desk, act: Callable[[], object]) -> Callable[[], object]:
    """``act``, but only while an experiment is open."""
    return lambda: act() if desk.is_open else None


def _training(desk: Desk) -> tuple[Command, ...]:
    is_open = _has_experiment(desk)

    def can_look() -> bool:
        return bool(desk.time.moments())

    def is_back() -> bool:
        return desk.time.is_back

    return (
        Command("toggle_training", "Train or pause", "Space", desk.toggle_training, is_open),
        Command("step", "One step in every lane", ".", desk.step, is_open, repeats=True),
        Command("look_back", "Back in time by a moment", "Ctrl+[", lambda: desk.time.move(-1), can_look, repeats=True),
        Command("look_on", "On in time, up to now", "Ctrl+]", lambda: desk.time.move(1), is_back, repeats=True),
        Command("fork", "Fork the selected lane there", "", lambda: desk_commands.fork(desk), is_back),
        Command("restart", "Restart with the same seed", "R", desk.restart, is_open),
        Command("new_seed", "Restart with a new seed", "Shift+R", desk.new_seed, is_open),
    )


def _lanes(desk: Desk, ask_model: Callable[[], None]) -> tuple[Command, ...]:
    def select(index: int) -> Command:
        act = functools.partial(desk_commands.select_lane, desk, index)
        return Command(
            f"select_{index + 1}", f"Select lane {index + 1}", f"{index + 1}", act, lambda: index < len(desk.runs)
        )

    toggle = functools.partial(desk_commands.toggle_lane, desk)
    close = functools.partial(desk_commands.close_lane, desk)
    rename = functools.partial(desk_commands.of_selected, desk, desk.names.rename_wanted.emit)
    duplicate = functools.partial(desk_commands.of_selected, desk, desk.copies.duplicate)
    only = functools.partial(desk_commands.of_selected, desk, functools.partial(train_only, desk))

    def has_lane() -> bool:
        return desk.selected is not None

    def has_room() -> bool:
        return desk.is_open and len(desk.runs) < MOST_LANES

    def move(name: str, words: str, by: int) -> Command:
        act = functools.partial(desk_commands.of_selected, desk, lambda run: desk.move_lane(run, by))
        return Command(name, words, "", act, functools.partial(desk_commands.can_move_lane, desk, by))

    return (
        *(select(index) for index in range(MOST_LANES)),
        Command("toggle_lane", "Train or pause the selected lane", "P", toggle, has_lane),
        Command("train_only", "Train only the selected lane", "", only, has_lane),
        Command("add_lane", "Add a lane", "Ctrl+T", ask_model, has_room),
        Command("rename_lane", "Rename the selected lane", "", rename, has_lane),
        Command("duplicate_lane", "Duplicate the selected lane", "", duplicate, has_room),
        move("move_left", "Move the selected lane left", -1),
        move("move_right", "Move the selected lane right", 1),
        Command("close_lane", "Close the selected lane", "Ctrl+W", close, lambda: len(desk.runs) > 1),
    )


def _tabs(pages: Pages) -> tuple[Command, ...]:
    return tuple(
        Command(f"tab_{key}", title, f"Ctrl+{place}", functools.partial(pages.show_tab, key))
        for place, (key, title) in enumerate(TABS, 1)
    )


def _point(desk: Desk) -> tuple[Command, ...]:
    point, is_open = desk.point, _has_experiment(desk)

    def may_move() -> bool:
        return desk.is_open and not point.reduce_motion

    return (
        *_nudges(desk),
        *(
            Command(name, words, key, functools.partial(desk_commands.move_along_path, desk, by), is_open, repeats=True)
            for name, words, key, by in (
                ("path_back", "Back along the path", "[", -PATH_STEP),
                ("path_on", "On along the path", "]", PATH_STEP),
            )
        ),
        Command("pin_a", "Pin A here", "A", _when_open(desk, lambda: point.set_pin("a")), is_open),
        Command("pin_b", "Pin B here", "B", _when_open(desk, lambda: point.set_pin("b")), is_open),
        Command("toggle_loop", "Loop along the path", "L", point.toggle_loop, may_move),
        Command("zero", "The point to zero", "0", _when_open(desk, point.zero), is_open),
        Command("randomise", "The point to a random place", "N", _when_open(desk, point.randomise), is_open),
        Command("toggle_walk", "Walk through the space", "W", point.toggle_walk, may_move),
    )


def _nudges(desk: Desk) -> list[Command]:
    """The four arrows, then each with Shift and with Alt. The first row in the list of keys names all three sizes."""

    def nudge(arrow: str, size: float, modifier: str = "") -> Command:
        dx, dy = (size * direction for direction in ARROWS[arrow])
        plain = f"nudge_{arrow.lower()}"
        return Command(
            f"{plain}_{modifier.lower()}" if modifier else plain,
            f"Move the point by {size}",
            f"{modifier}+{arrow}" if modifier else arrow,
            functools.partial(desk_commands.nudge, desk, dx, dy),
            lambda: desk.is_open,
            repeats=True,
            alias_of=plain if modifier else "",
        )

    plain = [nudge(arrow, NUDGE) for arrow in ARROWS]
    sizes = ", ".join(f"{modifier} {size}" for modifier, size in NUDGES_BY_MODIFIER.items())
    plain[0] = dataclasses.replace(plain[0], words=f"{plain[0].words} ({sizes})")
    return plain + [nudge(arrow, size, modifier) for modifier, size in NUDGES_BY_MODIFIER.items() for arrow in ARROWS]


def _showing(desk: Desk, pages: Pages, middle: Middle) -> tuple[Command, ...]:
    is_open = _has_experiment(desk)

    def beta(name: str, words: str, keys: str, by: int) -> Command:
        act = functools.partial(desk_commands.step_beta, desk, by)
        return Command(name, words, keys, act, lambda: desk_commands.next_preset(desk, by) is not None)

    up = beta("beta_up", "β one preset up", "=", 1)
    return (
        Command("new_samples", "New samples", "G", _when_open(desk, desk.new_samples), is_open),
        Command(
            "encode",
            "Move the ring to the code of the input",
            "E",
            middle.encode,
            lambda: desk_commands.has_encoder(desk),
        ),
        Command("draw", "Draw an input image", "D", middle.draw, lambda: desk_commands.can_draw(desk)),
        Command("paste", "Paste a picture as the input", "Ctrl+V", middle.paste, is_open),
        Command("next_map_style", "Tiles, codes or both", "T", _when_open(desk, desk.next_map_style), is_open),
        Command("toggle_latent", "Enlarge the selected lane's map", "F", pages.toggle_latent),
        beta("beta_down", "β one preset down", "-", -1),
        up,
        dataclasses.replace(up, name="beta_up_plus", keys="+", repeats=True, alias_of="beta_up"),
    )


def _files(receivers: Receivers) -> tuple[Command, ...]:
    desk, runs, is_open = receivers.desk, receivers.runs, _has_experiment(receivers.desk)
    sharing, documents, undo = receivers.sharing, receivers.documents, desk.undo

    def has_lane() -> bool:
        return desk.selected is not None

    return (
        Command("ask_dataset", "Choose a dataset", "Ctrl+D", receivers.ask_dataset, is_open),
        Command("open_experiment", "Open an experiment", "Ctrl+O", documents.ask_open, is_open),
        Command("save_experiment", "Save the experiment", "Ctrl+S", documents.save, is_open),
        Command("save_experiment_as", "Save it under another name", "Ctrl+Shift+S", documents.save_as, is_open),
        Command("open_run", "Open a saved run", "Ctrl+Shift+O", runs.ask_open, is_open),
        Command("open_sweep", "Open a sweep", "", receivers.sweeps.ask_open, is_open),
        Command("save_runs", "Save every lane as a run", "", runs.ask_save, is_open),
        Command("export_picture", "Picture of the window as PNG", "Ctrl+E", receivers.export_picture),
        *_pictures_of_window(receivers),
        Command("copy", "Copy what has the focus", "Ctrl+C", receivers.copy),
        Command("make_film", "Make a film", "", receivers.films.ask, is_open),
        Command("write_report", "Write a report", "", receivers.report.ask, is_open),
        Command("copy_command", "Selected lane as command line", "", sharing.copy_command, has_lane),
        Command("copy_python", "Selected lane as Python", "", sharing.copy_python, has_lane),
        Command("copy_experiment", "Experiment as text", "", sharing.copy_experiment, is_open),
        Command("paste_experiment", "Paste an experiment", "", sharing.paste, is_open),
        Command("undo", "Undo", "Ctrl+Z", undo.undo, lambda: bool(undo.undo_text), detail=lambda: undo.undo_text),
        Command("redo", "Redo", "Ctrl+Shift+Z", undo.redo, lambda: bool(undo.redo_text), detail=lambda: undo.redo_text),
    )


def _engine(receivers: Receivers) -> tuple[Command, ...]:
    watch, is_open = receivers.desk.engine_watch, _has_experiment(receivers.desk)
    return (
        Command("choose_machine", "Train on another machine", "", receivers.machines.ask, is_open),
        Command("start_engine", "Start the engine again", "", watch.start_again, lambda: bool(watch.again_words)),
    )


def _pictures_of_window(receivers: Receivers) -> Iterator[Command]:
    """Copy the picture of the window, or save it in other formats than `export_picture` does."""
    outlet, window = receivers.outlet, receivers.window
    yield Command("copy_window", "Copy", "", functools.partial(outlet.copy_picture, window, "Latent Playground"))
    for words, kind, ratio in KINDS[1:]:
        act = functools.partial(outlet.save_picture, window, "Latent Playground", kind, ratio)
        yield Command(f"export_{kind}_{ratio}", words, "", act)


def _window(receivers: Receivers) -> tuple[Command, ...]:
    point, pages, middle, time = receivers.desk.point, receivers.pages, receivers.middle, receivers.desk.time

    card = pages.compare.card

    def cancel() -> None:
        if card.isVisible():
            card.close_card()
            return
        if middle.is_drawing():
            middle.stop_drawing()
            return
        if point.is_moving or pages.is_exploring():
            point.stop()
            pages.leave_explore()
            return
        time.now()

    def can_cancel() -> bool:
        is_shown = pages.is_exploring() or middle.is_drawing() or card.isVisible()
        return point.is_moving or is_shown or time.is_back

    return (
        Command("toggle_panels", "Show or hide both side panels", "Ctrl+\\", middle.toggle_panels),
        Command("toggle_table", "Fold the table", "Ctrl+J", pages.lineup.toggle_table),
        Command("toggle_help", "Show or hide the help box", "F1", middle.toggle_help),
        Command("show_keys", "All keys", "F2", receivers.show_keys),
        Command("open_manual", "Manual", "", receivers.manual.open),
        Command("open_more", "More about this in the manual", "Shift+F1", receivers.manual.open_more),
        Command("toggle_lessons", "Lessons and glossary", "F3", middle.toggle_lessons_by_key),
        Command("show_palette", "Find a command", "Ctrl+Shift+P", receivers.show_palette),
        Command("open_menu", "Menu", "F10", receivers.open_menu),
        Command("open_context_menu", "Menu of what has the focus", "Shift+F10", receivers.open_context_menu),
        Command("cancel", "Stop motion, show the lanes as they are now", "Esc", cancel, can_cancel),
        Command("quit", "Quit", "Ctrl+Q", receivers.close),
    )


def _appearance(receivers: Receivers) -> tuple[Command, ...]:
    """Preferences, those that have a menu entry of their own, events, and what this program is."""
    preferences = receivers.preferences

    def choice(command: str, words: str, name: str, value: object) -> Command:
        act = functools.partial(preferences.set, name, value)
        return Command(command, words, "", act, checked=lambda: bool(preferences.value(name) == value))

    def is_reduced() -> bool:
        return bool(preferences.value("reduce motion"))

    def toggle_motion() -> None:
        preferences.set("reduce motion", not is_reduced())

    menus = receivers.menus
    return (
        *(choice(command, name.capitalize(), "theme", name) for command, name in THEME_COMMANDS.items()),
        *(
            choice(command, f"{scale:.0%}".replace("%", " %") if scale else "As the screen", "text scale", scale)
            for command, scale in TEXT_SIZE_COMMANDS.items()
        ),
        Command(
            "toggle_menu_bar", "Menu bar", "", menus.toggle_bar, lambda: not menus.is_native, lambda: menus.is_bar_shown
        ),
        Command("reduce_motion", "Reduce motion", "", toggle_motion, checked=is_reduced),
        Command("show_preferences", "Preferences", "Ctrl+,", receivers.show_preferences),
        Command("show_events", "All events", "", receivers.reports.show_events),
        Command("show_about", "About Latent Playground", "", receivers.show_about),
    )
