"""What the agent lets out, judged by the events that came: host processes, kinds, hooks, and the rules that starve."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tocsin.cli.doctor.checks import words
from tocsin.cli.doctor.finding import Finding, Unseen, ok, unknown, warn
from tocsin.cli.doctor.observations import Observed, Sample
from tocsin.sigma.authoring import reachability
from tocsin.sigma.syntax.documents import Rule

ENOUGH = 200
"""Of fewer programs started it says little that none was on the host."""
HIDDEN = ("loader", "usdt", "throttle")
"""Kinds that Tetragon's chart does not export unless told to."""
_HOOKED = ("kprobe", "lsm", "tracepoint", "uprobe", "usdt")
_POLICIES = "load TracingPolicies: kubectl apply -f policies/tracing/ (or tracingPolicies.enabled of the chart)"
_DENY = "set tetragon.exportDenyList in Tetragon's chart to one without the empty namespace: "
_DENY += "'{\"health_check\":true}' (the default hides hosts and kube-system)"


def check(seen: Observed) -> Iterator[Finding]:
    """From whole kinds to single rules."""
    sample = seen.sample
    if isinstance(sample, Unseen):
        yield unknown("events", sample)
        return
    if not sample.kinds:
        yield warn("events", "EVENTS is empty: no event has come", "look at the collector (sources) and at the agent")
        return
    told = ", ".join(f"{kind} {n:,}" for kind, n in sorted(sample.kinds.items(), key=lambda pair: -pair[1]))
    yield ok("events", f"EVENTS holds events of {len(sample.nodes)} nodes: {told}")
    yield _host(sample)
    yield _kinds(sample, () if isinstance(seen.rules, Unseen) else seen.rules)
    yield _hooks(sample)
    yield _rules(seen, sample)


def _host(sample: Sample) -> Finding:
    name = "events.host"
    if sample.host_execs:
        return ok(
            name, f"processes of hosts are seen: {sample.host_execs:,} of the last {sample.execs:,} programs started"
        )
    if sample.execs < ENOUGH:
        return unknown(
            name, Unseen(f"of only {sample.execs:,} programs started none was on a host", "look again later")
        )
    return warn(
        name,
        f"no process of a host is seen among the last {sample.execs:,} programs started: an escape from a container, "
        "or a stolen SSH key, would be invisible",
        _DENY,
    )


def _kinds(sample: Sample, rules: Sequence[Rule]) -> Finding:
    name = "events.kinds"
    missing = [kind for kind in HIDDEN if not sample.kinds.get(kind)]
    wanted = {kind for rule in rules for kind in rule.requires.kinds or (rule.kinds if len(rule.kinds) == 1 else ())}
    if not missing:
        return ok(name, "loader, usdt and throttle events come too")
    found = f"no event of kind {', '.join(missing)}: Tetragon's chart does not export them by default"
    if wanted.isdisjoint(missing):
        return ok(name, f"{found}; no rule looks at them")
    return warn(
        name,
        f"{found}, and rules look at {', '.join(kind for kind in missing if kind in wanted)}",
        "add PROCESS_LOADER, PROCESS_USDT and PROCESS_THROTTLE to event_set in tetragon.exportAllowList; "
        "loader and usdt need a TracingPolicy, throttle the agent's option --cgroup-rate",
    )


def _hooks(sample: Sample) -> Finding:
    name = "events.policies"
    policies: Counter[str] = Counter()
    for (kind, _, policy), n in sample.hooks.items():
        policies[policy or f"(no name, {kind})"] += n
    if not policies:
        return warn(name, "no TracingPolicy has made an event: only programs starting and ending are seen", _POLICIES)
    functions = Counter(kind for kind, _, _ in sample.hooks)
    kinds = ", ".join(f"{functions[kind]} of {kind}" for kind in _HOOKED if functions[kind])
    details = [f"{policy}: {n:,} events" for policy, n in policies.most_common()]
    return ok(name, f"{len(policies)} TracingPolicies make events; hooks seen: {kinds}", details=details)


def _rules(seen: Observed, sample: Sample) -> Finding:
    name = "rules.fed"
    if isinstance(seen.rules, Unseen):
        return unknown(name, seen.rules)
    known = not isinstance(seen.policies, Unseen)
    hooks = list(sample.observed) if isinstance(seen.policies, Unseen) else [*seen.policies, *sample.observed]
    starving = [rule for rule in seen.rules if reachability.why_never(rule, hooks)]
    blind = [rule for rule in seen.rules if reachability.host_only(rule.condition)] if not sample.host_execs else []
    if not starving and not blind:
        return ok(name, f"each of the {len(seen.rules)} rules gets events of the hooks that it needs")
    details = _wants(starving)
    if blind and sample.execs >= ENOUGH:
        details.append(f"host processes: {words.listed([rule.title for rule in blind])}")
    elif not starving:
        return ok(name, f"each of the {len(seen.rules)} rules gets events of the hooks that it needs")
    what = "no TracingPolicy sets the hooks" if known else "no event has come of the hooks"
    return warn(
        name,
        f"{what} that {len(starving)} of {len(seen.rules)} rules need" if starving else "rules on hosts see nothing",
        f"{_POLICIES}; `tocsin rules check --policies DIR` names rule and hook" if starving else _DENY,
        details=details,
    )


def _wants(rules: Sequence[Rule]) -> list[str]:
    """Hooks, with the rules that wait for one of them, those of most rules first."""
    groups: dict[str, list[str]] = {}
    for rule in rules:
        needed = rule.requires.hooks or tuple(sorted(reachability.functions(rule.condition) or rule.kinds))
        groups.setdefault(words.listed(list(needed), 4), []).append(rule.title)
    ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    return [f"{hooks}: {words.listed(titles, 3)}" for hooks, titles in ordered]
