"""What judges in tests: the shipped policies, whole, or their severity table alone."""

from tocsin.classifier import ruling
from tocsin.classifier.ruling import Ruling
from tocsin.runtime.policies import Content, Policies


def shipped(profile: str = "default") -> Ruling:
    """The table of *profile* and the whole pack of rules."""
    return ruling.build(Policies().read(), profile)


def bare(profile: str = "default") -> Ruling:
    """The table of *profile* alone."""
    return of({}, profile=profile)


def of(rules: dict[str, str], *, severity: str | None = None, profile: str = "default") -> Ruling:
    """The table of *profile*, or that of the text *severity*, with these *rules*: file to text."""
    content = Policies().read()
    table = content.severity if severity is None else severity.encode()
    texts = {file: text.encode() for file, text in rules.items()}
    return ruling.build(Content(table, content.severity_path, texts, {}), profile)
