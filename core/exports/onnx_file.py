"""A model as ONNX files, one for each network: encoder, decoder, discriminator or critic. Needs the extra ``onnx``.

Codes are in the units of the map, so that z = 0 and z = 1 mean the same as in the window.
"""

from __future__ import annotations

import contextlib
import json
import logging
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from core.engine.run_folder import SavedRun
from core.exports.base import (
    PROGRAM,
    TOLERANCE,
    Exported,
    ExportError,
    about,
    check,
    check_folder,
    largest_difference,
    title_of_data,
    write_all,
)
from core.foundation.arrays import Floats
from core.foundation.params import to_json
from core.foundation.user_error import UserError
from core.foundation.version import version
from core.models.base import MODELS, Model
from core.theory.latent_space import prior
from core.training.snapshot import Snapshot

OPSET = 18
"""The version of ONNX's operators: the one that PyTorch writes without converting, read since onnxruntime 1.14."""
LOOSE = 1e-4
"""Tolerance of codes and scores, where larger numbers cancel; what is decoded is held to `TOLERANCE`."""
CHECKED = 64
"""Draws that are decoded by both."""
CHECK_SEED = 1


@dataclass(frozen=True)
class _Value:
    """An input or output of a network: its name, its meaning with unit, and the shape of one item."""

    name: str
    meaning: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class _Part:
    """A network to export: the name of its file, its module, what goes in, and what comes out."""

    name: str
    module: nn.Module
    input: _Value
    outputs: tuple[_Value, ...]


class _Decoder(nn.Module):
    """z (N, D) in units of the map to images (N, C, H, W)."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, z: Tensor) -> Tensor:
        scale = self.model.scale
        return self.model.decode(z if scale is None else z * scale.std + scale.mean)


class _Encoder(nn.Module):
    """Images (N, C, H, W) to the code (N, D) in units of the map, or to mean and log-variance."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        posterior, scale = self.model.encode(x), self.model.scale
        assert posterior is not None
        code = posterior.mu if scale is None else (posterior.mu - scale.mean) / scale.std
        return code if posterior.sigma is None else (code, 2.0 * posterior.sigma.log())


class _Judge(nn.Module):
    """Images (N, C, H, W) to scores (N,): logits of D(x), or a critic's values."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        scores = self.model.judge(x)
        assert scores is not None
        return scores


def export(saved: SavedRun, snapshot: Snapshot, folder: Path) -> Exported:
    """Write ``encoder.onnx``, ``decoder.onnx`` and ``discriminator.onnx`` or ``critic.onnx``, as far as there are any.

    The batch is dynamic. onnxruntime reads each file again, and what it computes must agree with the snapshot. Raises
    `UserError` where a package is missing, `ExportError`, `FileError`. PyTorch's exporter is not made for processes in
    which other threads train: there it belongs into a process of its own.
    """
    check_folder(folder)
    _require_packages()
    contents, difference = {}, 0.0
    with tempfile.TemporaryDirectory() as scratch:
        for part in _parts(snapshot):
            file = Path(scratch) / f"{part.name}.onnx"
            file.write_bytes(_converted(part, saved))
            of_part = _difference(file, part, snapshot)
            check(of_part, TOLERANCE if part.name == "decoder" else LOOSE)
            difference = max(difference, of_part)
            contents[file.name] = file.read_bytes()
    return Exported(write_all(folder, contents), difference)


def _require_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        missing = error.name or "a package"
        raise UserError(f"ONNX needs {missing}, which is missing; pip install 'latent-playground[onnx]'") from None


# --- what is exported ------------------------------------------------------------------------------------------------


def _parts(snapshot: Snapshot) -> list[_Part]:
    model, shape = snapshot.model, snapshot.shape
    item = f"points of {shape.channels} coordinates" if shape.points else "images in [0, 1]"
    x = _Value("x", f"{item}, float32", shape.image)
    unit = "1 is one σ of the prior" if model.scale is None else "1 is one σ of the codes of the training data"
    z = _Value("z", f"latent codes in units of the map: {unit}", (shape.latent,))
    parts = []
    if snapshot.has_encoder:
        stochastic = _has_spread(snapshot)
        mean = _Value("mean", f"mean of q(z|x) in units of the map: {unit}", (shape.latent,))
        spread = _Value("log_variance", "logarithm of the variance of q(z|x)", (shape.latent,))
        code = _Value("code", f"deterministic code in units of the map: {unit}", (shape.latent,))
        parts.append(_Part("encoder", _Encoder(model), x, (mean, spread) if stochastic else (code,)))
    decoded = _Value("x_hat", f"decoded {item}, float32", shape.image)
    parts.append(_Part("decoder", _Decoder(model), z, (decoded,)))
    if model.judges:
        is_logit = model.judges == "probability"
        meaning = "logit of the probability D(x) that x is real" if is_logit else "the critic's value, more for real x"
        score = _Value("logit" if is_logit else "value", meaning, ())
        parts.append(_Part("discriminator" if is_logit else "critic", _Judge(model), x, (score,)))
    return parts


def _has_spread(snapshot: Snapshot) -> bool:
    codes = snapshot.encode(np.zeros((1, *snapshot.shape.image), np.float32))
    return codes is not None and codes.sigma is not None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Neither warnings nor notes of PyTorch's exporter about operators that nobody asked for."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _converted(part: _Part, saved: SavedRun) -> bytes:
    """The bytes of one ONNX file."""
    import onnx

    example = torch.zeros(2, *part.input.shape)
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            part.module.eval(),
            (example,),
            dynamo=True,
            input_names=[part.input.name],
            output_names=[each.name for each in part.outputs],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            opset_version=OPSET,
            verbose=False,
        )
    if program is None:
        raise ExportError(f"PyTorch could not convert the {part.name} to ONNX")
    proto = cast(Any, program.model_proto)
    _describe(proto, part, saved)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


def _describe(proto: Any, part: _Part, saved: SavedRun) -> None:
    """Say what the file is, and drop what the exporter tells of this machine: its folders and lines of code."""
    graph = proto.graph
    for each in (proto, graph, *graph.node, *graph.input, *graph.output, *graph.initializer, *graph.value_info):
        del each.metadata_props[:]
        each.doc_string = ""
    proto.producer_name, proto.producer_version = PROGRAM, version()
    graph.name = f"{saved.model} {part.name}"
    proto.doc_string = f"{part.name} of: {about(saved)}"
    for value, said in zip((*graph.input, *graph.output), (part.input, *part.outputs), strict=True):
        value.doc_string = f"{said.meaning}; shape {_shape_text(said)}"
    facts = {
        "title": MODELS.get(saved.model).title,
        "part": part.name,
        "data": title_of_data(saved),
        "step": str(saved.step),
        "knobs": json.dumps(to_json(saved.config), ensure_ascii=False),
        "setup": json.dumps(to_json(saved.setup), ensure_ascii=False),
    }
    for said in (part.input, *part.outputs):
        facts[said.name] = f"{said.meaning}; shape {_shape_text(said)}"
    for key, text in facts.items():
        proto.metadata_props.add(key=key, value=text)


def _shape_text(value: _Value) -> str:
    return f"({', '.join(map(str, ('batch', *value.shape)))})"


# --- the same numbers by onnxruntime ---------------------------------------------------------------------------------


def _difference(file: Path, part: _Part, snapshot: Snapshot) -> float:
    """The largest difference between onnxruntime and the snapshot, over batches of three sizes."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    z = prior(CHECKED, snapshot.shape.latent, CHECK_SEED)
    given = z if part.name == "decoder" else snapshot.decode(z)
    size = _size(snapshot) if part.name == "encoder" else np.ones(1, np.float32)
    worst = 0.0
    for count in (CHECKED, 7, 1):
        theirs = session.run(None, {part.input.name: given[:count]})
        ours = _ours(part, given[:count], snapshot)
        worst = max(worst, *(largest_difference(a, b, size) for a, b in zip(ours, theirs, strict=True)))
    return worst


def _size(snapshot: Snapshot) -> Floats:
    """The size (D,) of codes in units of the map before their mean is subtracted, which decides how they round."""
    if snapshot.scale is None:
        return np.ones(1, np.float32)
    mean, std = snapshot.scale
    return np.maximum(1.0, np.abs(mean) / std).astype(np.float32)


def _ours(part: _Part, given: Floats, snapshot: Snapshot) -> list[Floats]:
    """What the snapshot itself says, in the order of the part's outputs."""
    if part.name == "decoder":
        return [snapshot.decode(given)]
    if part.name == "encoder":
        codes = snapshot.encode(given)
        assert codes is not None
        return [codes.mu] if codes.sigma is None else [codes.mu, 2 * np.log(codes.sigma)]
    with torch.inference_mode():
        scores = snapshot.model.judge(torch.from_numpy(np.array(given)))
    assert scores is not None
    return [scores.numpy()]
