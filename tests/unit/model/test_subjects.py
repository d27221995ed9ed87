"""Names on the bus hold nothing but safe tokens, whatever they are made of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.model import subjects
from tocsin.model.severity import Severity

TOKEN = re.compile(r"[a-z0-9_-]{1,63}")


@given(st.text())
def test_any_text_becomes_one_safe_token(text: str) -> None:
    assert TOKEN.fullmatch(subjects.slug(text))


@given(st.sampled_from(Severity), st.text(), st.text(), st.text())
def test_an_alert_s_subject_has_five_tokens_and_tells_its_severity(
    severity: Severity, cluster: str, namespace: str, name: str
) -> None:
    subject = subjects.alert(severity, cluster, namespace, name)
    assert len(subject.split(".")) == 5
    assert subjects.severity_of(subject) is severity


def test_names_of_nodes_lose_their_dots() -> None:
    assert subjects.event("Prod", "ip-10-0-0-1.ec2", "exec") == "tetragon.prod.ip-10-0-0-1_ec2.exec"


@pytest.mark.parametrize("subject", ["alerts", "alerts.high", "events.high.x", "alerts.worst.x.y.z"])
def test_what_is_no_alert_has_no_severity(subject: str) -> None:
    with pytest.raises(ValueError):
        subjects.severity_of(subject)
