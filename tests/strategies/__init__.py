"""Hypothesis strategies for federated programs."""
