"""The users as text of a server's configuration, in one account and in accounts of their own."""

import re

import pytest

from tocsin.bus.permissions import accounts, users, users_conf
from tocsin.bus.permissions.users_conf import Nkey, Variable

RIGHTS = users.table(cluster="c1", nodes=["n1", "n2"])
ALL = dict.fromkeys(RIGHTS, "p")


def _block(text: str, account: str) -> str:
    """What stands between the braces of one account."""
    begin = text.index(f'  "{account}" {{\n')
    return text[begin : text.index("\n  }\n", begin)]


def test_users_without_a_password_are_left_out() -> None:
    for render in (users_conf.authorization, accounts.render):
        text = render({"viewer": "p"}, RIGHTS)
        assert 'user = "viewer"' in text
        assert "collector" not in text


def test_a_user_that_nobody_knows_is_refused() -> None:
    for render in (users_conf.authorization, accounts.render):
        with pytest.raises(ValueError, match="no such user: vieewr"):
            render({"vieewr": "p"}, RIGHTS)


def test_a_quote_in_a_password_does_not_end_it() -> None:
    assert users_conf.quoted('a"b\\c') == '"a\\"b\\\\c"'
    with pytest.raises(ValueError, match="control character"):
        users_conf.quoted("a\nb")


def test_a_user_logs_in_by_password_variable_or_nkey() -> None:
    text = users_conf.authorization({"admin": "$2a$x", "siem": Variable("V"), "viewer": Nkey("UABC")}, RIGHTS)
    assert 'user = "admin", password = "$2a$x"' in text
    assert 'user = "siem", password = $V\n' in text
    assert '{ nkey = "UABC"  # viewer\n' in text


def test_who_is_not_trusted_has_an_account_without_streams() -> None:
    text = accounts.render(ALL, RIGHTS)
    assert re.findall(r'^  "([^"]+)" \{$', text, re.MULTILINE) == [
        "TOCSIN", "COLLECTOR", "GATEWAY", "SIEM", "COLLECTOR-N1", "COLLECTOR-N2",
    ]  # fmt: skip
    assert text.count("jetstream = enabled") == 1
    inside = _block(text, "TOCSIN")
    assert re.findall(r'user = "([^"]+)"', inside) == [
        "admin", "classifier", "correlator", "history", "forwarder", "viewer",
    ]  # fmt: skip


def test_an_account_imports_what_its_user_may_publish_and_nothing_of_others() -> None:
    block = _block(accounts.render(ALL, RIGHTS), "COLLECTOR-N1")
    imported = set(re.findall(r'account: "TOCSIN", subject: "([^"]+)" \} \}', block))
    told = {"tocsin.metrics.collector.>", "tocsin.rules.collector.>"}
    assert imported == set(RIGHTS["collector-n1"].publish) - told
    assert not [subject for subject in imported if "n2" in subject or ".*.>" in subject]


def test_the_gateway_hears_metrics_and_rules_of_every_account() -> None:
    block = _block(accounts.render(ALL, RIGHTS), "GATEWAY")
    for owner in ("COLLECTOR", "COLLECTOR-N1", "COLLECTOR-N2"):
        for kind in ("metrics", "rules"):
            assert f'{{ stream: {{ account: "{owner}", subject: "tocsin.{kind}.collector.>" }} }}' in block
    assert '{ stream: { account: "TOCSIN", subject: "tocsin.metrics.>" } }' in block


def test_every_service_that_is_imported_is_exported_and_a_pull_answers_more_than_once() -> None:
    text = accounts.render(ALL, RIGHTS)
    inside = _block(text, "TOCSIN")
    imported = set(re.findall(r'service: \{ account: "TOCSIN", subject: "([^"]+)"', text))
    exported = dict(re.findall(r'\{ service: "([^"]+)"(.*) \}', inside))
    assert imported == set(exported)
    assert {s for s, more in exported.items() if more} == {s for s in exported if ".CONSUMER.MSG.NEXT." in s}


def test_without_a_user_apart_nothing_is_exported() -> None:
    assert "exports" not in accounts.render({"admin": "p", "viewer": "p"}, RIGHTS)
