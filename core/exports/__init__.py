"""What leaves the program: models, codes and texts in other programs' formats. Each is read again before it is done."""
