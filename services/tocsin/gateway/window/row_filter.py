"""Filters on rows of the live window: what decides is remembered for all rows that have their fields in common."""

from operator import attrgetter
from weakref import WeakValueDictionary

from tocsin.gateway.window.rows import Row, SharedFields
from tocsin.model.alert_row import FIELDS
from tocsin.model.filter import Filter

_REMEMBERED = 5_000
_SHARED_TEXTS = tuple(field.values for field in FIELDS.values() if field.use.text and not field.own)
_own_texts = attrgetter(*(name for name, field in FIELDS.items() if field.use.text and field.own))


def shared(filter_: Filter) -> bool:
    """Whether rows with the same shared fields pass or fail together, so that no scan is needed."""
    return not filter_.words and not any(FIELDS[values.field].own for values in filter_.fields)


def matcher(filter_: Filter) -> "Matcher | None":
    """A test for rows; ``None`` if every row passes."""
    return Matcher(filter_) if filter_.fields or filter_.words else None


class Matchers:
    """One matcher for equal filters, while any client uses it; for one thread."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Filter, Matcher] = WeakValueDictionary()

    def of(self, filter_: Filter) -> "Matcher | None":
        """The filter's matcher; ``None`` if every row passes."""
        known = self._known.get(filter_)
        if known is None and (known := matcher(filter_)) is not None:
            self._known[filter_] = known
        return known


class Matcher:
    """A test for rows."""

    def __init__(self, filter_: Filter) -> None:
        fields = [(values, FIELDS[values.field]) for values in filter_.fields]
        self._shared = [(values.allow, field.values) for values, field in fields if not field.own]
        self._own = [(values.allow, field.values) for values, field in fields if field.own]
        self._words = filter_.words
        self._remembered: dict[SharedFields, tuple[str, ...] | None] = {}

    def __call__(self, row: Row) -> bool:
        """Whether the row passes."""
        shape = row.shape
        words = self._remembered[shape] if shape in self._remembered else self._decide(shape)
        if words is None:
            return False
        if words:
            text = "\n".join(_own_texts(row)).lower()
            if not all(word in text for word in words):
                return False
        return all(allow(values(row)) for allow, values in self._own) if self._own else True

    def shape(self, shape: SharedFields) -> bool:
        """Whether rows with these fields may pass."""
        return (self._remembered[shape] if shape in self._remembered else self._decide(shape)) is not None

    def _decide(self, shape: SharedFields) -> tuple[str, ...] | None:
        """The words that a row's own text must still have; ``None`` if no row with these fields passes."""
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        words: tuple[str, ...] | None = None
        if all(allow(values(shape)) for allow, values in self._shared):
            text = self._words and "\n".join(value for values in _SHARED_TEXTS for value in values(shape)).lower()
            words = tuple(word for word in self._words if word not in text)
        self._remembered[shape] = words
        return words
