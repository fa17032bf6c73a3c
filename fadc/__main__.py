"""`python -m fadc`."""

from fadc.cli import main

main()
