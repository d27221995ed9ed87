"""correlator: finds over time what no single event shows.

In: signals of SIGNALS, in stream order. Out: a record in RAISED, then an alert, each under an id made of rule, key and
the completing signal.
Promise: killed at any time, it neither loses nor repeats an alert, and it reports what it could not see.
"""
