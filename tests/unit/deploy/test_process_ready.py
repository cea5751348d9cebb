import pytest
from prometheus_client import CollectorRegistry

from connectors.prometheus.registry import PrometheusMetrics
from signalbox.health import Heartbeat


def test_the_metric_says_what_readyz_says_whenever_it_is_asked() -> None:
    registry, heartbeat = CollectorRegistry(), Heartbeat()
    PrometheusMetrics(registry).follow("process_ready", lambda: float(heartbeat.ready()[0]))
    assert registry.get_sample_value("signalbox_process_ready") == 0
    heartbeat.beat()
    assert registry.get_sample_value("signalbox_process_ready") == 1
    heartbeat.beat(False, "database away")
    assert registry.get_sample_value("signalbox_process_ready") == 0


def test_only_a_gauge_can_follow() -> None:
    metrics = PrometheusMetrics(CollectorRegistry())
    with pytest.raises(TypeError, match="commands_inserted_total is not a gauge"):
        metrics.follow("commands_inserted_total", lambda: 1.0)
