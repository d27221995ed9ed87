"""One event as rules see it: the values of its fields, each computed once, when a rule first needs it."""

from collections.abc import Callable, Mapping

from tocsin.model.event import Event
from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields import hooks, network, process
from tocsin.sigma.fields.event_view import LONGEST, EventView
from tocsin.sigma.fields.lazy import Values
from tocsin.sigma.fields.names import ALIASES, FIELDS, canonical

_EXTRACTS: dict[str, Callable[[EventView], Values]] = {**process.EXTRACTS, **hooks.EXTRACTS, **network.EXTRACTS}
_FORMS = {"CommandLine.whole": "CommandLine", "ParentCommandLine.whole": "ParentCommandLine"}
"""Internal names for the form of a field that contains the other form."""
_BY_KIND = {
    kind: {
        name: _EXTRACTS[canonical(name)]
        for name in (*_EXTRACTS, *ALIASES)
        if kind in FIELDS[_FORMS.get(canonical(name), canonical(name))].kinds
    }
    for kind in EVENT_KINDS
}
"""A field has values only in events of its kinds."""
_CUT = frozenset({"CommandLine", "CommandLine.whole", "ParentCommandLine", "ParentCommandLine.whole"})
"""Composed of texts that are cut already."""
_PREFIXED: dict[str, Callable[[EventView, str], Values]] = {**process.PREFIXED, "arg.": hooks.labelled}

LiteralSearch = Callable[[str], dict[str, bool]]
"""Searches a text for many literals at once: literal to whether it occurs."""
_NO_SEARCHES: dict[str, LiteralSearch] = {}


class EventRecord(EventView):
    """The record that rules are matched against."""

    __slots__ = ("_extracts", "_folded", "_found", "_values", "passed", "raw", "searches")

    def __init__(self, event: Event, raw: bytes, cluster: str, node: str) -> None:
        super().__init__(event, cluster, node)
        self.raw = raw
        self._extracts = _BY_KIND[event.kind]
        self._values: dict[str, Values] = {}
        self._folded: dict[str, Values] = {}
        self._found: dict[str, dict[str, bool]] = {}
        self.searches: Mapping[str, LiteralSearch] = _NO_SEARCHES
        """For fields with long texts: searches for all literals of all rules at once."""
        self.passed: dict[str, bool] = {}
        """Results of filters, by id."""

    @classmethod
    def of(cls, event: Event, raw: bytes, *, cluster: str = "", node: str = "") -> "EventRecord":
        """*event* with its bytes *raw*; cluster and node are the collector's, else the event's own."""
        return cls(event, raw, cluster or event.cluster, node or event.node)

    def set(self, field: str, values: Values) -> None:
        """Set the values of a field that events do not have, for conditions on more than the event."""
        self._values[field] = values
        self._folded.pop(field, None)

    def values(self, field: str) -> Values:
        """The values of *field*, cut to the length that rules see; empty if the event has none."""
        values_ = self._values.get(field)
        return self._extract(field) if values_ is None else values_

    def folded(self, field: str) -> Values:
        """The values of *field* in lower case."""
        folded = self._folded.get(field)
        if folded is None:
            values = self._values.get(field)
            if values is None:
                values = self._extract(field)
            folded = (values[0].lower(),) if len(values) == 1 else tuple([value.lower() for value in values])
            self._folded[field] = folded
        return folded

    def contains(self, field: str, text: str, wanted: str) -> bool:
        """Whether *wanted* stands in *text*, the one long text of *field* in lower case; looked for once."""
        results = self._found.get(field)
        if results is None:
            search = self.searches.get(field)
            results = self._found[field] = search(text) if search is not None else {}
        result = results.get(wanted)
        if result is None:
            result = results[wanted] = wanted in text
        return result

    def _extract(self, field: str) -> Values:
        extract = self._extracts.get(field)
        values = extract(self) if extract is not None else self._prefixed(field)
        for value in values:
            if len(value) > LONGEST and field not in _CUT:
                values = tuple(map(self.cut, values))
                break
        self._values[field] = values
        return values

    def _prefixed(self, field: str) -> Values:
        if field in _EXTRACTS:
            return ()
        for prefix, extract in _PREFIXED.items():
            if field.startswith(prefix) and self.kind in FIELDS[prefix].kinds:
                return extract(self, field.removeprefix(prefix))
        return ()
