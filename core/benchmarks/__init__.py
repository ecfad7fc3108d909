"""Speed of our training step relative to plain PyTorch loops, and the targets of ``bench``."""
