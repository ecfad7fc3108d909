"""One sentence for each command, which the status line shows for its menu entry, and why it is grey where it is."""

from __future__ import annotations

from core.engine.lane_names import MOST_LANES
from gui.drawing import theme

_NO_EXPERIMENT = "no experiment is open yet"
_NO_LANE = "no lane is selected"
_NO_WEIGHT = "no lane has a KL weight that can go further this way"

TIPS: dict[str, str] = {
    # training
    "toggle_training": "Train every lane, or pause all of them",
    "step": "Train every lane for one step, then pause",
    "look_back": "Show every lane as it was a moment ago; training goes on",
    "look_on": "Show every lane a moment later, up to now",
    "fork": "Open a lane that goes on from the moment looked back at",
    "restart": "Begin again in every lane, with the same seed: the same steps follow",
    "new_seed": "Begin again in every lane, with other weights and another order of the data",
    # lanes
    **{f"select_{n}": f"Show the parameters of lane {n}, counted from the left" for n in range(1, MOST_LANES + 1)},
    "toggle_lane": "Train or pause the selected lane; the others go on as they do",
    "train_only": "Train the selected lane, and pause the others",
    "add_lane": "Choose a model, and train it in a lane of its own",
    "rename_lane": "Give the selected lane a name of your own",
    "duplicate_lane": "Open a second lane with the same knobs, weights and state, to change one thing in it",
    "move_left": "Exchange the selected lane with the one to its left",
    "move_right": "Exchange the selected lane with the one to its right",
    "close_lane": "Close the selected lane; Undo brings it back with what it has learned",
    # tabs
    "tab_lineup": "Show all lanes side by side: loss, map, image and samples",
    "tab_latent": "Show one latent map as large as the window",
    "tab_compare": "Show every measure of every lane in one table",
    "tab_information": "Show what entropy, rate and KL mean, on examples that can be dragged",
    # the point
    **{f"nudge_{arrow}": f"Move the point to the {arrow} on the map" for arrow in ("left", "right")},
    **{f"nudge_{arrow}": f"Move the point {arrow} on the map" for arrow in ("up", "down")},
    **{
        f"nudge_{arrow}_{size}": f"Move the point on the map by a {step} step"
        for arrow in ("left", "right", "up", "down")
        for size, step in (("shift", "large"), ("alt", "small"))
    },
    "path_back": "Move the point along the path, towards A",
    "path_on": "Move the point along the path, towards B",
    "pin_a": "Put the beginning of the path where the point is",
    "pin_b": "Put the end of the path where the point is",
    "toggle_loop": "Let the point run along the path and back, until the next press",
    "zero": "Put the point at the middle of the space",
    "randomise": "Put the point where a draw of the prior lies",
    "toggle_walk": "Let the point wander through the space, until the next press",
    # what is shown
    "new_samples": "Draw other z, and decode them in every lane",
    "encode": "Put the point where the encoder of the selected lane sees the input image",
    "draw": "Draw an image by hand, and see how every lane encodes it",
    "paste": "Make the picture in the clipboard the input image",
    "next_map_style": "Show decoded tiles on the maps, codes of test images, or both",
    "toggle_latent": "Show the selected lane's map as large as the window, or all lanes again",
    "beta_down": "Set the KL weight to the next smaller preset",
    "beta_up": "Set the KL weight to the next larger preset",
    "beta_up_plus": "Set the KL weight to the next larger preset",
    # files
    "ask_dataset": "Choose what every lane is trained on",
    "open_experiment": "Open an experiment that was saved: its data, lanes and weights",
    "save_experiment": "Save data, lanes, weights and the point in one file",
    "save_experiment_as": "Save data, lanes, weights and the point in another file",
    "open_run": "Open a run that was saved by this window or by the command line, as a lane",
    "open_sweep": "Open a folder of many runs, and compare them in one plot",
    "save_runs": "Save each lane in a folder of its own, which the command line can go on with",
    "export_picture": "Save the window as a PNG, as it looks now",
    "copy_window": "Put a picture of the window on the clipboard",
    "export_png_2": "Save the window as a PNG of twice as many pixels a side",
    "export_png_4": "Save the window as a PNG of four times as many pixels a side",
    "export_svg_1": "Save the window as lines and words, which stay sharp at any size",
    "export_pdf_1": "Save the window as one page of its own size",
    "copy": "Copy the numbers of a table, or the picture of what has the focus",
    "make_film": "Save a walk through the space, or the training, as a moving picture",
    "write_report": "Write what the lanes are and what was measured, with pictures, as HTML or PDF",
    "copy_command": "Copy a command line that trains the selected lane again",
    "copy_python": "Copy a program in Python that trains the selected lane again",
    "copy_experiment": "Copy data, setup and lanes as text that can be pasted elsewhere",
    "paste_experiment": "Replace data, setup and lanes by those of a text in the clipboard",
    "undo": "Take back what was done last",
    "redo": "Do again what was taken back last",
    # engine and window
    "choose_machine": "Let another machine train the lanes; the window stays here",
    "start_engine": "Start the engine that trains again, from what was kept of every lane",
    "toggle_panels": "Make room for more lanes, or show the panels at both sides again",
    "toggle_table": "Show the table of measures below the lanes, or only its head",
    "toggle_help": "Show the box that explains what the mouse is over, or hide it",
    "show_keys": "Show a list of all keys",
    "toggle_lessons": "Show lessons that set up the lanes, and the glossary",
    "open_manual": "Open the manual in the browser",
    "open_more": "Open the manual at what the mouse rests on or has the focus",
    "show_palette": "Find any command, lesson, model or data by a few letters of its name",
    "open_menu": "Open the menu of the window",
    "open_context_menu": "Open the menu of what has the focus, as the right button does",
    "toggle_menu_bar": "Show the menus in a bar at the top of the window, or only behind the button at its left",
    "cancel": "Stop what moves by itself, close what lies over the page, and show the lanes as they are now",
    "quit": "Close the window; you are asked before anything is lost",
    # appearance
    **{f"theme_{name}": f"Show the window in {name} colours" for name in theme.THEMES},
    "theme_system": "Show the window in dark or light colours, as the desktop does",
    "text_size_auto": "Show words larger on a screen of many pixels",
    **{
        f"text_size_{round(100 * scale)}": f"Show words at {scale:.0%} of their size".replace("%", " %")
        for scale in theme.TEXT_SCALES
    },
    "reduce_motion": "Let nothing move by itself",
    "show_events": "Show a list of everything that was said since the start",
    "show_preferences": "Choose colours, sizes, keys, folders, saving and training",
    "show_about": "Show the version, the licences, and what belongs into a report",
}
"""By the name of a command."""

WHY_NOT: dict[str, str] = {
    "toggle_lane": _NO_LANE,
    "train_only": _NO_LANE,
    "rename_lane": _NO_LANE,
    "duplicate_lane": f"there are {MOST_LANES} lanes already, or none",
    "move_left": "no other lane is to its left",
    "move_right": "no other lane is to its right",
    "close_lane": "the last lane stays open",
    "add_lane": f"there are {MOST_LANES} lanes already, or no experiment yet",
    **{f"select_{n}": "there are fewer lanes" for n in range(1, MOST_LANES + 1)},
    "look_back": "nothing of the past is kept yet; train first",
    "look_on": "the lanes are shown as they are now",
    "fork": "the lanes are shown as they are now; go back in time first",
    "toggle_loop": "motion is reduced, or no experiment is open",
    "toggle_walk": "motion is reduced, or no experiment is open",
    "encode": "no lane has an encoder",
    "draw": "drawing needs grey images",
    "beta_down": _NO_WEIGHT,
    "beta_up": _NO_WEIGHT,
    "beta_up_plus": _NO_WEIGHT,
    "copy_command": _NO_LANE,
    "copy_python": _NO_LANE,
    "undo": "nothing was done yet that can be taken back",
    "redo": "nothing was taken back",
    "start_engine": "the engine runs",
    "cancel": "nothing moves, and nothing lies over the page",
    "toggle_menu_bar": "this desktop shows the menus in a bar of its own",
}
"""By the name of a command that can be grey for another reason than that no experiment is open."""


def why_not(name: str) -> str:
    """Why a command is grey, in words that follow "not now:"."""
    return WHY_NOT.get(name, _NO_EXPERIMENT)
