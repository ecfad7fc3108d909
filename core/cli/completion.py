"""``latent-playground completion SHELL``: a script by which a shell completes this command line.

The script is written once, so that a Tab starts no Python. Its words come from the parsers, by shtab.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from core.cli.options import add_command
from core.cli.train_options import add_every_knob
from core.foundation.user_error import UserError

SHELLS = {
    "bash": "~/.local/share/bash-completion/completions/latent-playground",
    "zsh": "~/.zfunc/_latent-playground, with 'fpath+=~/.zfunc' before compinit in ~/.zshrc",
    "fish": "~/.config/fish/completions/latent-playground.fish",
}
"""Shells, and the file in which each looks for a command's completion."""
WITH_KNOBS = ("train", "sweep")
"""Commands that take the knobs of models and datasets."""
FOLDERS = ("DIR",)
FILES = ("FILE", "PLAN")
"""Metavars of options and words that name a folder, or a file."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "print a script by which a shell completes commands, options and their values"
    parser = add_command(commands, "completion", run, text)
    parser.add_argument("shell", metavar="SHELL", choices=tuple(SHELLS), help=", ".join(SHELLS))
    parser.epilog = "Keep what it prints: " + "; ".join(f"{shell}: {file}" for shell, file in SHELLS.items()) + "."


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ImportError:
        raise UserError(f"shtab is not installed; install it by: {sys.executable} -m pip install shtab") from None
    parser = options.reference()
    for command in subparsers(parser):
        if command.prog.rpartition(" ")[2] in WITH_KNOBS:
            add_every_knob(command)
        for action in command._actions:
            if action.choices is None and action.metavar in (*FOLDERS, *FILES):
                kind = shtab.DIRECTORY if action.metavar in FOLDERS else shtab.FILE
                action.complete = kind  # type: ignore[attr-defined]  # where shtab looks for it
    print(shtab.complete(parser, options.shell))
    return 0


def subparsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of all commands below one, depth first."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield each
                yield from subparsers(each)
