"""Stages that every narration has (batch, terms, backward, update), and the narration of a turn without declaration."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import display, is_planar
from core.models.base import Model
from core.nets.objectives import decoder_mean
from core.slow_motion.recorder import Call, Layer, Recording
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

GRADIENT = "The length ‖∇‖ of the gradient of the loss by these weights, all of them as one vector"
CHANGE = "The length ‖Δθ‖ of the way these weights went, all of them as one vector"


def plain_turn(training: Training, seen: Recording, ordinal: str) -> PhaseRecord:
    """Batch, forward through every network in the order of the calls, terms, backward, update."""
    model = training.model
    scene = Scene(seen.phase.name, f"{seen.phase.name} {ordinal}".strip())
    last = scene.column("x", "x", size_of(model), "picture")
    layers: dict[str, Layer] = {}
    for network, call in seen.calls.items():
        for layer in call.layers:
            last = scene.column(layer.name, network, written(layer.size), follows=(last,))
            layers[layer.name] = layer
    scene.column("loss", "loss", "", "loss", (last,))
    batch_stage(scene, training, seen)
    values = {name: layer.values[0] for name, layer in layers.items()}
    numbers = [Number("Layers", len(layers), "", 0, "Layers with weights that the batch went through, of all networks")]
    scene.stage("forward", "Forward", "The batch goes through the networks.", values, numbers, values=values)
    terms_stage(scene, model, seen, [], "What the phase says of the batch.")
    owners = {name: name for name in seen.gradient_norms if name in layers}
    gradients = {name: layer.gradients[0] for name, layer in layers.items() if layer.gradients is not None}
    backward_stage(scene, seen, gradients, owners, "")
    update_stage(scene, training, seen, owners, "")
    return scene.turn()


# --- stages that every turn has --------------------------------------------------------------------------------------


def batch_stage(scene: Scene, training: Training, seen: Recording, title: str = "Batch", pack: int = 1) -> None:
    """The images of the step; the drawing follows the first, or the first ``pack`` that are judged together."""
    count, noun = seen.x.shape[0], noun_of(training.model)
    first = "the first" if pack == 1 else f"the first {pack}, which are judged together"
    sentence = f"{count:,} {noun}s come from the shuffled training set; the drawing follows {first}."
    numbers = [
        Number(f"{noun.capitalize()}s", count, "", 0, note="in the batch"),
        Number("Passes over the data", training.batches.epoch, "epochs", 2, "Drawn so far, over those there are"),
    ]
    if training.model.shape.points:
        numbers += [Number(f"x{'₁₂'[d]}", float(seen.x[0, d, 0, 0]), "", 3) for d in (0, 1)]
    scene.stage("batch", title, sentence, {"x"}, numbers, pictures={"x": picture(seen.x, pack)})


def terms_stage(
    scene: Scene,
    model: Model,
    seen: Recording,
    numbers: list[Number],
    sentence: str,
    parts: Mapping[str, float] | None = None,
) -> None:
    """The loss, term by term; without ``numbers``, the terms as the phase names them. ``parts``: values by column."""
    if not numbers:
        unit = unit_of(model)
        numbers = [Number(name.replace("_", " "), value, unit) for name, value in seen.terms.items()]
        numbers.append(Number("loss", seen.loss, unit))
    shown = {key: np.array([value], np.float32) for key, value in {**(parts or {}), "loss": seen.loss}.items()}
    scene.stage("terms", "Terms", sentence, shown, numbers, values=shown)


def backward_stage(
    scene: Scene,
    seen: Recording,
    gradients: dict[str, Floats],
    owners: dict[str, str],
    sentence: str,
    title: str = "Backward",
) -> None:
    """Gradients of the loss by units (``gradients``, by column) and by weights; ``owners``: column by layer name."""
    marks = _by_column(seen.gradient_norms, owners)
    length = _length(seen.gradient_norms)
    numbers = [Number("Length of the gradient", length, "", None, GRADIENT)]
    if (extremes := _extremes(scene, marks)) is not None:
        numbers += [
            Number("Largest", max(marks.values()), "", None, GRADIENT, extremes[0]),
            Number("Smallest", min(marks.values()), "", None, GRADIENT, extremes[1]),
        ]
    words = sentence or "From the loss back to the first layer: how much each weight would change it."
    active = {*gradients, *marks, *(column.key for column in scene.columns if column.kind in ("term", "loss"))}
    scene.stage("backward", title, words, active, numbers, flow="backward", gradients=gradients, marks=marks)


def update_stage(
    scene: Scene, training: Training, seen: Recording, owners: dict[str, str], sentence: str, title: str = "Update"
) -> None:
    """How far the optimiser moved the weights, by layer and altogether."""
    marks, length = _by_column(seen.change_norms, owners), _length(seen.change_norms)
    rule = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}.get(training.config.optimiser, "the optimiser")
    words = f"{sentence or 'Only now the weights change:'} {rule} turns each gradient into a small move."
    numbers = [
        Number("Learning rate η", seen.lr, "", None, "How far the rule may go; a live knob of the lane"),
        Number("Length of the move", length, "", None, CHANGE),
        Number(
            "Share of the weights",
            100 * length / seen.weight_norm if seen.weight_norm else 0.0,
            "%",
            None,
            "‖Δθ‖ over ‖θ‖: how far the weights went, measured by themselves",
        ),
        Number("Step", training.step, "", 0, note="of this copy"),
    ]
    scene.stage("update", title, words, marks, numbers, flow="update", marks=marks)


# --- columns, values and words ---------------------------------------------------------------------------------------


def layer_columns(scene: Scene, call: Call, part: str, follows: str, keep: int) -> dict[str, str]:
    """Add a column for each of the first ``keep`` layers of a network; returns the columns by layer name."""
    columns, last = {}, follows
    for layer in call.layers[:keep]:
        tip = f"{part}: {_units_tip(layer.size)}"
        last = scene.column(layer.name, "", written(layer.size), follows=(last,), tip=tip, part=part)
        columns[layer.name] = last
    return columns


def last_of(columns: dict[str, str], otherwise: str) -> str:
    """The last of the columns, or ``otherwise`` where there are none."""
    return list(columns.values())[-1] if columns else otherwise


def values_of(call: Call, columns: dict[str, str], row: int = 0) -> dict[str, Floats]:
    """Activations (U,) by column: of the batch's first example (row 0), or of the first of its second half (row 1)."""
    return {columns[layer.name]: layer.values[row] for layer in call.layers if layer.name in columns}


def gradients_of(call: Call, columns: dict[str, str], row: int = 0) -> dict[str, Floats]:
    """Gradients (U,) of the loss by activations, by column; rows as in `values_of`."""
    return {
        columns[layer.name]: layer.gradients[row]
        for layer in call.layers
        if layer.name in columns and layer.gradients is not None
    }


def picture(x: Tensor, count: int = 1) -> Pixels:
    """The first ``count`` of images or points (N, C, H, W) in [0, 1] as one square picture for the screen.

    Images beside and below each other, points of a plane as dots of one chart; fewer than ``count`` are repeated.
    """
    chosen = x[torch.arange(count) % len(x)].detach().float().nan_to_num(0.0, 1.0, 0.0).cpu()
    each: Pixels = display(chosen.numpy())  # (count, H, W) or (count, H, W, 3)
    if is_planar(chosen.shape[1:]):
        return np.asarray(each.max(0))
    side, high = math.ceil(math.sqrt(count)), each.shape[1]
    square = np.zeros((side * high, side * high, *each.shape[3:]), np.uint8)
    top = (side - math.ceil(count / side)) * high // 2
    for number, image in enumerate(each):
        row, column = divmod(number, side)
        square[top + row * high : top + (row + 1) * high, column * high : (column + 1) * high] = image
    return square


def decoded(model: Model, output: Tensor, count: int = 1) -> Pixels:
    """A decoder's first ``count`` outputs, (N, C, H, W) or flat, as one picture."""
    return picture(decoder_mean(output[:count].reshape(-1, *model.shape.image)), count)


def noun_of(model: Model) -> str:
    """What one example is called."""
    return "point" if model.shape.points else "image"


def size_of(model: Model) -> str:
    """The size of an example in words."""
    channels, height, width = model.shape.image
    return f"{channels}" if model.shape.points else f"{height} × {width}" + (f" × {channels}" if channels > 1 else "")


def written(size: tuple[int, ...]) -> str:
    """A layer's size in words: 256, or 32 × 7 × 7."""
    return " × ".join(map(str, size))


def _units_tip(size: tuple[int, ...]) -> str:
    units = "feature maps, each the mean of its pixels" if len(size) > 1 else "units"
    return f"{size[0]} {units}; at most 12 are drawn. Brightness: how strongly this example drives them"


def array(tensor: Tensor) -> Floats:
    """A float32 array of a tensor on any device."""
    values: Floats = tensor.detach().float().cpu().numpy()
    return values


def unit_of(model: Model) -> str:
    """The unit of a model's loss."""
    return type(model).chart.unit


def _by_column(norms: dict[str, float], owners: dict[str, str]) -> dict[str, float]:
    return {owners[name]: value for name, value in norms.items() if name in owners}


def _length(norms: dict[str, float]) -> float:
    return float(np.sqrt(sum(value * value for value in norms.values())))


def _extremes(scene: Scene, marks: dict[str, float]) -> tuple[str, str] | None:
    """The names of the columns with the largest and the smallest mark."""
    if len(marks) < 2:
        return None
    names = {column.key: column.name for column in scene.columns}
    high, low = (pick(marks, key=marks.__getitem__) for pick in (max, min))
    return names[high], names[low]
