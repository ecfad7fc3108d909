"""A lane's next training step, stage by stage."""
