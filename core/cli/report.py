"""``latent-playground report RUN… --out FILE``: saved runs measured and compared in one HTML or PDF file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from core.datasets.base import DataError, Dataset, changed_data, reload
from core.engine.board import Measures
from core.engine.run_folder import SavedRun, load
from core.evaluation.real_side import RealSide
from core.exports.document import Document
from core.exports.measured_run import Progress, measure, verdicts_on
from core.exports.report import MOST_RUNS, report
from core.exports.report_html import html
from core.exports.reported_run import ReportedRun
from core.foundation.files import FileError, write_file
from core.foundation.history import History
from core.foundation.quoted import brief
from core.foundation.user_error import UserError

KINDS = (".html", ".pdf")
PdfWriter = Callable[[Document, Path], None]


def check_request(folders: Sequence[Path], out: Path) -> None:
    """Raise `UserError` for what no report can be made of, before anything takes time."""
    if len(folders) > MOST_RUNS:
        raise UserError(f"a report shows at most {MOST_RUNS} runs, not {len(folders)}; leave some out")
    if out.suffix.lower() not in KINDS:
        raise UserError(f"--out: '{brief(out)}' is neither .html nor .pdf; name a file of one of them")
    if not out.parent.is_dir():
        raise FileError(f"--out: there is no folder {brief(out.parent)}; make it, or choose another place")


def write_report(
    folders: Sequence[Path], out: Path, sampler: str, progress: Progress, pdf: PdfWriter, data_changed: bool
) -> int:
    """Measure the runs and write the report; 1 where a measure failed, else 0. Raises `UserError`.

    ``pdf`` writes a document as PDF. Runs on data that changed since are refused, unless ``data_changed``.
    """
    check_request(folders, out)
    saved = [load(folder) for folder in folders]
    sides = _real_sides(saved, data_changed)
    runs = [_measured(slot, *pair, sampler, progress) for slot, pair in enumerate(zip(saved, sides, strict=True))]
    document = report(runs, datetime.now())
    if out.suffix.lower() == ".pdf":
        pdf(document, out)
    else:
        write_file(out, html(document).encode())
    return 1 if any(run.errors for run in runs) else 0


def _real_sides(saved: Sequence[SavedRun], data_changed: bool) -> list[RealSide]:
    """The data of each run; runs of the same data share them."""
    loaded: list[tuple[object, Dataset, RealSide]] = []
    sides = []
    for run in saved:
        described = run.data.get("name"), run.data.get("config"), run.data.get("shape")
        if (known := next((each for each in loaded if each[0] == described), None)) is None:
            dataset, _ = reload(run.data)
            known = described, dataset, RealSide(dataset)
            loaded.append(known)
        difference = changed_data(known[1], run.data)
        if difference and not data_changed:
            raise DataError(f"{difference}: find the old ones, or report on these with --data-changed")
        sides.append(known[2])
    return sides


def _measured(slot: int, saved: SavedRun, side: RealSide, sampler: str, progress: Progress) -> ReportedRun:
    answers, errors = measure(saved, side, sampler, lambda words: progress(f"{saved.model}: {words}"))
    verdicts = verdicts_on(saved, side.dataset, answers)
    measures = Measures(answers, History(("step",)).table(), sampler)
    return ReportedRun(slot, saved, side.dataset, measures, verdicts, errors)
