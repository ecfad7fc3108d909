"""``data list`` and ``data get``: published data sets that are fetched when asked for, and never otherwise."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_commands(commands: Any, add: Any) -> None:
    """Add both commands to those of ``data`` by its function ``add``."""
    listed = add(commands, "list", _list, "list published data sets that can be fetched, and which are here")
    listed.add_argument("--json", action="store_true", help="as one JSON object")
    get = add(commands, "get", _get, "fetch a published data set; what broke off goes on from there the next time")
    get.add_argument("name", metavar="NAME", help="as 'data list' names it")


def _list(options: argparse.Namespace) -> int:
    from core.foundation import strict_json
    from core.readers.catalogue import CATALOGUE, megabytes
    from core.readers.downloads import folder_of, is_fetched

    if options.json:
        sets = [
            {
                "name": each.name,
                "title": each.title,
                "summary": each.summary,
                "page": each.page,
                "bytes": each.size or None,
                "folder": str(folder_of(each)) if is_fetched(each) else None,
            }
            for each in CATALOGUE.values()
        ]
        print(strict_json.dumps({"datasets": sets}, indent=2))
        return 0
    for each in CATALOGUE.values():
        state = str(folder_of(each)) if is_fetched(each) else "not here"
        print(f"{each.name:15}{megabytes(each.size):>10}  {each.summary}; {state}")
    return 0


def _get(options: argparse.Namespace) -> int:
    from core.readers.catalogue import remote_set
    from core.readers.downloads import fetch

    remote = remote_set(options.name)
    folder = fetch(remote, _Percents(remote.title))
    print(f"{remote.title} is in {folder}")
    print(f"train on it: latent-playground train --dataset arrays --data {_quoted(str(folder))}")
    return 0


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


class _Percents:
    """A progress callback that prints each percent once on a line of a terminal, elsewhere each tenth one."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._is_terminal = sys.stderr.isatty()
        self._last = 0

    def __call__(self, share: float) -> None:
        percent = int(100 * share)
        if percent <= self._last or (not self._is_terminal and percent % 10):
            return
        self._last = percent
        end = "\n" if not self._is_terminal or percent == 100 else "\r"
        print(f"{self._title}: {percent} %", end=end, file=sys.stderr, flush=True)
