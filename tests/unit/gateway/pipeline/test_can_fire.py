"""Whether a rule can match anything here, in words that say what to do."""

from tocsin.gateway.pipeline import can_fire
from tocsin.gateway.pipeline.can_fire import CanFire
from tocsin.gateway.pipeline.event_kinds import KindSummary
from tocsin.model.rule_report import RuleState

CALLS = ("kprobe", "lsm", "tracepoint")


def seen(*counted: tuple[str, str, int], host: int = 0) -> KindSummary:
    own = KindSummary()
    for kind, function, n in counted:
        own.add(kind, function, n, host=False)
    own.host = host
    return own


def rule(**fields: object) -> RuleState:
    return RuleState(**{"id": "r1", "title": "R", "level": "high", **fields})  # type: ignore[arg-type]


MANY = seen(("exec", "execve", 5_000))


def test_what_has_matched_can_fire_whatever_else_is_known() -> None:
    assert can_fire.assess_rule(rule(hits=1, kinds=("loader",)), KindSummary()).is_ == "yes"


def test_before_the_first_event_nothing_is_known() -> None:
    found = can_fire.assess_rule(rule(kinds=("exec",)), KindSummary())
    assert (found.is_, found.why) == ("unknown", "no event has come yet")


def test_a_rule_whose_kind_comes_can_fire() -> None:
    assert can_fire.assess_rule(rule(kinds=("exec",)), MANY).is_ == "yes"
    assert can_fire.assess_rule(rule(), MANY).is_ == "yes"


def test_a_kind_that_never_came_among_many_events_is_a_no_and_says_what_to_set() -> None:
    hidden = can_fire.assess_rule(rule(kinds=("loader",)), MANY)
    assert hidden.is_ == "no"
    assert "never seen: events of kind loader" in hidden.why
    assert "tetragon.exportAllowList" in hidden.why
    assert "TracingPolicy" in can_fire.assess_rule(rule(kinds=("lsm",)), MANY).why
    few = can_fire.assess_rule(rule(kinds=("loader",)), seen(("exec", "execve", 5)))
    assert few.is_ == "unknown"
    assert "only 5 events have come so far" in few.why


def test_a_function_that_never_came_is_unknown_where_others_of_its_kind_come() -> None:
    connect = rule(kinds=CALLS, hooks=("tcp_connect", "socket_connect"))
    assert can_fire.assess_rule(connect, seen(("kprobe", "security_socket_connect", 1))).is_ == "yes"
    other = can_fire.assess_rule(connect, seen(("kprobe", "setns", 5_000)))
    assert other.is_ == "unknown"
    assert "never seen: events of tcp_connect or socket_connect" in other.why
    assert can_fire.assess_rule(connect, MANY).is_ == "no"


def test_hooks_are_compared_as_events_call_them() -> None:
    for hook, kind, function in (
        ("sched/sched_process_fork", "tracepoint", "sched_process_fork"),
        ("syscalls/sys_enter_openat", "tracepoint", "openat"),
        ("/bin/bash:readline", "uprobe", "readline"),
        ("__x64_sys_setuid", "kprobe", "setuid"),
    ):
        assert can_fire.assess_rule(rule(kinds=(kind,), hooks=(hook,)), seen((kind, function, 1))).is_ == "yes"


def test_a_rule_that_starts_of_programs_feed_needs_no_hook() -> None:
    assert can_fire.assess_rule(rule(kinds=("exec",), hooks=("path_chmod",)), MANY).is_ == "yes"


def test_a_rule_on_host_processes_cannot_fire_where_the_agent_hides_them() -> None:
    hosts = rule(kinds=("exec",), host_only=True)
    found = can_fire.assess_rule(hosts, MANY)
    assert found.is_ == "no"
    assert found.why.startswith("never seen: host processes. Tetragon's chart hides them by default")
    assert "tetragon.exportDenyList" in found.why
    assert can_fire.assess_rule(hosts, seen(("exec", "execve", 5_000), host=1)).is_ == "yes"
    assert can_fire.assess_rule(hosts, seen(("exec", "execve", 10))).is_ == "unknown"


def test_an_option_of_the_agent_is_named_since_events_do_not_tell_of_it() -> None:
    found = can_fire.assess_rule(rule(kinds=("exec",), options=("enable-process-cred",)), MANY)
    assert found.is_ == "unknown"
    assert "enable-process-cred" in found.why


def test_a_sequence_needs_all_of_its_rules_and_a_count_any() -> None:
    found = {"a": CanFire(is_="yes", why=""), "b": CanFire(is_="no", why="never seen: x")}
    titles = {"b": "Connection made"}

    def fires(type: str, *rules: str, hits: int = 0) -> CanFire:
        return can_fire.assess_correlation(rule(type=type, rules=rules, hits=hits), found, titles)

    assert fires("event_count", "a", "b").is_ == "yes"
    both = fires("temporal_ordered", "a", "b")
    assert (both.is_, both.why) == ("no", "it counts Connection made: never seen: x")
    assert fires("event_count", "b").is_ == "no"
    assert fires("event_count", "gone").is_ == "unknown"
    assert fires("event_count").is_ == "unknown"
    assert fires("temporal", "b", hits=1).is_ == "yes"
