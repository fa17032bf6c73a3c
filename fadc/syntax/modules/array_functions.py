"""The last names of array functions that would combine clients if given client values."""

NONLINEAR = frozenset(
    """
    max min amax amin nanmax nanmin median nanmedian sort argsort argmax argmin nanargmax
    nanargmin percentile quantile nanpercentile nanquantile unique any all prod sorted top_k
    partition logsumexp softmax log_softmax std var nanstd nanvar norm ptp mode cov corrcoef
    nanprod cumprod cummax cummin histogram bincount digitize searchsorted nonzero
    flatnonzero argwhere count_nonzero argpartition lexsort reduce_max reduce_min pmax pmin
    """.split()
)
"""Functions that no sum or mean over clients can compute."""

LINEAR = frozenset(
    """
    sum mean average nansum nanmean cumsum dot vdot tensordot einsum trace reduce_sum psum
    pmean
    """.split()
)
"""Sums and means, which an aggregate can replace."""
