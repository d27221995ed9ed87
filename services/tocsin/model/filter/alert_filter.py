"""Whether a whole alert passes a filter; `gateway.window.row_filter` does the same for rows of the live window."""

from typing import Any

from tocsin.model.alert import Alert, Summary
from tocsin.model.alert_row import FIELDS
from tocsin.model.filter.grammar import Filter

_TEXTS = tuple(field.values for field in FIELDS.values() if field.use.text)


class _View:
    """The alert with the names of its rules, as rows have them."""

    def __init__(self, alert: Alert | Summary) -> None:
        self._alert = alert
        self.rules = tuple(rule.id for rule in alert.rules)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._alert, name)


def passes(filter_: Filter, alert: Alert | Summary) -> bool:
    """Whether the alert passes the filter."""
    view = _View(alert)
    if not all(values.allow(FIELDS[values.field].values(view)) for values in filter_.fields):
        return False
    if not filter_.words:
        return True
    text = "\n".join(value for values in _TEXTS for value in values(view)).lower()
    return all(word in text for word in filter_.words)
