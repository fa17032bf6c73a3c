"""What an emitted module takes from the user's: code, word for word, imports, classes."""
