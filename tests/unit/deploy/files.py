"""Where the files under test are, read once. Rule of this file: paths and YAML, no judgement."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "docker-compose.yml"
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
SCRAPES = ROOT / "deploy/prometheus/prometheus.yml"
SETTINGS = ROOT / "deploy/settings/compose.yaml"
DASHBOARDS = ROOT / "deploy/grafana/dashboards"


def read(path: Path) -> Any:
    """Return the value of a YAML file."""
    return yaml.safe_load(path.read_text("utf-8"))


def alerts() -> list[dict[str, Any]]:
    """Return every alert of every group."""
    return [rule for group in read(ALERTS)["groups"] for rule in group["rules"]]


def dashboards() -> dict[str, dict[str, Any]]:
    """Return the dashboards by file name."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(DASHBOARDS.glob("*.json"))}
