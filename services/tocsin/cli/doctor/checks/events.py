"""What the agent exports, by the events that arrived: host processes, kinds, hooks, and rules without events."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tocsin.cli.doctor.checks import units
from tocsin.cli.doctor.finding import Finding, Unknown, ok, unknown, warn
from tocsin.cli.doctor.observations import Observations, Sample
from tocsin.sigma.authoring import reachability
from tocsin.sigma.syntax.documents import Rule

ENOUGH = 200
"""With fewer started programs, it means little that none was on the host."""
HIDDEN = ("loader", "usdt", "throttle")
"""Kinds that Tetragon's chart does not export by default."""
_HOOKED = ("kprobe", "lsm", "tracepoint", "uprobe", "usdt")
_POLICIES = "load TracingPolicies: kubectl apply -f policies/tracing/ (or tracingPolicies.enabled of the chart)"
_DENY = "set tetragon.exportDenyList in Tetragon's chart to one without the empty namespace: "
_DENY += "'{\"health_check\":true}' (the default hides hosts and kube-system)"


def check(observations: Observations) -> Iterator[Finding]:
    """Findings from whole kinds down to single rules."""
    sample = observations.sample
    if isinstance(sample, Unknown):
        yield unknown("events", sample)
        return
    if not sample.kinds:
        yield warn("events", "EVENTS is empty: no event has arrived", "check the collector (sources) and the agent")
        return
    counts = ", ".join(f"{kind} {n:,}" for kind, n in sorted(sample.kinds.items(), key=lambda pair: -pair[1]))
    yield ok("events", f"EVENTS holds events of {len(sample.nodes)} nodes: {counts}")
    yield _host(sample)
    yield _kinds(sample, () if isinstance(observations.rules, Unknown) else observations.rules)
    yield _hooks(sample)
    yield _rules(observations, sample)


def _host(sample: Sample) -> Finding:
    name = "events.host"
    if sample.host_execs:
        return ok(name, f"host processes are seen: {sample.host_execs:,} of the last {sample.execs:,} started programs")
    if sample.execs < ENOUGH:
        return unknown(
            name, Unknown(f"none of only {sample.execs:,} started programs was on a host", "check again later")
        )
    return warn(
        name,
        f"none of the last {sample.execs:,} started programs is a host process: an escape from a container, "
        "or a stolen SSH key, would not be seen",
        _DENY,
    )


def _kinds(sample: Sample, rules: Sequence[Rule]) -> Finding:
    name = "events.kinds"
    missing = [kind for kind in HIDDEN if not sample.kinds.get(kind)]
    needed = {kind for rule in rules for kind in rule.requires.kinds or (rule.kinds if len(rule.kinds) == 1 else ())}
    if not missing:
        return ok(name, "loader, usdt and throttle events arrive, too")
    text = f"no event of kind {', '.join(missing)}: Tetragon's chart does not export them by default"
    if needed.isdisjoint(missing):
        return ok(name, f"{text}; no rule needs them")
    return warn(
        name,
        f"{text}, and rules need {', '.join(kind for kind in missing if kind in needed)}",
        "add PROCESS_LOADER, PROCESS_USDT and PROCESS_THROTTLE to event_set in tetragon.exportAllowList; "
        "loader and usdt need a TracingPolicy, throttle the agent's option --cgroup-rate",
    )


def _hooks(sample: Sample) -> Finding:
    name = "events.policies"
    policies: Counter[str] = Counter()
    for (kind, _, policy), n in sample.hooks.items():
        policies[policy or f"(no name, {kind})"] += n
    if not policies:
        return warn(
            name, "no TracingPolicy has produced an event: only starts and ends of programs are seen", _POLICIES
        )
    functions = Counter(kind for kind, _, _ in sample.hooks)
    kinds = ", ".join(f"{functions[kind]} of {kind}" for kind in _HOOKED if functions[kind])
    details = [f"{policy}: {n:,} events" for policy, n in policies.most_common()]
    return ok(name, f"{len(policies)} TracingPolicies produce events; hooks seen: {kinds}", details=details)


def _rules(observations: Observations, sample: Sample) -> Finding:
    name = "rules.fed"
    if isinstance(observations.rules, Unknown):
        return unknown(name, observations.rules)
    known = not isinstance(observations.policies, Unknown)
    hooks = (
        list(sample.observed)
        if isinstance(observations.policies, Unknown)
        else [*observations.policies, *sample.observed]
    )
    unfed = [rule for rule in observations.rules if reachability.never_fires_reason(rule, hooks)]
    host_rules = (
        [rule for rule in observations.rules if reachability.host_only(rule.condition)] if not sample.host_execs else []
    )
    if not unfed and not host_rules:
        return ok(name, f"each of the {len(observations.rules)} rules gets events from the hooks that it needs")
    details = _wants(unfed)
    if host_rules and sample.execs >= ENOUGH:
        details.append(f"host processes: {units.listed([rule.title for rule in host_rules])}")
    elif not unfed:
        return ok(name, f"each of the {len(observations.rules)} rules gets events from the hooks that it needs")
    problem = "no TracingPolicy sets the hooks" if known else "no event has arrived from the hooks"
    return warn(
        name,
        f"{problem} that {len(unfed)} of {len(observations.rules)} rules need"
        if unfed
        else "rules on hosts get no events",
        f"{_POLICIES}; `tocsin rules check --policies DIR` names each rule and its hooks" if unfed else _DENY,
        details=details,
    )


def _wants(rules: Sequence[Rule]) -> list[str]:
    """Missing hooks with the rules that need one of them, most rules first."""
    groups: dict[str, list[str]] = {}
    for rule in rules:
        needed = rule.requires.hooks or tuple(sorted(reachability.functions(rule.condition) or rule.kinds))
        groups.setdefault(units.listed(list(needed), 4), []).append(rule.title)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [f"{hooks}: {units.listed(titles, 3)}" for hooks, titles in ordered]
