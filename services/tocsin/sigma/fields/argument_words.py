"""The single words of Tetragon's text of arguments, as far as they can be separated."""

from collections.abc import Iterator

_MAX_CHARACTERS = 36 * 1024
"""Part of the arguments that is split."""


def words(arguments: str, place: int) -> tuple[str, ...]:
    """Word number *place*, from 1; no values if it is missing or empty.

    Arguments are joined by one space, and an argument with a space is quoted, but quotes within it are not escaped: an
    argument with both is split wrongly.
    """
    for number, word in enumerate(_split(arguments[:_MAX_CHARACTERS]), 1):
        if number == place:
            return (word,) if word else ()
    return ()


def _split(arguments: str) -> Iterator[str]:
    # a first argument in quotes has a space in front
    start = 1 if arguments.startswith(' "') else 0
    while start < len(arguments):
        if arguments[start] == '"':
            end = arguments.find('" ', start + 1)
            if end < 0 and arguments.endswith('"') and len(arguments) > start + 1:
                end = len(arguments) - 1
            if end >= 0:
                yield arguments[start + 1 : end]
                start = end + 2
                continue
        end = arguments.find(" ", start)
        if end < 0:
            end = len(arguments)
        yield arguments[start:end]
        start = end + 1
