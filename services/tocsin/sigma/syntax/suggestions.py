"""What a misspelt word most likely meant, by the names that the parsers use."""

from tocsin.model.text import nearest as near
from tocsin.model.text import suggest as hint

__all__ = ["hint", "near"]
