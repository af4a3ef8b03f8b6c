"""What keeps `modelyard init` from writing anything."""

from modelyard_cli.errors import WrongUsage


class NoStart(WrongUsage):
    """The message says what is wrong with the file or an option, and what to do."""
