"""What judges in tests: the shipped policies, whole, or their severity table alone."""

from tocsin.classifier import policy_set
from tocsin.classifier.policy_set import PolicySet
from tocsin.runtime.policy_files import Content, Policies


def shipped(profile: str = "default") -> PolicySet:
    """The table of *profile* and the whole pack of rules."""
    return policy_set.build(Policies().read(), profile)


def bare(profile: str = "default") -> PolicySet:
    """The table of *profile* alone."""
    return of({}, profile=profile)


def of(rules: dict[str, str], *, severity: str | None = None, profile: str = "default") -> PolicySet:
    """The table of *profile*, or that of the text *severity*, with these *rules*: file to text."""
    content = Policies().read()
    table = content.severity if severity is None else severity.encode()
    texts = {file: text.encode() for file, text in rules.items()}
    return policy_set.build(Content(table, content.severity_path, texts, {}), profile)
