"""What correlations remember: signals in, firings out, and a state that is a function of the stream alone."""

from tocsin.sigma.windows.firing import Firing
from tocsin.sigma.windows.keys import firing_id
from tocsin.sigma.windows.track import Counts
from tocsin.sigma.windows.windows import Windows, horizon_ns, silent

__all__ = ["Counts", "Firing", "Windows", "firing_id", "horizon_ns", "silent"]
