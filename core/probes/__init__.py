"""What can be read off one snapshot. Each file owns its result type."""
