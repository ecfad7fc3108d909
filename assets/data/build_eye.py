"""Rebuild assets/data/eye: the classifier of MNIST, taught by the program's own `core.eye.teach`.

    PYTHONPATH=. python assets/data/build_eye.py

It takes a quarter of a minute of one core. The bytes depend on how PyTorch's version and the processor sum; another
machine's classifier differs in the last digits, and its measures a little.
"""

from __future__ import annotations

from pathlib import Path

from core.datasets.base import load
from core.eye import teach
from core.features import fingerprint, packed
from core.runfolder import write_bytes
from core.work import finish

HERE = Path(__file__).resolve().parent / "eye"


def main() -> None:
    """Teach and write."""
    dataset = load("mnist")
    eye = finish(teach(dataset))
    HERE.mkdir(exist_ok=True)
    content = packed(eye, finish(fingerprint(dataset)))
    write_bytes(HERE / "mnist.safetensors", content)
    print(f"{len(content):,} bytes; names {eye.accuracy:.2%} of the test images right")


if __name__ == "__main__":
    main()
