"""Shared by all rooms: array types, knobs, the registry, user errors, files. Imports numpy and nothing of ours."""
