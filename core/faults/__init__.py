"""The program hurt on purpose: kills, full disks, damaged files, storms of commands. One file per subject."""
