"""The federated programs of the experiments."""
