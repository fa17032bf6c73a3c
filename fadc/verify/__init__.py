"""Runs an emitted derivative and compares it with JAX's own."""
