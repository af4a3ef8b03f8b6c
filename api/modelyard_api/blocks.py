"""What a column becomes on its way into an architecture: the facts by which the two are brought together."""

from enum import StrEnum


class BlockKind(StrEnum):
    """The form of some features. Every architecture takes VECTOR."""

    VECTOR = "Vector"  # numbers
    SPARSE = "Sparse"  # zeros and ones of which few are ones, kept as the positions of the ones
    CODES = "Codes"  # numbers of categories, without order between them. Who takes codes takes NaN for what is missing, among numbers too
