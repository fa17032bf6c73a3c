"""Emitted derivatives run and are compared with JAX's."""
