"""What everything stands on: arrays, knobs, the registry, user errors, files. Imports numpy and nothing of ours."""
