"""What correlations remember: signals in, firings out, and a state that is a function of the stream alone."""

from tocsin.sigma.correlation.engine import CorrelationEngine, horizon_ns, silent
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.group_keys import firing_id
from tocsin.sigma.correlation.tracker import Counts

__all__ = ["CorrelationEngine", "Counts", "Firing", "firing_id", "horizon_ns", "silent"]
