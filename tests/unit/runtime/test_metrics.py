"""Metrics as Prometheus reads them."""

from tocsin.runtime.metrics import Metrics, render


def test_counters_gauges_and_histograms_are_rendered_with_their_instance() -> None:
    metrics = Metrics()
    metrics.counter("tocsin_x_lines_total", "Lines.", source="file").add(3)
    metrics.gauge("tocsin_x_lag_seconds", "Lag.").set(0.5)
    spread = metrics.histogram("tocsin_x_wait_seconds", "Wait.", [0.1, 1])
    for value in (0.05, 0.5, 5):
        spread.observe(value)
    text = render([({"service": "x", "instance": "a"}, metrics.snapshot())])
    assert 'tocsin_x_lines_total{source="file",service="x",instance="a"} 3\n' in text
    assert 'tocsin_x_lag_seconds{service="x",instance="a"} 0.5\n' in text
    assert 'tocsin_x_wait_seconds_bucket{service="x",instance="a",le="1"} 2\n' in text
    assert 'tocsin_x_wait_seconds_bucket{service="x",instance="a",le="+Inf"} 3\n' in text
    assert 'tocsin_x_wait_seconds_count{service="x",instance="a"} 3\n' in text


def test_each_family_is_described_once_for_all_instances() -> None:
    metrics = Metrics()
    metrics.counter("tocsin_x_total", "X.").add()
    text = render([({"instance": name}, metrics.snapshot()) for name in "ab"])
    assert text.count("# TYPE tocsin_x_total counter") == 1
    assert text.count("tocsin_x_total{") == 2


def test_a_hostile_label_cannot_end_its_line() -> None:
    metrics = Metrics()
    metrics.gauge("tocsin_x", "X.", name='a"b\nc\\').set(1)
    assert 'name="a\\"b\\nc\\\\"' in render([({}, metrics.snapshot())])
