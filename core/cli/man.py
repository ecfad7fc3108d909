"""``latent-playground man``: the manual page, from the texts of ``--help``, as troff.

Written here because argparse-manpage repeats the usage of each command as filled text, about which groff warns.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from core.cli.completion import subparsers
from core.cli.options import add_command
from core.cli.train_options import add_every_knob
from core.foundation.version import version

WITH_KNOBS = "train"
TOLD_ELSEWHERE = (argparse._SubParsersAction, argparse._HelpAction)
"""Kinds of options that the page has no entry for: commands have headings of their own."""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "print the manual page: latent-playground man | man -l -"
    add_command(commands, "man", run, text)


def run(options: argparse.Namespace) -> int:
    """Print the page."""
    print(page(options.reference()), end="")
    return 0


def page(parser: argparse.ArgumentParser) -> str:
    """The manual page of a program by its parser. The knobs of all models and datasets stand under ``train``."""
    summary, _, description = (parser.description or "").partition(". ")
    name, commands = parser.prog, list(subparsers(parser))
    lines = [f'.TH "{_text(name.upper())}" 1 "" "{_text(f"{name} {version()}".strip())}" "User Commands"']
    lines += [".SH NAME", f"{_text(name)} \\- {_text(summary[:1].lower() + summary[1:])}"]
    lines += [".SH SYNOPSIS", f".B {_text(name)}", "[EXPERIMENT.lplay]", ".br", f".B {_text(name)}", "COMMAND"]
    lines += [".RI [ options ]", ".SH DESCRIPTION", *_paragraph(description)]
    lines += [".SH OPTIONS", *_options(parser), ".SH COMMANDS"]
    for command in commands:
        if command.prog == f"{name} {WITH_KNOBS}":
            add_every_knob(command)
        lines += [f".SS {_text(command.prog)}", *_paragraph(command.description), *_options(command)]
        lines += [".PP", *_paragraph(command.epilog)] if command.epilog else []
    title, _, statuses = (parser.epilog or "").partition(": ")
    lines += [f".SH {_text(title.upper())}", *_paragraph(statuses)]
    return "\n".join(lines) + "\n"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every word and option of a parser, under the title of its group where that is not argparse's own."""
    formatter = parser._get_formatter()
    for number, group in enumerate(parser._action_groups):
        shown = [
            each
            for each in group._group_actions
            if each.help != argparse.SUPPRESS
            and not isinstance(each, argparse._SubParsersAction | argparse._HelpAction)
        ]
        if shown and number > 1:
            yield from (".PP", f".I {_text((group.title or '').capitalize())}")
        for action in shown:
            yield from (".TP", f".B {_text(formatter._format_action_invocation(action))}")
            yield from _paragraph(formatter._expand_help(action) if action.help else "")


def _paragraph(text: str | None) -> list[str]:
    return [_text(text)] if text else []


def _text(text: str) -> str:
    """A line of text in ASCII, none of whose characters is a command of troff."""
    plain = " ".join(text.split()).replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    escaped = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in plain)
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
