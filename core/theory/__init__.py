"""Pure functions of arrays, each with its source. No torch, no datasets, no state."""
