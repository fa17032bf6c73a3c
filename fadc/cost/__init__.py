"""What a program and its derivatives cost, for each mode and policy, before anything runs."""
