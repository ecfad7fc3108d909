"""Two estimators of one gradient."""
