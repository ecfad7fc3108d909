"""Rebuild assets/data/eye: classifiers of our images, trained by the program's own `core.evaluation.classifier.fit`.

    PYTHONPATH=. python assets/data/build_eye.py

Each takes a quarter of a minute of one core. The bytes depend on how PyTorch's version and the processor sum; another
machine's classifier differs in the last digits, and its measures a little.
"""

from __future__ import annotations

from pathlib import Path

from core.datasets.base import load
from core.evaluation.classifier import fit
from core.evaluation.classifier_store import fingerprint, to_bytes
from core.foundation.files import write_bytes
from core.foundation.slices import finish

HERE = Path(__file__).resolve().parent / "eye"


DATASETS = ("mnist", "faces", "shapes")
"""Those whose first measures would otherwise wait for a training."""


def main() -> None:
    """Train the classifiers and write them."""
    HERE.mkdir(exist_ok=True)
    for name in DATASETS:
        dataset = load(name)
        classifier = finish(fit(dataset))
        content = to_bytes(classifier, finish(fingerprint(dataset)))
        write_bytes(HERE / f"{name}.safetensors", content)
        print(f"{name}: {len(content):,} bytes; names {classifier.accuracy:.2%} of the test images right")


if __name__ == "__main__":
    main()
