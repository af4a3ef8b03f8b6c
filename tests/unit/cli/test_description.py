"""`describe`: an outline for reading."""

from datetime import UTC, datetime
from typing import Any

from modelyard_cli.printing.description import describe, label

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def lines(obj: dict[str, Any], *events: dict[str, Any]) -> list[str]:
    return list(describe({"apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "namespace": "ns", "uid": "u"}, **obj}, events, NOW))


def test_labels_are_read_as_words() -> None:
    assert [label(field) for field in ("modelVersion", "jobUID", "reportUrl", "state", "nvidia.com/gpu", "learning_rate")] == [
        "Model Version",
        "Job UID",
        "Report URL",
        "State",
        "nvidia.com/gpu",
        "learning_rate",
    ]


def test_fields_are_aligned_and_lists_of_like_things_are_tables() -> None:
    text = lines({"status": {"state": "Ready", "verdict": [{"metric": "auc", "wanted": "at least 0.6"}, {"metric": "f1", "got": "0.5"}]}})
    assert text[-6:] == [
        "  State:  Ready",
        "  Verdict:",
        "    Metric   Wanted         Got",
        "    auc      at least 0.6",
        "    f1                      0.5",
        "Events:  <none>",
    ]


def test_wide_records_stand_below_each_other() -> None:
    message = "word " * 40
    text = lines({"status": {"conditions": [{"type": "A", "message": message}, {"type": "B", "message": "short"}]}})
    assert "    Type:     A" in text
    assert f"    Message:  {message}".rstrip() in text


def test_events_stand_last_in_order_of_time() -> None:
    first = {"type": "Normal", "reason": "One", "note": "a", "eventTime": "2026-03-01T11:00:00.000000Z", "metadata": {}}
    second = {"type": "Warning", "reason": "Two", "note": "b", "eventTime": "2026-03-01T11:59:00.000000Z", "metadata": {}}
    assert [line.split() for line in lines({}, second, first)[-2:]] == [["Normal", "One", "60m", "a"], ["Warning", "Two", "60s", "b"]]


def test_a_secret_shows_sizes_and_never_values() -> None:
    text = "\n".join(lines({"kind": "Secret", "data": {"key": "aHVudGVyMg=="}}))
    assert "aHVudGVyMg" not in text
    assert "key:  7 bytes" in text


def test_truth_values_and_empty_lists() -> None:
    text = lines({"spec": {"suspend": False, "items": []}})
    assert "  Suspend:  false" in text
    assert "  Items:  <none>" in text
