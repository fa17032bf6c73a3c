"""What an emitted module has of the user's own: code, word for word, imports, classes."""
