"""The catalogue of programs: one for every form of the language."""
