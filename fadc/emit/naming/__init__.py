"""The names in a computation: chosen from the IR, before anything is written."""
