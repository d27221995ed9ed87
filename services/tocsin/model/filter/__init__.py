"""The filter grammar: what a client wants to see, as it travels in JSON and in addresses, and which alerts pass."""

from tocsin.model.filter.grammar import (
    EVERYTHING,
    EXCLUDES,
    FIELDS,
    MAX_CHARACTERS,
    MAX_VALUES,
    OLD_NAMES,
    Filter,
    FilterError,
    Values,
    old_names,
    parse,
    signed,
    unsigned,
    words,
    write,
)

__all__ = (
    "EVERYTHING", "EXCLUDES", "FIELDS", "MAX_CHARACTERS", "MAX_VALUES", "OLD_NAMES", "Filter", "FilterError", "Values",
    "old_names", "parse", "signed", "unsigned", "words", "write",
)  # fmt: skip
