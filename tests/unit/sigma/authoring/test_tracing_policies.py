"""The shipped TracingPolicies: the cluster would take them, they only watch, and they fit the rules."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tocsin.sigma.authoring.tracing_policies import MAX_BYTES, Hook, has_required_hook, hooks, normalize_hook
from tocsin.sigma.syntax.documents import Correlation, Rule
from tocsin.sigma.syntax.parser import parse
from tocsin.sigma.syntax.problems import RuleError

HOUSE = Path(__file__).resolve().parents[4]
TRACING = HOUSE / "policies" / "tracing"
ENFORCE = TRACING / "enforce"
CRD = HOUSE.parent / "shared" / "tetragon" / "crds" / "cilium.io_tracingpolicies.yaml"
FILES = sorted(TRACING.rglob("*.yaml"))
NAMES = [str(file.relative_to(TRACING)) for file in FILES]

OBSERVING = {"Post", "NoPost"}
SECTIONS = {"kprobes", "fentries", "tracepoints", "lsmhooks", "uprobes", "usdts"}
MAX_SELECTORS, MAX_ARGUMENTS, MAX_NUMBERS = 5, 5, 4
"""The agent refuses a policy with more: of a hook, of a selector, and of values that are numbers."""
OF_OTHERS = {
    "file_open", "bpf", "mount", "finit_module", "delete_module", "bprm_check",
}  # fmt: skip
"""Hooks that our rules understand and that only policies of other people set, where ours choose a better one."""


def policies(file: Path) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(file.read_bytes()) if document]


def places(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in SECTIONS & policy["spec"].keys():
        yield from policy["spec"][section]


def selectors(policy: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for place in places(policy):
        yield from place.get("selectors", [])


def head(file: Path) -> str:
    """The comment in front of the policy, its lines joined."""
    lines = [line for line in file.read_text().split("\napiVersion", 1)[0].splitlines() if line.startswith("#")]
    return " ".join(line.lstrip("# ") for line in lines)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema* without room for what it does not name: the API server would drop that silently."""
    found = {
        key: {name: closed(each) for name, each in value.items()}
        if key == "properties"
        else closed(value)
        if isinstance(value, dict)
        else value
        for key, value in schema.items()
    }
    open_ended = "additionalProperties" in found or found.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in found and not open_ended:
        found["additionalProperties"] = False
    return found


@pytest.fixture(scope="module")
def definition() -> jsonschema.Draft202012Validator:
    if not CRD.exists():
        pytest.skip(f"Tetragon's definition of a TracingPolicy is not at {CRD}")
    loaded = yaml.load(CRD.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return jsonschema.Draft202012Validator(closed(loaded["spec"]["versions"][0]["schema"]["openAPIV3Schema"]))


@pytest.fixture(scope="module")
def pack() -> list[Rule | Correlation]:
    found: list[Rule | Correlation] = []
    for file in sorted((HOUSE / "policies" / "rules").rglob("*.yml")):
        parsed = parse(str(file), file.read_bytes())
        assert not parsed.failed, parsed.failed
        found += [each for each in parsed.documents if isinstance(each, Rule | Correlation)]
    return found


@pytest.fixture(scope="module")
def set_hooks() -> list[Hook]:
    return [hook for file in FILES for hook in hooks(file.read_bytes(), file.name)]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_the_cluster_would_take_each_policy(file: Path, definition: jsonschema.Draft202012Validator) -> None:
    for policy in policies(file):
        definition.validate(policy)


def test_a_misspelt_key_would_be_found(definition: jsonschema.Draft202012Validator) -> None:
    policy = policies(TRACING / "mounts.yaml")[0]
    policy["spec"]["kprobes"][0]["selector"] = policy["spec"]["kprobes"][0].pop("selectors")
    assert not definition.is_valid(policy)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_the_agent_would_load_each_policy(file: Path) -> None:
    for policy in policies(file):
        assert len(SECTIONS & policy["spec"].keys()) == 1, "it takes one kind of hook in a policy"
        for place in places(policy):
            assert len(place.get("selectors", [])) <= MAX_SELECTORS
            assert len(place.get("message", "")) <= 256
            assert len(place.get("tags", [])) <= 16
        for selector in selectors(policy):
            assert len(selector.get("matchArgs", [])) <= MAX_ARGUMENTS
            assert len(selector.get("matchBinaries", [])) <= 1
            for argument in selector.get("matchArgs", []):
                values = argument.get("values", [])
                assert not all(value.isdigit() for value in values) or len(values) <= MAX_NUMBERS
                assert all(len(value) < 128 for value in values)


def test_each_policy_has_a_name_of_its_own() -> None:
    names = [policy["metadata"]["name"] for file in FILES for policy in policies(file)]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"tocsin-[a-z0-9]+(?:-[a-z0-9]+)*", name)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_only_policies_that_are_marked_as_dangerous_do_more_than_watch(file: Path) -> None:
    dangerous = file.is_relative_to(ENFORCE)
    for policy in policies(file):
        actions = {action["action"] for each in selectors(policy) for action in each.get("matchActions", [])}
        assert ("enforcers" in policy["spec"] or not actions <= OBSERVING) == dangerous
        assert policy["metadata"]["name"].startswith("tocsin-danger-") == dangerous
    assert file.name.startswith("danger-") == dangerous
    assert head(file).startswith("DANGER:") == dangerous


@pytest.mark.parametrize("file", sorted(ENFORCE.glob("*.yaml")), ids=lambda file: file.name)
def test_a_dangerous_policy_only_says_at_first_what_it_would_do(file: Path) -> None:
    for policy in policies(file):
        assert {"name": "policy-mode", "value": "monitor"} in policy["spec"]["options"]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_each_policy_says_what_it_costs_and_which_rules_it_feeds(file: Path, pack: list[Rule | Correlation]) -> None:
    text = head(file)
    words = (
        ("Does:", "Risk:", "Feeds:", "Needs:")
        if file.is_relative_to(ENFORCE)
        else ("Sees:", "Costs:", "Feeds:", "Needs:")
    )
    for word in words:
        assert word in text
    fed = text.partition("Feeds:")[2].partition("Needs:")[0]
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", fed))
    assert named
    assert named <= {each.name for each in pack}


def test_every_rule_that_needs_a_hook_gets_one(pack: list[Rule | Correlation], set_hooks: list[Hook]) -> None:
    watching = [hook for hook in set_hooks if not hook.policy.startswith("tocsin-danger-")]
    starving = [
        rule.name for rule in pack if isinstance(rule, Rule) and not has_required_hook(rule.requires.hooks, watching)
    ]
    assert not starving


def test_every_hook_that_a_rule_names_is_set_by_a_policy(pack: list[Rule | Correlation], set_hooks: list[Hook]) -> None:
    named = {normalize_hook(hook) for rule in pack if isinstance(rule, Rule) for hook in rule.requires.hooks}
    assert named - {hook.name for hook in set_hooks} == OF_OTHERS


def test_every_hook_of_a_policy_feeds_a_rule(pack: list[Rule | Correlation], set_hooks: list[Hook]) -> None:
    named = {normalize_hook(hook) for rule in pack if isinstance(rule, Rule) for hook in rule.requires.hooks}
    assert {hook.name for hook in set_hooks} <= named


def one(text: str) -> list[tuple[str, str, str]]:
    document = f"kind: TracingPolicy\nmetadata: {{name: p}}\nspec:\n  {text}\n"
    return [(hook.name, hook.function, hook.kind) for hook in hooks(document.encode(), "p.yaml")]


@pytest.mark.parametrize(
    ("text", "name", "function", "kind"),
    [
        ("kprobes: [{call: security_file_permission}]", "file_permission", "file_permission", "kprobe"),
        ("kprobes: [{call: sys_openat, syscall: true}]", "openat", "openat", "kprobe"),
        ("kprobes: [{call: __sys_setuid}]", "setuid", "setuid", "kprobe"),
        ("fentries: [{call: tcp_connect}]", "tcp_connect", "tcp_connect", "kprobe"),
        ("lsmhooks: [{hook: file_open}]", "file_open", "file_open", "lsm"),
        (
            "tracepoints: [{subsystem: sched, event: sched_process_fork}]",
            "sched/sched_process_fork", "sched_process_fork", "tracepoint",
        ),
        ("tracepoints: [{subsystem: syscalls, event: sys_enter_kill}]", "syscalls/sys_enter_kill", "kill", "tracepoint"),
        ("uprobes: [{path: /bin/bash, symbols: [readline]}]", "/bin/bash:readline", "readline", "uprobe"),
        ("usdts: [{path: /bin/x, provider: y, name: z}]", "/bin/x:z", "z", "usdt"),
        ("loader: true", "loader", "load", "loader"),
    ],
)  # fmt: skip
def test_each_kind_of_hook_has_its_name(text: str, name: str, function: str, kind: str) -> None:
    assert one(text) == [(name, function, kind)]


def test_a_list_stands_for_the_functions_in_it() -> None:
    text = "{lists: [{name: dups, values: [sys_dup, sys_dup2]}], kprobes: [{call: 'list:dups'}, {call: 'list:none'}]}"
    assert [name for name, _, _ in one(text)] == ["dup", "dup2"]


def test_what_is_no_policy_is_left_out() -> None:
    assert hooks(b"kind: ConfigMap\n---\nnot even a mapping\n---\n", "x.yaml") == ()
    assert one("kprobes: [{}, 7, {call: [x]}]") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"kind: [", "not YAML"),
        (b"kind: \x00", "not YAML"),
        (b"\xff\xff\xff", "not YAML"),
        (b"[" * 100_000, "nested deeper"),
        (b"a: &x [1]\nb: *x", "aliases"),
        (b"#" * (MAX_BYTES + 1), "larger than 1 MiB"),
        (b"kind: TracingPolicy\nspec: {}", "metadata"),
        (b"kind: TracingPolicy\nmetadata: {name: 7}\nspec: {}", "metadata"),
        (b"a: !!python/object:os.system x", "not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        hooks(content, "bad.yaml")
    assert str(caught.value).startswith("bad.yaml")
    assert said in str(caught.value)


def test_any_one_of_the_required_hooks_is_enough() -> None:
    found = hooks(b"kind: TracingPolicy\nmetadata: {name: p}\nspec: {lsmhooks: [{hook: file_open}]}", "p.yaml")
    assert has_required_hook(["security_file_permission", "security_file_open"], found)
    assert not has_required_hook(["security_file_permission"], found)
    assert has_required_hook([], ())
