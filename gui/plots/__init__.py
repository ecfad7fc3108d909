"""Plots that people zoom, pan, read and take away: pyqtgraph's items in one frame of ours; no panel and no run."""
