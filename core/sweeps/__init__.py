"""Sweeps: many runs by one plan, on processes or on Ray, and what comes of them."""
