"""Window, bars, commands, start."""
