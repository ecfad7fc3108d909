"""What can be read off one snapshot. A look's file holds its request, its result type and how the result is made."""
