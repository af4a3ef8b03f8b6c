"""What can be wrong with a model's input or its files; messages never contain values of rows."""


class InvalidInput(ValueError):
    """Rows that the model can't answer: ``column`` (empty: the rows as a whole), ``row`` from 0, and what is wrong. The sender's fault, terminal."""

    def __init__(self, column: str, message: str, row: int | None = None) -> None:
        where = f"column {column!r}" + ("" if row is None else f", row {row}")
        super().__init__(f"{where}: {message}" if column else message)
        self.column = column
        self.message = message
        self.row = row


class ModelFilesInvalid(Exception):
    """A model folder that can't be served: a file is missing, damaged, or predicts differently from what was stored. Terminal."""
