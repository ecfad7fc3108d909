"""What leaves: models, codes, texts, reports. What other programs are to read is read again before it is done."""
