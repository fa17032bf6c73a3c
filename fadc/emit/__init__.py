"""Writes emitted modules: from the IR of derivatives to Python text."""
