"""All exports of default runs, read again by other programs: ``python -m tests.calibration.exports``.

Every model with both networks on MNIST, and an autoencoder and a GAN on colour faces, on points and on a table. A row
is one export of one run: the largest difference that a reader found, and what is allowed. Some are in the suite
(`tests/unit/exports/test_calibrated.py`). Arguments choose runs by a part of their name, as in
``… exports "vae on mnist"``; ``--only onnx,film`` exports by theirs; ``--json`` keeps the rows.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from core.models.base import MODELS
from tests.calibration import data_exports, film_exports, model_exports, text_exports
from tests.calibration.exported_run import Check, ExportedRun, Row, Setting, trained

STEPS = 200
SETTINGS = (
    *(Setting(model, data, "mlp") for data in ("moons", "table") for model in ("ae", "wgan_gp")),
    Setting("vae", "faces", "conv"),
    Setting("gan", "faces", "conv"),
    *(Setting(model, "mnist", network) for network in ("mlp", "conv") for model in MODELS.names()),
)

CHECKS: dict[str, Check] = {
    "safetensors": model_exports.weights,
    "onnx": model_exports.onnx_files,
    "script": model_exports.script,
    "codes": data_exports.codes,
    "projector": data_exports.projector,
    "sheets": data_exports.sheets,
    "reconstruct": data_exports.reconstructions,
    "film": film_exports.films,
    "report": text_exports.written_report,
    "command": text_exports.command,
    "snippet": text_exports.snippet,
    "text": text_exports.experiment,
}
TOGETHER: dict[str, Callable[[Sequence[ExportedRun]], Iterator[Row]]] = {
    "film": film_exports.side_by_side,
    "text": text_exports.whole_experiment,
}
"""What several runs on the same data leave together."""
MOST_TOGETHER = 5


def checked(setting: Setting, name: str, rows: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """The rows of a check; one that fails is a row too."""
    try:
        yield from rows()
    except Exception as error:  # one broken export must not hide the others
        yield Row(setting, name, np.inf, 0.0, f"{type(error).__name__}: {error}"[:300])


def show(row: Row) -> None:
    """Print a row of the table."""
    measured = f"{row.difference:.3g}" if row.difference else "0"
    allowed = f"{row.limit:.1g}" if row.limit else "0"
    mark = "" if row.agrees else "DIFFERS"
    print(f"{row.setting!s:26} {row.export:42} {measured:>9} {allowed:>6} {mark:8}{row.said}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, export, read and print the table; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of the names of runs; none: all")
    parser.add_argument("--only", default=",".join(CHECKS), help=f"of {', '.join(CHECKS)}")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"of each run (default {STEPS})")
    parser.add_argument("--json", type=Path, help="file for the rows")
    chosen = parser.parse_args(arguments)
    names = chosen.only.split(",")
    settings = [each for each in SETTINGS if not chosen.parts or any(part in str(each) for part in chosen.parts)]
    torch.set_num_threads(1)
    rows: list[Row] = []

    def keep(found: Iterator[Row]) -> None:
        for row in found:
            rows.append(row)
            show(row)

    with tempfile.TemporaryDirectory() as scratch:
        groups: dict[tuple[str, str], list[ExportedRun]] = {}
        for number, setting in enumerate(settings):
            began = time.process_time()
            place = Path(scratch) / str(number)
            place.mkdir()
            run = trained(setting, place, chosen.steps)
            groups.setdefault((setting.data, setting.network), []).append(run)
            for name in names:
                keep(checked(setting, name, lambda run=run, name=name: CHECKS[name](run)))
            print(f"{setting}: {time.process_time() - began:.0f} s of this process", flush=True)
        for runs in (group[:MOST_TOGETHER] for group in groups.values() if len(group) > 1):
            for name in TOGETHER.keys() & names:
                keep(checked(runs[0].setting, name, lambda runs=runs, name=name: TOGETHER[name](runs)))
    wrong = [row for row in rows if not row.agrees]
    print(f"{len(rows):,} rows of {len(settings)} runs, {len(wrong)} differ")
    if chosen.json:
        told = [{**dataclasses.asdict(row), "agrees": row.agrees} for row in rows]
        chosen.json.write_text(json.dumps(told, indent=1))
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
