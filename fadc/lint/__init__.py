"""Checks of local functions: what breaks traces, derivatives or the separation of clients."""
