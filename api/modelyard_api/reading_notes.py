"""What was decided when files and cells were read, and how many cells it changed: nothing is changed unsaid."""

from enum import StrEnum

from modelyard_api.base import ApiModel


class ReadingRule(StrEnum):
    """A rule that had something to do. ``detail`` of its note is named in brackets."""

    # of a file
    ENCODING = "Encoding"  # [encoding] it isn't UTF-8
    SEPARATOR = "Separator"  # [separator] it isn't the comma
    PREAMBLE = "Preamble"  # count lines before the header were skipped
    COMPRESSION = "Compression"  # [gzip, zip, zstd] though its name doesn't say so
    UNNAMED = "Unnamed"  # the column had no name and got one
    REPEATED = "Repeated"  # the column's name came before, and it got another one
    # of a column that is left out
    INDEX = "Index"  # it numbers the rows, as pandas writes it
    UNSUPPORTED = "Unsupported"  # [type] no built-in model reads it
    # of cells that count as missing
    MISSING_WORD = "MissingWord"  # [word]
    NOT_A_NUMBER = "NotANumber"
    NOT_A_TIME = "NotATime"
    INFINITE = "Infinite"
    # of cells that were read
    KEPT_WORD = "KeptWord"  # [word] it may mean missing and is kept as a category
    THOUSANDS = "Thousands"  # [mark]
    DECIMAL_COMMA = "DecimalComma"
    CURRENCY = "Currency"  # [sign]
    PERCENT = "Percent"
    LEADING_ZEROS = "LeadingZeros"  # kept as text
    SPACES = "Spaces"  # outer ones were taken off
    TRUTH = "Truth"  # several spellings of true and false
    ROUNDED = "Rounded"  # integers above 2^53 as float64
    DATE_FORM = "DateForm"  # [form, as DMY with its mark]
    # what a person should decide
    AMBIGUOUS_DATE = "AmbiguousDate"  # [form] another order of day and month fits as well
    AMBIGUOUS_NUMBER = "AmbiguousNumber"  # [mark] it may separate thousands or decimals


class ReadingNote(ApiModel):
    """What one rule did to one column (empty: to the file)."""

    rule: ReadingRule
    column: str = ""
    count: int = 0  # of cells, or lines
    detail: str = ""
