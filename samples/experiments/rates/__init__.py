"""The parts of `samples.experiments.layer_rates`."""
