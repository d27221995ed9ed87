"""One event as rules see it: the values of its fields, each made when a rule first asks, and once."""

from collections.abc import Callable, Mapping

from tocsin.model.event import Event
from tocsin.model.subjects import EVENT_KINDS
from tocsin.sigma.fields import hooks, network, process
from tocsin.sigma.fields.event_view import LONGEST, EventView
from tocsin.sigma.fields.lazy import Values
from tocsin.sigma.fields.names import ALIASES, FIELDS, canonical

_EXTRACTS: dict[str, Callable[[EventView], Values]] = {**process.EXTRACTS, **hooks.EXTRACTS, **network.EXTRACTS}
_FORMS = {"CommandLine.whole": "CommandLine", "ParentCommandLine.whole": "ParentCommandLine"}
"""Names that no rule may use, for the one form of a field that holds the other."""
_BY_KIND = {
    kind: {
        name: _EXTRACTS[canonical(name)]
        for name in (*_EXTRACTS, *ALIASES)
        if kind in FIELDS[_FORMS.get(canonical(name), canonical(name))].kinds
    }
    for kind in EVENT_KINDS
}
"""A field has no value in an event whose kind is none of its own."""
_CUT = frozenset({"CommandLine", "CommandLine.whole", "ParentCommandLine", "ParentCommandLine.whole"})
"""Made of texts that are cut already."""
_PREFIXED: dict[str, Callable[[EventView, str], Values]] = {**process.PREFIXED, "arg.": hooks.labelled}

Look = Callable[[str], dict[str, bool]]
"""Tells of many texts whether they stand in one."""
_NO_LOOKS: dict[str, Look] = {}


class EventRecord(EventView):
    """What rules are held against."""

    __slots__ = ("_extracts", "_folded", "_found", "_values", "looks", "passed", "raw")

    def __init__(self, event: Event, raw: bytes, cluster: str, node: str) -> None:
        super().__init__(event, cluster, node)
        self.raw = raw
        self._extracts = _BY_KIND[event.kind]
        self._values: dict[str, Values] = {}
        self._folded: dict[str, Values] = {}
        self._found: dict[str, dict[str, bool]] = {}
        self.looks: Mapping[str, Look] = _NO_LOOKS
        """For fields that may be long, how to look for all that rules want of them at once."""
        self.passed: dict[str, bool] = {}
        """Filters that were held against it, by id."""

    @classmethod
    def of(cls, event: Event, raw: bytes, *, cluster: str = "", node: str = "") -> "EventRecord":
        """*event*, of the bytes *raw*, where the collector says it happened (else where it says so itself)."""
        return cls(event, raw, cluster or event.cluster, node or event.node)

    def set(self, field: str, values: Values) -> None:
        """Give a field that no event has its values, for conditions that are about more than the event."""
        self._values[field] = values
        self._folded.pop(field, None)

    def values(self, field: str) -> Values:
        """The texts of *field*, cut to what rules see; empty where the event has none."""
        found = self._values.get(field)
        return self._extract(field) if found is None else found

    def folded(self, field: str) -> Values:
        """The same in lower case."""
        found = self._folded.get(field)
        if found is None:
            values = self._values.get(field)
            if values is None:
                values = self._extract(field)
            found = (values[0].lower(),) if len(values) == 1 else tuple([value.lower() for value in values])
            self._folded[field] = found
        return found

    def contains(self, field: str, text: str, wanted: str) -> bool:
        """Whether *wanted* stands in *text*, the one long text of *field* in lower case; looked for once."""
        known = self._found.get(field)
        if known is None:
            look = self.looks.get(field)
            known = self._found[field] = look(text) if look is not None else {}
        found = known.get(wanted)
        if found is None:
            found = known[wanted] = wanted in text
        return found

    def _extract(self, field: str) -> Values:
        extract = self._extracts.get(field)
        found = extract(self) if extract is not None else self._prefixed(field)
        for value in found:
            if len(value) > LONGEST and field not in _CUT:
                found = tuple(map(self.cut, found))
                break
        self._values[field] = found
        return found

    def _prefixed(self, field: str) -> Values:
        if field in _EXTRACTS:
            return ()
        for prefix, extract in _PREFIXED.items():
            if field.startswith(prefix) and self.kind in FIELDS[prefix].kinds:
                return extract(self, field.removeprefix(prefix))
        return ()
