"""What the stages of every model share: batch, loss, backward, update; and a turn that no model declares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from core.foundation.arrays import Floats, Pixels
from core.foundation.pixels import display
from core.models.base import Model
from core.nets.objectives import decoder_mean
from core.slow_motion.recorder import Call, Layer, Seen
from core.slow_motion.stages import Number, PhaseRecord, Scene
from core.training.training import Training

GRADIENT = "The length ‖∇‖ of the gradient of the loss by these weights, all of them as one vector"
CHANGE = "The length ‖Δθ‖ of the way these weights went, all of them as one vector"


def plain_turn(training: Training, seen: Seen, ordinal: str) -> PhaseRecord:
    """Batch, forward through every network in the order of their work, terms, backward, update."""
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
    owners = {name: name for name in seen.gradients if name in layers}
    backward_stage(scene, seen, {n: la.pulls[0] for n, la in layers.items() if la.pulls is not None}, owners, "")
    update_stage(scene, training, seen, owners, "")
    return scene.turn()


# --- stages that every turn has --------------------------------------------------------------------------------------


def batch_stage(scene: Scene, training: Training, seen: Seen, title: str = "Batch") -> None:
    """The images of the step; the first of them is the example that the drawing follows."""
    count, noun = seen.x.shape[0], noun_of(training.model)
    sentence = f"{count:,} {noun}s come from the shuffled training set; the drawing follows the first."
    numbers = [
        Number(f"{noun.capitalize()}s", count, "", 0, note="in the batch"),
        Number("Passes over the data", training.batches.epoch, "epochs", 2, "Drawn so far, over those there are"),
    ]
    if training.model.shape.points:
        numbers += [Number(f"x{'₁₂'[d]}", float(seen.x[0, d, 0, 0]), "", 3) for d in (0, 1)]
    scene.stage("batch", title, sentence, {"x"}, numbers, pictures={"x": picture(seen.x)})


def terms_stage(
    scene: Scene,
    model: Model,
    seen: Seen,
    numbers: list[Number],
    sentence: str,
    parts: Mapping[str, float] | None = None,
) -> None:
    """The loss, term by term; without ``numbers`` the terms as the phase names them. ``parts``: columns of terms."""
    if not numbers:
        unit = unit_of(model)
        numbers = [Number(name.replace("_", " "), value, unit) for name, value in seen.terms.items()]
        numbers.append(Number("loss", seen.loss, unit))
    shown = {key: np.array([value], np.float32) for key, value in {**(parts or {}), "loss": seen.loss}.items()}
    scene.stage("terms", "Terms", sentence, shown, numbers, values=shown)


def backward_stage(
    scene: Scene, seen: Seen, pulls: dict[str, Floats], owners: dict[str, str], sentence: str, title: str = "Backward"
) -> None:
    """Gradients: ``owners`` says in which column a layer's weights stand."""
    marks = _by_column(seen.gradients, owners)
    whole = _length(seen.gradients)
    numbers = [Number("Length of the gradient", whole, "", None, GRADIENT)]
    if (top := _extreme(scene, marks)) is not None:
        numbers += [
            Number("Largest", max(marks.values()), "", None, GRADIENT, top[0]),
            Number("Smallest", min(marks.values()), "", None, GRADIENT, top[1]),
        ]
    words = sentence or "From the loss back to the first layer: how much each weight would change it."
    active = {*pulls, *marks, *(column.key for column in scene.columns if column.kind in ("term", "loss"))}
    scene.stage("backward", title, words, active, numbers, flow="backward", pulls=pulls, marks=marks)


def update_stage(
    scene: Scene, training: Training, seen: Seen, owners: dict[str, str], sentence: str, title: str = "Update"
) -> None:
    """What the optimiser moved."""
    marks, whole = _by_column(seen.changes, owners), _length(seen.changes)
    rule = {"adam": "Adam", "rmsprop": "RMSprop", "sgd": "SGD"}.get(training.config.optimiser, "the optimiser")
    words = f"{sentence or 'Only now the weights change:'} {rule} turns each gradient into a small move."
    numbers = [
        Number("Learning rate η", seen.lr, "", None, "How far the rule may go; a live knob of the lane"),
        Number("Length of the move", whole, "", None, CHANGE),
        Number(
            "Share of the weights",
            100 * whole / seen.weights if seen.weights else 0.0,
            "%",
            None,
            "‖Δθ‖ over ‖θ‖: how far the weights went, measured by themselves",
        ),
        Number("Step", training.step, "", 0, note="of this copy"),
    ]
    scene.stage("update", title, words, marks, numbers, flow="update", marks=marks)


# --- what they are made of -------------------------------------------------------------------------------------------


def layer_columns(scene: Scene, call: Call, part: str, follows: str, keep: int) -> dict[str, str]:
    """A column for each of the first ``keep`` layers of a network; column by the layer's name."""
    columns, last = {}, follows
    for layer in call.layers[:keep]:
        tip = f"{part}: {_kept(layer.size)}"
        last = scene.column(layer.name, "", written(layer.size), follows=(last,), tip=tip, part=part)
        columns[layer.name] = last
    return columns


def last_of(columns: dict[str, str], otherwise: str) -> str:
    """The last of the columns, or what stands before them."""
    return list(columns.values())[-1] if columns else otherwise


def values_of(call: Call, columns: dict[str, str], row: int = 0) -> dict[str, Floats]:
    """Activations by column, of the first example or that of the second half."""
    return {columns[layer.name]: layer.values[row] for layer in call.layers if layer.name in columns}


def pulls_of(call: Call, columns: dict[str, str], row: int = 0) -> dict[str, Floats]:
    """Gradients of the loss by activations, by column."""
    return {
        columns[layer.name]: layer.pulls[row]
        for layer in call.layers
        if layer.name in columns and layer.pulls is not None
    }


def picture(x: Tensor) -> Pixels:
    """The first of images or points (N, C, H, W) in [0, 1] for the screen."""
    made: Pixels = display(x[:1].detach().float().nan_to_num(0.0, 1.0, 0.0).cpu().numpy())[0]
    return made


def decoded(model: Model, output: Tensor) -> Pixels:
    """A decoder's first output, (N, C, H, W) or flat, as a picture."""
    return picture(decoder_mean(output[:1].reshape(1, *model.shape.image)))


def noun_of(model: Model) -> str:
    """What one example is."""
    return "point" if model.shape.points else "image"


def size_of(model: Model) -> str:
    """The size of an example in words."""
    channels, height, width = model.shape.image
    return "2" if model.shape.points else f"{height} × {width}" + (f" × {channels}" if channels > 1 else "")


def written(size: tuple[int, ...]) -> str:
    """A layer's size in words: 256, or 32 × 7 × 7."""
    return " × ".join(f"{each}" for each in size)


def _kept(size: tuple[int, ...]) -> str:
    maps = len(size) > 1
    what = "feature maps, each the mean of its pixels" if maps else "units"
    return f"{size[0]} {what}; at most 12 are drawn. Brightness: how strongly this example drives them"


def array(tensor: Tensor) -> Floats:
    """numpy of a tensor on any device."""
    made: Floats = tensor.detach().float().cpu().numpy()
    return made


def unit_of(model: Model) -> str:
    """The unit of a model's loss."""
    return type(model).chart.unit


def _by_column(norms: dict[str, float], owners: dict[str, str]) -> dict[str, float]:
    return {owners[name]: value for name, value in norms.items() if name in owners}


def _length(norms: dict[str, float]) -> float:
    return float(np.sqrt(sum(value * value for value in norms.values())))


def _extreme(scene: Scene, marks: dict[str, float]) -> tuple[str, str] | None:
    """In words: the columns with the largest and the smallest mark."""
    if len(marks) < 2:
        return None
    names = {column.key: column.name for column in scene.columns}
    high, low = (pick(marks, key=marks.__getitem__) for pick in (max, min))
    return names[high], names[low]
