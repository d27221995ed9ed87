"""The single words of Tetragon's one text of arguments, as far as they can be told apart."""

from collections.abc import Iterator

_MAX_CHARACTERS = 36 * 1024
"""Of the arguments, that are taken apart."""


def words(arguments: str, place: int) -> tuple[str, ...]:
    """Word *place*, from 1; empty where there is none, or an empty one.

    Arguments are joined by one space, and one with a space in it stands in quotes, but quotes within it are not
    escaped: an argument that holds both is taken apart wrongly.
    """
    for number, word in enumerate(_split(arguments[:_MAX_CHARACTERS]), 1):
        if number == place:
            return (word,) if word else ()
    return ()


def _split(arguments: str) -> Iterator[str]:
    # a first argument in quotes comes with a blank in front
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
