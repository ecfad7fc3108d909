"""Torch layers, losses and optimisers, independent of configs and datasets."""
