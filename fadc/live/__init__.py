"""Derivatives of function objects, for notebooks and scripts."""
