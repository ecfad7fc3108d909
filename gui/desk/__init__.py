"""What pages share: experiment, point, clock, choices."""
