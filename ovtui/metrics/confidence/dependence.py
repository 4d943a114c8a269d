"""How far requests that followed each other depend on each other: the design effect, by which a number of requests is
divided to get the number of independent ones that tells as much.

Requests in one burst of load are slow together: a hundred of them say little more than one. So scores are summed over
cells of consecutive requests, and the variance of long blocks of cells is compared with the variance that independent
requests would have. The length of the blocks is found in the data: the autocovariances of the cells are summed up to a
window of five times the correlation time that they give (Sokal's rule for Monte Carlo chains), so blocks are longer
than the longest stretch of requests that is felt as one. The estimate is raised by twice its standard error.

A burst that a run has never seen leaves no trace in it: no rule can know of that."""

from __future__ import annotations

import numpy as np

from ovtui.records.arrays import Floats, Ints

WINDOW_TIMES = 5.0
STANDARD_ERRORS = 2.0


def design_effect(sums: Floats, counts: Floats, variance: Floats) -> Floats:
    """[...] design effects, above 1, of [..., m] sums of a score over cells with [..., m] requests each. `variance`:
    [...] the variance of one request's score. A score that does not vary tells nothing of dependence: its effect is 1,
    raised by the error."""
    total = counts.sum(axis=-1) * variance
    long_run, error = long_run_variance(sums, counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.where(total > 0, long_run / total, 1.0)
    raised: Floats = np.maximum(effect, 1.0) * (1 + STANDARD_ERRORS * error)
    return raised


def long_run_variance(sums: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Of [..., m] sums over cells with [..., m] requests: [...] the variance of their total, and the standard error of
    that, as a share of it. The error is the larger one of what independent normal blocks would have and of what these
    blocks have by their fourth powers: few bursts make a variance of which little is known."""
    n = counts.sum(axis=-1, keepdims=True)
    mean = sums.sum(axis=-1, keepdims=True) / np.maximum(n, 1)
    rest = sums - mean * counts
    m = rest.shape[-1]
    size = 1 << (2 * m - 1).bit_length()
    spectrum = np.fft.rfft(rest, size, axis=-1)
    covariance = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size, axis=-1)[..., :m]
    own = covariance[..., :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(own > 0, (2 * np.cumsum(covariance, axis=-1) - own) / own, 1.0)
    wide = np.arange(m) >= WINDOW_TIMES * times
    wide[..., -1] = True
    window = wide.argmax(axis=-1)
    time = np.take_along_axis(times, window[..., None], axis=-1)[..., 0]
    cells = np.maximum(np.count_nonzero(counts, axis=-1), 1)
    error = np.maximum(np.sqrt(2 * (2 * window + 1) / cells), _error_of_blocks(rest, np.maximum(window, 1)))
    return np.maximum(time, 0.0) * own[..., 0], error


def _error_of_blocks(rest: Floats, window: Ints) -> Floats:
    """The standard error of the sum of squares of blocks of `window` cells, as a share of it; 0 where all are 0."""
    m = rest.shape[-1]
    sums = np.concatenate((np.zeros((*rest.shape[:-1], 1)), np.cumsum(rest, axis=-1)), axis=-1)
    ends = np.minimum(np.arange(m) + window[..., None], m)
    blocks = (np.take_along_axis(sums, ends, axis=-1) - sums[..., :-1]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt((blocks**2).sum(axis=-1) * window) / blocks.sum(axis=-1)
    known: Floats = np.nan_to_num(error)
    return known
