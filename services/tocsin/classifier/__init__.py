"""Every event becomes exactly one alert.

In: ``EVENTS`` through the durable ``classifier``, any number of replicas. Out: ``ALERTS``, or ``DEAD_CLASSIFIER`` with
a reason. Promise: an event is acknowledged only once its alert is stored, and no event has two alerts.
"""
