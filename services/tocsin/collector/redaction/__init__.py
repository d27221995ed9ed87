"""Secrets in a line are replaced before anything is published.

In: the bytes of a line, an event or not. Out: the same bytes with each secret as ``*****``.
Promise: what cannot be looked at is not let through; bytes that are no secret are not touched.
"""

from tocsin.collector.redaction.custom_patterns import CustomPatterns, parse
from tocsin.collector.redaction.factory import make
from tocsin.collector.redaction.finder import CLASSES
from tocsin.collector.redaction.redactor import Redacted, Redactor

__all__ = ["CLASSES", "CustomPatterns", "Redacted", "Redactor", "make", "parse"]
