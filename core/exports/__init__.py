"""What leaves the program: one file per format. Nothing here trains, and no file here knows of the command line."""
