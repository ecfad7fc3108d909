"""A lesson's file, its reader and checker, and one person's way through it."""
