"""Which command stands in which menu. The menu bar, the menu behind ☰ and the command palette read this tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.engine.lane_names import MOST_LANES
from gui.desk.export import KINDS
from gui.drawing import theme
from gui.shell.pages import KEYS as TABS


@dataclass(frozen=True)
class Submenu:
    """A submenu: its words, and the names of its commands."""

    words: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Menu:
    """A menu: its words, with "&" before the letter that opens it, and its entries in groups between separators."""

    words: str
    groups: tuple[tuple[str | Submenu, ...], ...]

    @property
    def title(self) -> str:
        """Its words without the mark of the letter."""
        return self.words.replace("&", "")


THEME_COMMANDS = {f"theme_{name}": name for name in theme.CHOICES}
"""Themes by the names of the commands that choose them."""
TEXT_SIZE_COMMANDS = {
    "text_size_auto": theme.TEXT_AUTO,
    **{f"text_size_{round(100 * scale)}": scale for scale in theme.TEXT_SCALES},
}
"""The same of text sizes."""
RECENT = "recent experiments"
"""Stands for the submenu of recent experiments, which changes."""
WINDOW_PICTURES = ("copy_window", "export_picture", *(f"export_{kind}_{ratio}" for _, kind, ratio in KINDS[1:]))
MENUS = (
    Menu(
        "&File",
        (
            ("open_experiment", RECENT, "save_experiment", "save_experiment_as"),
            ("ask_dataset", "open_run", "open_sweep", "save_runs"),
            (Submenu("Picture of the window", WINDOW_PICTURES), "make_film", "write_report"),
            ("quit",),
        ),
    ),
    Menu(
        "&Edit",
        (
            ("undo", "redo"),
            ("copy", Submenu("Copy as text", ("copy_command", "copy_python", "copy_experiment"))),
            ("paste", "paste_experiment"),
            ("show_preferences",),
        ),
    ),
    Menu(
        "&View",
        (
            tuple(f"tab_{key}" for key in TABS),
            ("toggle_latent", "next_map_style", "new_samples"),
            ("toggle_panels", "toggle_table", "toggle_help", "toggle_menu_bar"),
            (Submenu("Theme", tuple(THEME_COMMANDS)), Submenu("Text size", tuple(TEXT_SIZE_COMMANDS)), "reduce_motion"),
        ),
    ),
    Menu(
        "&Run",
        (
            ("toggle_training", "step"),
            ("restart", "new_seed"),
            ("look_back", "look_on", "fork"),
        ),
    ),
    Menu(
        "&Lanes",
        (
            ("add_lane", "duplicate_lane", "rename_lane", "close_lane"),
            ("toggle_lane", "train_only"),
            (
                Submenu("Select", tuple(f"select_{number}" for number in range(1, MOST_LANES + 1))),
                *("move_left", "move_right"),
            ),
            ("beta_up", "beta_down"),
        ),
    ),
    Menu(
        "&Tools",
        (
            ("show_palette",),
            (
                Submenu("Latent point", ("zero", "randomise", "toggle_walk", "cancel")),
                Submenu("Path from A to B", ("pin_a", "pin_b", "path_back", "path_on", "toggle_loop")),
                Submenu("Input image", ("draw", "encode")),
            ),
            ("choose_machine", "start_engine"),
        ),
    ),
    Menu(
        "&Help",
        (
            ("toggle_lessons", "open_manual", "open_more"),
            ("show_keys", "show_events"),
            ("show_about",),
        ),
    ),
)
"""The menus from left to right."""


def places() -> Iterator[tuple[str, tuple[str, ...]]]:
    """The name of each command in a menu, with the words of the menus that lead to it."""
    for menu in MENUS:
        for entry in (entry for group in menu.groups for entry in group if entry != RECENT):
            if isinstance(entry, Submenu):
                yield from ((name, (menu.title, entry.words)) for name in entry.names)
            else:
                yield entry, (menu.title,)
