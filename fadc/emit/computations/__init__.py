"""Derived computations: their signatures, and their statements in the order of the operations."""
