"""A night as metrics: a text file for Prometheus' node exporter, and OpenTelemetry over OTLP."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from scanner.errors import UsageError
from scanner.model.rule import SEVERITIES
from scanner.sweep.notify.night import Night
from scanner.sweep.notify.send import NotTold

_MISSING = UsageError("metrics need a library that is not installed", hint="install leakseal[metrics]")


class Metric(NamedTuple):
    """One gauge: name, what it is, and its values by label."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


def measured(night: Night) -> Iterator[Metric]:
    """What is told of a night; findings by owner and severity, never by repository: a label for each would never go away."""
    finished = datetime.fromisoformat(night.finished).timestamp()
    yield Metric("leakseal_sweep_finished_timestamp_seconds", "When the last sweep ended.", (), {(): finished})
    yield Metric("leakseal_sweep_duration_seconds", "How long the last sweep took.", (), {(): night.seconds})
    yield Metric("leakseal_sweep_exit_code", "How the last sweep ended: 0 clean, 1 leaks, 3 incomplete.", (), {(): night.exit_code})
    statuses = Counter(one.status for one in night.visited)
    visited = {(name,): count for name, count in statuses.items()}
    yield Metric("leakseal_sweep_repositories", "Repositories of the last sweep.", ("status",), _sorted(visited))
    found = Counter((one.owner, one.severity) for one in night.open)
    yield Metric("leakseal_findings_open", "Findings that are open.", ("owner", "severity"), _sorted(found))
    opened = Counter(one.severity for one in night.opened)
    new = {(name,): opened[name] for name in SEVERITIES}
    yield Metric("leakseal_findings_opened", "Findings that the last sweep opened.", ("severity",), _sorted(new))
    gaps = {(name,): count for name, count in night.gaps.items()}
    yield Metric("leakseal_gaps", "What could not be read.", ("reason",), _sorted(gaps))
    yield Metric("leakseal_sweep_objects", "Objects that stand behind the last sweep.", (), {(): sum(one.objects for one in night.visited)})
    yield Metric("leakseal_sweep_bytes", "Bytes that stand behind the last sweep.", (), {(): sum(one.octets for one in night.visited)})


def write(night: Night, path: Path) -> None:
    """A file in Prometheus' text format, put in its place at once."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
    except ModuleNotFoundError:
        raise _MISSING from None
    registry = CollectorRegistry()
    for metric in measured(night):
        gauge = Gauge(metric.name, metric.help, metric.labels, registry=registry)
        for labels, value in metric.values.items():
            (gauge.labels(*labels) if labels else gauge).set(value)
    try:
        write_to_textfile(str(path), registry)
    except OSError as problem:
        raise NotTold(f"{path} cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None


def push(night: Night, endpoint: str) -> None:
    """The same by OTLP over HTTP; `endpoint` is the collector's address with its path."""
    try:
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource
    except ModuleNotFoundError:
        raise _MISSING from None
    told = list[MetricExportResult]()

    class Heard(OTLPMetricExporter):
        def export(self, *args: object, **kwargs: object) -> MetricExportResult:
            told.append(super().export(*args, **kwargs))  # type: ignore[arg-type]
            return told[-1]

    reader = PeriodicExportingMetricReader(Heard(endpoint=endpoint, timeout=10), export_interval_millis=float("inf"))
    provider = MeterProvider([reader], resource=Resource.create({"service.name": "leakseal"}))
    try:
        meter = provider.get_meter("leakseal")
        for metric in measured(night):
            gauge = meter.create_gauge(metric.name, description=metric.help)
            for labels, value in metric.values.items():
                gauge.set(value, dict(zip(metric.labels, labels, strict=True)))
        reader.collect()
    finally:
        provider.shutdown()
    if not told or told[0] is not MetricExportResult.SUCCESS:
        raise NotTold("the metrics' collector did not take them", hint="check its address")


def _sorted(values: Mapping[Any, float]) -> dict[tuple[str, ...], float]:
    return dict(sorted(values.items()))
