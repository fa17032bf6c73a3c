"""From a program and a request to the IR of its derivatives."""
