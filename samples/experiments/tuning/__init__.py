"""The parts of `samples.experiments.self_tuning`."""
