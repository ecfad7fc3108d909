"""Sweeps in the window: one that is open, also while it grows, and a new one of a lane's knob."""
