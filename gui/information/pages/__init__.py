"""The pages of the Information tab: one folder each, whose ``page.py`` registers it. No page imports another."""
