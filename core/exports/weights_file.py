"""A model's weights as one safetensors file, with what they are in its metadata."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.torch import save as save_tensors

from core.engine.run_folder import SavedRun
from core.exports.base import PROGRAM, Exported, ExportError, about
from core.foundation.files import write_file
from core.foundation.params import to_json
from core.foundation.version import version
from core.training.snapshot import Snapshot


def export(saved: SavedRun, snapshot: Snapshot, path: Path) -> Exported:
    """Write the weights by name, float32, and knobs, setup and data as metadata. Raises `FileError`, `ExportError`.

    The file's bytes are read again by numpy's reader, without torch, and must be the same to the last bit.
    """
    tensors = {name: tensor.contiguous() for name, tensor in snapshot.model.state_dict().items()}
    facts = {
        "program": f"{PROGRAM} {version()}".strip(),
        "about": about(saved),
        "model": saved.model,
        "step": str(saved.step),
        "knobs": json.dumps(to_json(saved.config)),
        "setup": json.dumps(to_json(saved.setup)),
        "data": json.dumps(dict(saved.data)),
    }
    content = save_tensors(tensors, facts)
    read = load_arrays(content)
    if read.keys() != tensors.keys() or not all(np.array_equal(read[name], tensors[name].numpy()) for name in tensors):
        raise ExportError("the weights read back are not those of the model; nothing was written")
    write_file(path, content)
    return Exported((path,), 0.0)
