"""The parts of `samples.experiments.learned_weighting`."""
