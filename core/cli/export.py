"""``latent-playground export DIR``: the model of a saved run for other programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.cli.options import RUN_FOLDER, add_command, place
from core.foundation.user_error import UserError

if TYPE_CHECKING:
    from core.exports.base import Exported

KINDS = ("onnx", "script", "safetensors")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    export = add_command(
        commands, "export", run, "write the model of a saved run for other programs, and read it again"
    )
    export.add_argument("folder", metavar="DIR", help=RUN_FOLDER)
    export.add_argument(
        "--to",
        choices=KINDS,
        required=True,
        help="onnx: a file for each network (needs the extra onnx); script: a Python script with its weights, which"
        " needs torch and numpy alone; safetensors: the weights",
    )
    export.add_argument("--out", required=True, metavar="PLACE", help="a folder; for safetensors a file")
    export.add_argument("--without-data", action="store_true", help="a script without the images to train on")


def run(options: argparse.Namespace) -> int:
    """Export, and say how far what was read again is from the model."""
    folder, out = place(options.folder, "DIR"), place(options.out, "--out")
    done = _exported(folder, options.to, out, options.without_data)
    for file in done.files:
        print(f"{file}  {file.stat().st_size / 1e3:,.1f} kB")
    print(f"Read again: {done.said}.")
    return 0


def _exported(folder: Path, kind: str, out: Path, without_data: bool) -> Exported:
    from core.cli.saved_run import data_of, opened

    saved, snapshot = opened(folder)
    if kind == "onnx":
        from core.exports import onnx_file

        return onnx_file.export(saved, snapshot, out)
    if kind == "safetensors":
        from core.exports import weights_file

        return weights_file.export(saved, snapshot, out)
    from core.exports import script

    try:
        dataset = None if without_data else data_of(saved)
    except UserError as error:
        raise UserError(f"{error}; or export it with --without-data") from None
    return script.export(saved, snapshot, out, dataset)
