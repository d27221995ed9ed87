"""The requests for a log: one for the previous container, one to follow the current one, one for its last line."""

from tocsin.collector.sources.kubernetes.log_request import LogRequest
from tocsin.collector.sources.kubernetes.objects import Pod

_POD = Pod(
    uid="u", namespace="kube-system", name="tetragon-x", node="n1", containers=("export-stdout",), restarts=1,
    started=True, leaving=False,
)  # fmt: skip


def test_the_current_log_is_followed_from_a_time_on() -> None:
    request = LogRequest(pod=_POD, container="export-stdout", since="2026-12-01T00:00:00Z", follow=True)
    assert request.path == "/api/v1/namespaces/kube-system/pods/tetragon-x/log"
    assert request.query == {"container": "export-stdout", "follow": "true", "sinceTime": "2026-12-01T00:00:00Z"}


def test_the_previous_log_is_read_to_its_end() -> None:
    request = LogRequest(pod=_POD, container="export-stdout", previous=True)
    assert request.query == {"container": "export-stdout", "previous": "true"}


def test_no_line_or_only_the_last_one_can_be_requested() -> None:
    assert LogRequest(pod=_POD, container="c", follow=True, tail_lines=0).query["tailLines"] == "0"
    assert LogRequest(pod=_POD, container="c", tail_lines=1).query == {"container": "c", "tailLines": "1"}


def test_a_refused_request_is_named_by_the_right_that_it_needs() -> None:
    assert LogRequest(pod=_POD, container="c").action == "get the log of container c of pod kube-system/tetragon-x"
