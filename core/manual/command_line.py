"""The page of commands of the command line, from the parsers themselves: the words of ``--help``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from core.manual.page import Page, facts, heading, link, paragraphs, words
from core.text import addresses


def page(parser: argparse.ArgumentParser) -> Page:
    """Every command of a parser, with its arguments and options."""
    body = paragraphs(parser.description or "") + _options(parser, "", "Options without a command")
    body += "".join(_command(name, text, each) for name, text, each in commands(parser))
    about = "Every command of latent-playground with its arguments and options: the words of --help."
    return Page("commands", "Command line", about, body)


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """(name, line of help, parser) of every command, those of a command that has commands right after it."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        texts = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, each in action.choices.items():
            yield f"{before}{name}", texts.get(name, ""), each
            yield from commands(each, f"{before}{name} ")


def _command(name: str, text: str, parser: argparse.ArgumentParser) -> str:
    named = [_named(action) for action in parser._actions if not action.option_strings]
    usage = " ".join(("latent-playground", name, "[options]", *(each for each in named if each)))
    lines = heading(2, name, addresses.of_command(name).partition("#")[2]) + paragraphs(
        f"{text[:1].upper()}{text[1:]}."
    )
    lines += f"<pre>{words(usage)}</pre>\n" + _options(parser, name, "")
    if name in ("train", "sweep"):
        knobs = link("knobs.html", "every knob")
        lines += f"<p>Further options are {knobs} of the setup, of the model and of the data.</p>\n"
    return lines


def _options(parser: argparse.ArgumentParser, command: str, title: str) -> str:
    rows = []
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        rows.append((", ".join(action.option_strings) or _named(action), action))
    pairs = [
        (f"{left} {_named(action)}".strip() if action.option_strings else left, _help(action)) for left, action in rows
    ]
    return (heading(2, title, "options") if title else "") + facts(pairs)


def _named(action: argparse.Action) -> str:
    """What stands for a value: ``DIR``, ``DIR …`` of several, "" of an option without one."""
    if isinstance(action, argparse._SubParsersAction):
        return str(action.metavar or "")
    if action.nargs == 0:
        return ""
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if action.choices is not None:
        name = "|".join(map(str, action.choices))
    several = f"{name} …" if action.nargs in ("+", "*") or isinstance(action.nargs, int) else name
    return f"[{several}]" if action.nargs in ("?", "*") and not action.option_strings else several


def _help(action: argparse.Action) -> str:
    text = (action.help or "").replace("%%", "%")
    return words(text[:1].upper() + text[1:])
