"""Pure functions from arrays to numbers, each with its source. No torch modules, no data, no state."""
