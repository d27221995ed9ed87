"""Short rules, correlations and filters for tests of what surrounds them."""

import json
from typing import Any

SHELL_ID = "11111111-1111-4111-8111-111111111111"
STORM_ID = "22222222-2222-4222-8222-222222222222"
FILTER_ID = "33333333-3333-4333-8333-333333333333"

TESTS = """
x-tests:
  - {name: a shell, match: true, event: {process_exec: {process: {binary: /bin/sh}}}}
  - {name: no shell, match: false, event: {process_exec: {process: {binary: /bin/true}}}}
"""


def rule(
    detection: str = "{selection: {Image|endswith: /sh}, condition: selection}",
    *,
    id: str = SHELL_ID,
    title: str = "A shell",
    name: str = "a_shell",
    level: str = "medium",
    more: str = TESTS,
    logsource: str = "{category: process_creation, product: linux}",
) -> str:
    """A rule as YAML."""
    return (
        f"title: {title}\nid: {id}\nname: {name}\nauthor: Someone\nlevel: {level}\nlogsource: {logsource}\n"
        f"detection: {detection}\n{more.strip()}\n"
    )


def correlation(
    *,
    id: str = STORM_ID,
    rules: str = "[a_shell]",
    group_by: str = "[scope]",
    count: int = 3,
    generate: str = "true",
    level: str = "high",
    more: str = "",
) -> str:
    """An event_count as YAML."""
    return (
        f"title: Many shells\nid: {id}\nname: many_shells\nauthor: Someone\nlevel: {level}\ncorrelation:\n"
        f"  type: event_count\n  rules: {rules}\n  group-by: {group_by}\n  timespan: 1m\n"
        f"  condition: {{gte: {count}}}\n  generate: {generate}\n{more.strip()}\n"
    )


def filter(
    condition: str = "not selection", *, more: str = "", selection: str = "{CommandLine|contains: probe}"
) -> str:
    """A filter of the shell rule as YAML."""
    return (
        f"title: Probes\nid: {FILTER_ID}\nauthor: Someone\nlogsource: {{category: process_creation, product: linux}}\n"
        f"{more}filter:\n  rules: [{SHELL_ID}]\n  selection: {selection}\n  condition: {condition}\n"
    )


def exec_event(binary: str = "/bin/sh", arguments: str = "", **more: Any) -> bytes:
    """An exec as Tetragon writes it."""
    process = {"binary": binary, "arguments": arguments, "pod": {"namespace": "web", "name": "shop-1"}}
    event = {"process_exec": {"process": process}, "node_name": "n1", "time": "2026-11-24T10:00:00Z", **more}
    return json.dumps(event).encode()
