"""Replaces secrets in a line before it is published.

In: the bytes of a line, an event or not. Out: the same bytes with each secret as ``*****``.
Promise: bytes that cannot be searched are not passed on; bytes that are not secret do not change.
"""

from tocsin.collector.redaction.custom_patterns import CustomPatterns, parse
from tocsin.collector.redaction.factory import make
from tocsin.collector.redaction.finder import CLASSES
from tocsin.collector.redaction.redactor import Redacted, Redactor

__all__ = ["CLASSES", "CustomPatterns", "Redacted", "Redactor", "make", "parse"]
