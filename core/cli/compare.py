"""``latent-playground compare RUN RUN… [--out FILE]``: differences between saved runs, with intervals over seeds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.cli.options import RUN_FOLDER, add_command, add_sampler, place, print_progress, sampler_of
from core.foundation.quoted import brief
from core.foundation.user_error import UserError


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "measure saved runs and say how they differ from the first, with intervals over seeds"
    compare = add_command(commands, "compare", run, text)
    compare.add_argument("folders", nargs="+", metavar="RUN", help=f"{RUN_FOLDER}; two or more, the baseline first")
    compare.add_argument("--out", metavar="FILE", help="write a report too: a name in .html")
    add_sampler(compare)


def run(options: argparse.Namespace) -> int:
    """Measure, print the differences and write the report; 1 where a measure failed."""
    folders = [place(each, "RUN") for each in options.folders]
    out = None if options.out is None else place(options.out, "--out")
    sampler = sampler_of(options.sampler)
    if out is not None:
        _check(out)

    from datetime import datetime

    from core.exports.report_html import html
    from core.foundation.files import write_file
    from core.sweeps.compared import compare
    from core.sweeps.compared_words import document, text

    compared = compare(folders, sampler, print_progress)
    print(text(compared, sampler))
    if out is not None:
        write_file(out, html(document(compared, sampler, datetime.now())).encode())
        print(f"\nThe report is in {out}")
    return 1 if any(compared.errors) else 0


def _check(out: Path) -> None:
    """Raise `UserError` where no report can be written, before anything takes time."""
    if out.suffix.lower() != ".html":
        raise UserError(f"--out: '{brief(out)}' is no .html; name a file of it")
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder '{brief(out.parent)}'; make it, or choose another place")
