"""The Information tab, and what its pages share."""
