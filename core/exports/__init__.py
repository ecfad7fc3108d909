"""What leaves the program, in formats of others: models, codes, texts, films. Each is read again before it is done."""
