"""``latent-playground report RUN… --out FILE``: saved runs measured and compared in one HTML or PDF file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli import qt
from core.cli.options import RUN_FOLDER, add_command, add_sampler, place, print_progress, sampler_of
from core.engine.lane_names import MOST_LANES
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

if TYPE_CHECKING:
    from core.exports.document import Document

KINDS = (".html", ".pdf")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    report = add_command(commands, "report", run, "measure saved runs and write a report of them, as HTML or PDF")
    report.add_argument("folders", nargs="+", metavar="RUN", help=f"{RUN_FOLDER}; up to five")
    names = "a name in .html or .pdf (default report.html)"
    report.add_argument("--out", default="report.html", metavar="FILE", help=names)
    add_sampler(report)
    report.add_argument("--data-changed", action="store_true", help="measure on other data than those of the runs")


def run(options: argparse.Namespace) -> int:
    """Measure, write and say so; 1 where a measure failed."""
    folders, out = [place(each, "RUN") for each in options.folders], place(options.out, "--out")
    sampler = sampler_of(options.sampler)
    _check(folders, out)

    from datetime import datetime

    from core.engine.run_folder import load
    from core.exports.measured_run import reported
    from core.exports.report import report
    from core.exports.report_html import html
    from core.foundation.files import write_file

    runs = reported([load(folder) for folder in folders], sampler, print_progress, options.data_changed)
    document = report(runs, datetime.now())
    if out.suffix.lower() == ".pdf":
        _write_pdf(document, out)
    else:
        write_file(out, html(document).encode())
    print(f"The report is in {out}")
    return 1 if any(each.errors for each in runs) else 0


def _check(folders: Sequence[Path], out: Path) -> None:
    """Raise `UserError` for what no report can be made of, before anything takes time."""
    if len(folders) > MOST_LANES:
        raise UserError(f"a report shows at most {MOST_LANES} runs, not {len(folders)}; leave some out")
    if out.suffix.lower() not in KINDS:
        raise UserError(f"--out: '{brief(out)}' is neither .html nor .pdf; name a file of one of them")
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder '{brief(out.parent)}'; make it, or choose another place")


def _write_pdf(document: Document, out: Path) -> None:
    """Write a report as PDF by Qt, which needs no display for it."""
    qt.torch_before_qt()
    qt.offscreen_where_no_display()
    try:
        from gui.files.report_pdf import write_pdf
    except ImportError as error:
        raise UserError(f"PDF is written by Qt, and {qt.why_missing(error)}; or name a file in .html") from None
    write_pdf(document, out)
