"""The tests of fadc."""
