"""One training step, recorded and narrated stage by stage."""
