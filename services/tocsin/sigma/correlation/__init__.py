"""The correlation engine: signals in, firings out, with a state that depends only on the stream."""

from tocsin.sigma.correlation.engine import CorrelationEngine, horizon_ns, silent_ids
from tocsin.sigma.correlation.firing import Firing
from tocsin.sigma.correlation.group_keys import firing_id
from tocsin.sigma.correlation.tracker import Counts

__all__ = ["CorrelationEngine", "Counts", "Firing", "firing_id", "horizon_ns", "silent_ids"]
