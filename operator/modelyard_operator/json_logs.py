"""Logs as one JSON object a line, for machines that collect them."""

import json
import logging
import sys
from datetime import UTC, datetime

_FIELDS = ("kind", "namespace", "resource", "reason")


class JsonLines(logging.Formatter):
    """time, level, logger and message; kind, namespace, resource and reason where a line is about one resource."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: str(vars(record)[name]) for name in _FIELDS if name in vars(record)}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def log_json(level: str) -> None:
    """Send this process's logs to standard error; libraries only warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("modelyard_operator").setLevel(level)
