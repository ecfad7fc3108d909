"""The Information tab: what is computed is in `core`, what is shared by the cards is in `symbols` and `curves`."""
