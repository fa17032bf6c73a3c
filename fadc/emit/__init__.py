"""Writes results: Python modules, diagnostics and reports."""
