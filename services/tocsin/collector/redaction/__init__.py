"""Secrets in a line are replaced before anything is published.

In: the bytes of a line, an event or not. Out: the same bytes with each secret as ``*****``.
Promise: what cannot be looked at is not let through; bytes that are no secret are not touched.
"""

from tocsin.collector.redaction.finding import CLASSES
from tocsin.collector.redaction.making import make
from tocsin.collector.redaction.own import Own, parse
from tocsin.collector.redaction.redactor import Redacted, Redactor

__all__ = ["CLASSES", "Own", "Redacted", "Redactor", "make", "parse"]
