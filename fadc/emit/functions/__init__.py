"""Derived local functions, at the top of an emitted module."""
