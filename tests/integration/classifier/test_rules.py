"""Rules judge, are loaded anew while events run, and what correlations count is stored before its alert."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tocsin.bus import Bus, Message, streams
from tocsin.classifier import policy_set, service
from tocsin.classifier.settings import Settings
from tocsin.model import alert as alerts
from tocsin.model import rule_report, signal, subjects
from tocsin.model.alert import Alert
from tocsin.model.rule_report import RuleReport
from tocsin.runtime.policy_files import Policies

from support.buses import opened, running
from support.classifier_harness import offer
from support.server import NatsServer
from support.waiting import until

SEVERITY = "profiles:\n  default:\n    - {severity: low, name: rest, reason: The rest.}\n"
SHELL = """
title: Shell started
id: shell
status: stable
level: {level}
logsource: {{category: process_creation, product: linux}}
detection:
  selection: {{Image|endswith: /sh}}
  condition: selection
"""
COUNTED = """
title: Many shells
id: many
level: high
correlation:
  type: event_count
  rules: [shell]
  group-by: [pod.name]
  timespan: 10s
  condition: {gte: 3}
  generate: true
"""


def shell(number: int, *, binary: str = "/bin/sh") -> bytes:
    pod = {"namespace": "shop", "name": "web-1"}
    process = {"exec_id": f"e{number}", "pid": number + 1, "binary": binary, "pod": pod}
    return msgspec.json.encode(
        {"process_exec": {"process": process}, "node_name": "n1", "time": f"2026-11-24T10:00:00.{number:09d}Z"}
    )


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """A folder of policies with one rule."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "severity.yaml").write_text(SEVERITY)
    (tmp_path / "rules" / "shell.yml").write_text(SHELL.format(level="high"))
    return tmp_path


@asynccontextmanager
async def judging(server: NatsServer, folder: Path) -> AsyncIterator[Bus]:
    """A classifier that judges by what *folder* holds."""
    own, reader = Settings(policies=str(folder)), Policies(str(folder))
    first = policy_set.build(reader.read(), "default")
    async with (
        opened(server, "classifier") as bus,
        running(lambda stop: service.run(bus, reader, first, own, stop)),
    ):
        yield bus


async def stored(admin: Bus, stream: str, count: int) -> list[Message]:
    """All messages of *stream*, once there are *count*."""

    async def there() -> bool:
        return (await admin.stream(stream)).state.last_seq >= count

    await until(there)
    found: list[Message] = []
    await admin.read(stream, found.append, filters=[])
    return found


async def judged(admin: Bus, count: int) -> list[Alert]:
    return [alerts.decode(message.payload) for message in await stored(admin, streams.ALERTS, count)]


async def test_a_rule_raises_the_severity_and_names_the_alert(declared: NatsServer, policies: Path) -> None:
    async with (
        opened(declared, "admin") as admin,
        opened(declared, "collector") as collector,
        judging(declared, policies),
    ):
        await offer(collector, [shell(0), shell(1, binary="/bin/ls")])
        found = await stored(admin, streams.ALERTS, 2)
    by_id = {alerts.decode(m.payload).process: (m.subject, alerts.decode(m.payload)) for m in found}
    subject, alert = by_id["/bin/sh"]
    assert subject == "alerts.high.c1.shop.shell_started"
    assert (alert.severity, alert.base_severity, alert.severity_from) == ("high", "low", "rule:shell")
    assert [(m.field, m.value) for m in alert.rules[0].matched] == [("Image", "/bin/sh")]
    assert by_id["/bin/ls"][0] == "alerts.low.c1.shop.execve"


async def test_a_signal_is_stored_before_its_alert(declared: NatsServer, policies: Path) -> None:
    (policies / "rules" / "many.yml").write_text(COUNTED)
    lines = [shell(n) for n in range(50)] + [shell(n, binary="/bin/ls") for n in range(50)]
    async with (
        opened(declared, "admin") as admin,
        opened(declared, "collector") as collector,
        judging(declared, policies),
    ):
        await offer(collector, lines)
        messages = await stored(admin, streams.ALERTS, 100)
        signals = await stored(admin, streams.SIGNALS, 1)
    at = {one.id: (message.stored_ns, one) for message in signals for one in signal.decode(message.payload)}
    shells = {m.id: m for m in messages if alerts.decode(m.payload).process == "/bin/sh"}
    assert at.keys() == shells.keys()
    assert len(signals) < len(shells), "they travel together"
    for id, message in shells.items():
        alert = alerts.decode(message.payload)
        assert at[id][0] <= message.stored_ns
        assert alert.signals == ("shell",)
        assert at[id][1].values["pod.name"] == "web-1"


async def test_a_changed_rule_judges_within_seconds_and_a_broken_one_judges_on(
    declared: NatsServer, policies: Path
) -> None:
    books: list[RuleReport] = []

    def hear(_: str, payload: bytes) -> None:
        books.append(rule_report.decode(payload))

    async with (
        opened(declared, "admin") as admin,
        opened(declared, "gateway") as gateway,
        opened(declared, "collector") as collector,
    ):
        await gateway.subscribe(subjects.ALL_RULES, hear)
        async with judging(declared, policies):
            await offer(collector, [shell(0)])
            assert (await judged(admin, 1))[-1].severity == "high"
            (policies / "rules" / "shell.yml").write_text(SHELL.format(level="critical"))
            await until(lambda: len({book.hash for book in books}) == 2, timeout_s=20)
            await offer(collector, [shell(1)])
            assert (await judged(admin, 2))[-1].severity == "critical"
            (policies / "rules" / "shell.yml").write_text("title: [\n")
            (policies / "rules" / "other.yml").write_text(SHELL.format(level="low").replace("id: shell", "id: other"))
            await until(lambda: bool(books[-1].problems), timeout_s=20)
            await offer(collector, [shell(2)])
            last = (await judged(admin, 3))[-1]
    assert last.severity == "critical"
    assert {hit.id for hit in last.rules} == {"shell", "other"}
    [problem] = books[-1].problems
    assert problem.file.endswith("shell.yml")
    assert problem.line == 2
    assert problem.kept


async def test_no_event_is_left_out_while_rules_change_under_load(declared: NatsServer, policies: Path) -> None:
    async with (
        opened(declared, "admin") as admin,
        opened(declared, "collector") as collector,
        judging(declared, policies),
    ):
        for turn in range(5):
            (policies / "rules" / "shell.yml").write_text(SHELL.format(level=("high", "critical")[turn % 2]))
            await offer(collector, [shell(turn * 200 + n) for n in range(200)])
            await asyncio.sleep(0)
        found = await judged(admin, 1000)
    assert len({alert.id for alert in found}) == len(found) == 1000
    assert {alert.severity for alert in found} <= {"high", "critical"}
