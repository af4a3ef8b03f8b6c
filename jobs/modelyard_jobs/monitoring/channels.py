"""Where alerts go: Alertmanager (v2 API) and webhooks (a CloudEvent as JSON), with URLs from mounted Secrets.

A URL may hold a token, so no message quotes one: a channel is named by its Secret and key. Another channel is a class and a line in ``CHANNELS``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
from modelyard_api.catalogue.checks import CHECKS
from modelyard_api.pod_contract import MonitorRequest
from modelyard_api.timestamps import rfc3339

from modelyard_jobs.monitoring.state import Episode, Notification

ALERTMANAGER_KEY = "alertmanager"
WEBHOOK_KEY = "webhook"
HELD_OPEN = timedelta(days=8)  # each run extends an open alert by this: more than a week, the longest usual schedule
_SECONDS = 10.0


class DeliveryFailed(Exception):
    """A channel didn't take it; the message says why without its URL."""


class Channel(Protocol):
    """One place that notifications go to."""

    @property
    def name(self) -> str:
        """Secret and key, never the URL."""

    def send(self, notification: Notification, now: datetime) -> None:
        """Delivers once; raises DeliveryFailed."""

    def keep_open(self, episode: Episode, now: datetime) -> None:
        """What has to be repeated while an episode lasts; raises DeliveryFailed."""


@dataclass(frozen=True)
class Alertmanager:
    """POST /api/v2/alerts. Alertmanager ends an alert that isn't repeated, so each run repeats it with a later end."""

    name: str
    url: str
    request: MonitorRequest

    def send(self, notification: Notification, now: datetime) -> None:
        """An alert is known by its labels: sending it again changes nothing but its times."""
        ends = now + HELD_OPEN if notification.action == "detected" else now
        self._post(notification.episode, ends)

    def keep_open(self, episode: Episode, now: datetime) -> None:
        """As long as runs follow one another the alert stays, also over a restart of Alertmanager."""
        self._post(episode, now + HELD_OPEN)

    def _post(self, episode: Episode, ends: datetime) -> None:
        alert = {
            "labels": {
                "alertname": _alert_name(episode),
                "namespace": self.request.namespace,
                "deployment": self.request.name,
                "model": self.request.model,
                "version": episode.version,
                "severity": episode.severity,
            },
            "annotations": {"summary": episode.summary, "description": episode.description},
            "startsAt": episode.since,
            "endsAt": rfc3339(ends),
        }
        _post(f"{self.url.rstrip('/')}/api/v2/alerts", [alert], "application/json")


@dataclass(frozen=True)
class Webhook:
    """POST of one CloudEvent 1.0 in structured mode. It may come twice after a crash, then with the same id."""

    name: str
    url: str
    request: MonitorRequest

    def send(self, notification: Notification, now: datetime) -> None:  # noqa: ARG002
        """The body is made from what is stored, so it is the same however often it is sent."""
        _post(self.url, self.event(notification), "application/cloudevents+json")

    def keep_open(self, episode: Episode, now: datetime) -> None:
        """Nothing: a webhook gets each notification once."""

    def event(self, notification: Notification) -> dict[str, object]:
        """The documented payload."""
        episode = notification.episode
        data: dict[str, object] = {
            "episode": episode.id,
            "namespace": self.request.namespace,
            "deployment": self.request.name,
            "model": self.request.model,
            "version": episode.version,
            "window": episode.window,
            "since": episode.since,
            "summary": episode.summary,
            "description": episode.description,
            "columns": [column.to_wire() for column in episode.columns],
        }
        if episode.realized:
            data["realized"] = episode.realized.to_wire()
        return {
            "specversion": "1.0",
            "id": notification.id,
            "source": f"/namespaces/{self.request.namespace}/modeldeployments/{self.request.name}",
            "type": f"io.modelyard.{episode.kind}.{notification.action}",
            "subject": f"{self.request.model}/{episode.version}",
            "time": notification.at,
            "datacontenttype": "application/json",
            "data": data,
        }


CHANNELS: dict[str, type[Alertmanager] | type[Webhook]] = {ALERTMANAGER_KEY: Alertmanager, WEBHOOK_KEY: Webhook}  # by key of the Secret


def mounted_channels(folder: Path, request: MonitorRequest) -> tuple[list[Channel], list[str]]:
    """Those of the Secrets in ``alert.notify`` and, for people, which of these Secrets have none."""
    channels: list[Channel] = []
    problems = []
    for number, source in enumerate(request.monitoring.alert.notify or []):
        secret, urls = source.secret_ref.name, _urls(folder / str(number))
        problems += [f"Secret {secret} key {key} is no http or https URL" for key, url in urls.items() if not _is_http(url)]
        if not urls:
            problems.append(f"Secret {secret} has none of the keys {', '.join(CHANNELS)}")
        channels += [CHANNELS[key](f"{secret}/{key}", url, request) for key, url in urls.items() if _is_http(url)]
    return channels, problems


def _urls(folder: Path) -> Mapping[str, str]:
    files = {key: folder / key for key in CHANNELS}
    return {key: file.read_text(encoding="utf-8").strip() for key, file in files.items() if file.is_file()}


def _alert_name(episode: Episode) -> str:
    """Of a check that this version doesn't know any more, its own name."""
    return CHECKS[episode.kind].alert if episode.kind in CHECKS else episode.kind


def _is_http(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _post(url: str, body: Any, content_type: str) -> None:
    try:
        answer = httpx.post(url, json=body, headers={"Content-Type": content_type}, timeout=_SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"no answer ({type(error).__name__})") from None  # the cause quotes the URL
    if not answer.is_success:
        raise DeliveryFailed(f"HTTP {answer.status_code}")
