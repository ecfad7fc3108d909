"""What leaves: models, codes, texts, films, reports. What is for other programs is read again before it is done."""
