"""``spec.data``: where the rows come from, how they are prepared and how they are split."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from modelyard_api.base import ATOMIC, ApiModel, ColumnName, SecretSource, described, list_map, matching, rules, when_made
from modelyard_api.catalogue.column_types import ColumnType
from modelyard_api.catalogue.formats import FORMATS, PACKED, endings

_URI = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+|https://[^/@ ]+/.+|file:///.+)$"


class ColumnRole(StrEnum):
    """What a column is used for."""

    FEATURE = "Feature"
    IGNORED = "Ignored"


class MissingMethod(StrEnum):
    """What is put in place of a missing value; always fitted on the training split alone."""

    MEDIAN = "Median"
    MEAN = "Mean"
    MOST_FREQUENT = "MostFrequent"
    CONSTANT = "Constant"
    DROP_ROW = "DropRow"


class SplitBy(StrEnum):
    """How rows are divided into training, validation and test."""

    RANDOM = "Random"
    STRATIFIED = "Stratified"
    GROUP = "Group"
    TIME = "Time"


class Duplicates(StrEnum):
    """What equal rows are."""

    TOGETHER = "Together"  # one record, in several copies: all copies share a part
    APART = "Apart"  # different records that happen to look alike: each copy is a row of its own


def _source_rules() -> JsonDict:
    """Some by the formats of the catalogue."""
    ending = rf"(?i)[.]({'|'.join(endings())})$"
    *most, last = (f".{each}" for spec in FORMATS.values() for each in spec.endings)
    *packed, last_packed = (f".{each}" for each in PACKED)
    return rules(
        (
            f"self.uri.startsWith('https://') || self.uri.matches(r'{ending}')",
            f"data.source.uri has to end in {', '.join(most)} or {last}, or in {', '.join(packed)} or {last_packed} (a * may stand for several files)",
        ),
        (
            "!self.uri.matches('^https://[^?]*[*]')",
            "data.source.uri: a * needs a list of files, which https:// doesn't give; name one file, or use s3://",
        ),
        ("!has(self.credentials) || self.uri.startsWith('s3://')", "data.source.credentials are for s3:// alone"),
    )


class DataSource(ApiModel):
    """Files with rows."""

    model_config = ConfigDict(json_schema_extra=when_made(_source_rules))

    uri: Annotated[
        str,
        Field(
            max_length=1024,
            json_schema_extra=matching(_URI, "has to be s3://bucket/key, https://host/path or, on one machine, file:///path"),
        ),
    ] = Field(
        description="s3://bucket/key, https://host/path or, on the platform of one machine, file:///path: CSV, JSON lines or Parquet. * in the last part reads several files as one set (not with https)."
    )
    credentials: SecretSource | None = Field(
        None,
        description="Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, optionally AWS_ENDPOINT_URL (default: AWS itself) and AWS_REGION. Default: the platform's own S3 credentials of this namespace.",
    )


class Column(ApiModel):
    """What is known about one column."""

    name: ColumnName = Field(description="Name of the column in the data.")
    role: ColumnRole = Field(
        ColumnRole.FEATURE, description="Feature, or Ignored: never read by the model (identifiers, what is only known afterwards)."
    )
    type: ColumnType | None = Field(
        None, json_schema_extra=described(lambda: f"{', '.join([*ColumnType][:-1])} or {[*ColumnType][-1]}. Default: seen from the data.")
    )
    missing_words: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=64)] | None = Field(
        None,
        description="Texts that mean a missing value in this column, beside the empty one. [] keeps every text. Default: NA, NaN, null and the like, unless they are seen to be a category.",
        json_schema_extra=ATOMIC,
    )


class MissingColumn(ApiModel):
    """The treatment of one column's missing values."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            ("(self.method == 'Constant') == has(self.value)", "value is needed with method Constant, and only there"),
        )
    )

    name: ColumnName = Field(description="Name of the column.")
    method: MissingMethod = Field(description="Median, Mean, MostFrequent, Constant or DropRow.")
    value: Annotated[str, Field(max_length=256)] | None = Field(
        None, description="What Constant puts in, as text; read as a number for a numerical column."
    )


class NumericalDefault(StrEnum):
    """The default for numerical columns; categorical ones always default to the most frequent."""

    MEDIAN = "Median"
    MEAN = "Mean"


class Missing(ApiModel):
    """How missing values are treated. Counts before and after are in the data report of the run."""

    default: NumericalDefault = Field(
        NumericalDefault.MEDIAN, description="For numerical columns: Median or Mean. Categorical ones take the most frequent."
    )
    columns: Annotated[list[MissingColumn], Field(max_length=512)] | None = Field(
        None, description="Columns that are treated differently.", json_schema_extra=list_map("name")
    )


class Features(ApiModel):
    """Features made from columns."""

    timestamps: Annotated[list[ColumnName], Field(max_length=16)] | None = Field(
        None,
        description="Timestamp columns that become hour, day of week, day of year and month, cyclically encoded.",
        json_schema_extra=ATOMIC,
    )


class Prepare(ApiModel):
    """Preparation, fitted on the training split and stored in the model: serving takes raw rows."""

    missing: Missing = Field(Missing(), description="Treatment of missing values.")
    features: Features | None = Field(None, description="Features made from columns.")


class Split(ApiModel):
    """How rows are divided. A row's place is a hash, so a row once trained on is never in a later test of the same model."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "self.validation + self.test <= 0.8",
                "data.split: validation and test together leave less than a fifth of the rows for training; make them smaller",
            ),
            ("has(self.column) || self.by != 'Group'", "data.split.column is needed when by is Group"),
            ("has(self.column) ? self.by in ['Group', 'Time'] : true", "data.split.column only goes with by: Group or by: Time"),
            ("!has(self.gapSeconds) || self.by == 'Time'", "data.split.gapSeconds only goes with by: Time"),
        )
    )

    validation: float = Field(
        0.15, gt=0, lt=1, description="Share of the rows in the validation split: it stops training early and chooses between models."
    )
    test: float = Field(0.15, gt=0, lt=1, description="Share of the rows in the test split: it is used once, at the end.")
    by: SplitBy = Field(
        SplitBy.STRATIFIED,
        description="Stratified (Random for Regression), Random, Group (rows with the same value of column stay together) or Time (the latest rows are the test).",
    )
    column: ColumnName | None = Field(
        None,
        description="The group or the timestamp column (by: Time: default data.time). It is not a feature unless prepare.features.timestamps names it.",
    )
    gap_seconds: int | None = Field(
        None, ge=0, le=315360000, description="Rows within this time before a boundary are left out (by: Time)."
    )
    duplicates: Duplicates | None = Field(
        None,
        description="Rows that are equal but for the target: Together (one record, never divided) or Apart (each a row of its own). Default: Together where chance can't explain them, or where data.key names rows; status.resolved says which.",
    )


class Data(ApiModel):
    """The rows."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!has(self.split) || self.split.by != 'Time' || has(self.split.column) || has(self.time)",
                "data.split by Time needs data.time or data.split.column",
            ),
        )
    )

    source: DataSource = Field(description="Where the rows are.")
    key: Annotated[list[ColumnName], Field(min_length=1, max_length=16)] | None = Field(
        None,
        description="Columns that name a row. They decide which split a row is in. Default: all columns but the target.",
        json_schema_extra=ATOMIC,
    )
    time: ColumnName | None = Field(
        None,
        description="The column that says when a row happened: read as a timestamp in whatever form it has, used by split: {by: Time}, and no feature unless prepare.features.timestamps names it.",
    )
    columns: Annotated[list[Column], Field(max_length=512)] | None = Field(
        None,
        description="What is known about columns. Those not named are features of the type that their values show.",
        json_schema_extra=list_map("name"),
    )
    prepare: Prepare = Field(Prepare(), description="Missing values and features.")
    split: Split = Field(Split(), description="Training, validation and test.")

    @property
    def split_column(self) -> str | None:
        """The group or the timestamp column that the split goes by."""
        return self.split.column or (self.time if self.split.by is SplitBy.TIME else None)
