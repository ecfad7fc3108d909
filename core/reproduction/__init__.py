"""Published settings trained again, and our numbers beside the published ones."""
