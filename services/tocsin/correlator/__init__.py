"""correlator: counts over time what no single event shows.

In: signals of SIGNALS, in stream order. Out: a record in RAISED, then an alert, each under an id made of rule, key and
completing signal.
Promise: killed at any time it neither loses nor doubles an alert; what it could not see is said.
"""
