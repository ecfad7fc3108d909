"""How the program is installed: as one name among Python's packages, and as a folder that brings its own Python."""
