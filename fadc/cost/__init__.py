"""The costs of a program and its derivatives, for each mode and residual policy, without a run."""
