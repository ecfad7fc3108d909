"""Torch layers, losses and update rules. They know no knob and no data."""
