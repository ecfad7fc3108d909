"""Rebuild assets/data/eye: the classifier of MNIST, trained by the program's own `core.evaluation.classifier.fit`.

    PYTHONPATH=. python assets/data/build_eye.py

It takes a quarter of a minute of one core. The bytes depend on how PyTorch's version and the processor sum; another
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


def main() -> None:
    """Train the classifier and write it."""
    dataset = load("mnist")
    classifier = finish(fit(dataset))
    HERE.mkdir(exist_ok=True)
    content = to_bytes(classifier, finish(fingerprint(dataset)))
    write_bytes(HERE / "mnist.safetensors", content)
    print(f"{len(content):,} bytes; names {classifier.accuracy:.2%} of the test images right")


if __name__ == "__main__":
    main()
