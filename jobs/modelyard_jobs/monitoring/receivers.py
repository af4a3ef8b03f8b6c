"""Who is told: Alertmanager (v2 API) and webhooks (a CloudEvent as JSON), with URLs from mounted Secrets.

A URL may hold a token, so no message quotes one: a receiver is named by its Secret and key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from modelyard_api.pod_contract import MonitorRequest

from modelyard_jobs.monitoring.state import Episode, EpisodeKind, Notification
from modelyard_jobs.monitoring.times import rfc3339

ALERTMANAGER_KEY = "alertmanager"
WEBHOOK_KEY = "webhook"
HELD_OPEN = timedelta(days=8)  # each run extends an open alert by this: more than a week, the longest usual schedule
_SECONDS = 10.0
_ALERT_NAMES = {EpisodeKind.DRIFT: "ModelDataDrift", EpisodeKind.QUALITY: "ModelQualityDegraded"}
_EVENT_TYPES = {EpisodeKind.DRIFT: "io.modelyard.drift", EpisodeKind.QUALITY: "io.modelyard.quality"}


class DeliveryFailed(Exception):
    """A receiver didn't take it; the message says why without its URL."""


class Receiver(Protocol):
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
                "alertname": _ALERT_NAMES[episode.kind],
                "namespace": self.request.namespace,
                "deployment": self.request.name,
                "model": self.request.model,
                "version": episode.version,
                "severity": "warning",
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
        """Nothing: a webhook is told once."""

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
            "type": f"{_EVENT_TYPES[episode.kind]}.{notification.action}",
            "subject": f"{self.request.model}/{episode.version}",
            "time": notification.at,
            "datacontenttype": "application/json",
            "data": data,
        }


def mounted_receivers(folder: Path, request: MonitorRequest) -> tuple[list[Receiver], list[str]]:
    """The receivers of the Secrets in ``alert.notify`` and, in words, which of these hold none."""
    receivers: list[Receiver] = []
    problems = []
    for number, source in enumerate(request.monitoring.alert.notify or []):
        secret, urls = source.secret_ref.name, _urls(folder / str(number))
        problems += [f"Secret {secret} key {key} is no http or https URL" for key, url in urls.items() if not _is_http(url)]
        if not urls:
            problems.append(f"Secret {secret} has neither key {ALERTMANAGER_KEY} nor key {WEBHOOK_KEY}")
        if _is_http(urls.get(ALERTMANAGER_KEY, "")):
            receivers.append(Alertmanager(f"{secret}/{ALERTMANAGER_KEY}", urls[ALERTMANAGER_KEY], request))
        if _is_http(urls.get(WEBHOOK_KEY, "")):
            receivers.append(Webhook(f"{secret}/{WEBHOOK_KEY}", urls[WEBHOOK_KEY], request))
    return receivers, problems


def _urls(folder: Path) -> Mapping[str, str]:
    files = {key: folder / key for key in (ALERTMANAGER_KEY, WEBHOOK_KEY)}
    return {key: file.read_text(encoding="utf-8").strip() for key, file in files.items() if file.is_file()}


def _is_http(url: str) -> bool:
    return url.startswith(("http://", "https://"))


def _post(url: str, body: Any, content_type: str) -> None:
    import httpx  # noqa: PLC0415

    try:
        answer = httpx.post(url, json=body, headers={"Content-Type": content_type}, timeout=_SECONDS, follow_redirects=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(f"no answer ({type(error).__name__})") from None  # the cause quotes the URL
    if not answer.is_success:
        raise DeliveryFailed(f"HTTP {answer.status_code}")
