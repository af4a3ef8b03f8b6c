"""What goes wrong with a request or at the start, in words for whoever reads them. No message ever holds a value of a row."""


class InvalidRequest(Exception):
    """A request that can't be answered, by its sender's fault.

    ``reason`` is the label of ``modelyard_validation_errors_total``, ``status`` the HTTP status.
    """

    def __init__(self, reason: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.status = status


class NotReady(Exception):
    """The model isn't loaded (yet); the message says what is being waited for or what has to be done."""


class RegistryUnavailable(Exception):
    """The registry or the model's files can't be reached at the moment, or the version isn't there; tried again."""


class ModelUnusable(Exception):
    """The version was loaded and must not be served: trying again wouldn't help."""
