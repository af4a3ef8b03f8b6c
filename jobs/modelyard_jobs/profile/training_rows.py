"""The profile of the rows that a model was trained on, as its monitor will see them: the columns of the request log, in the order of time."""

import numpy as np
from modelyard_api.request_log import INPUT_PREFIX
from modelyard_model.tabular_model import TabularModel
from numpy.typing import NDArray

from modelyard_jobs.profile.profile import Profile, make_profile
from modelyard_jobs.splitting.timestamps import seconds, seconds_of
from modelyard_jobs.training_data import TrainingData

_MICROSECONDS = 1e6


def profile_of(data: TrainingData, model: TabularModel) -> Profile:
    """Of all rows but those without a time, where there are times; else one slice of all rows."""
    times = _times(data)
    known = np.arange(data.dataset.rows_used) if times is None else np.flatnonzero(np.isfinite(times))
    order = known if times is None else known[np.argsort(times[known], kind="stable")]
    at = None if times is None else (times[order] * _MICROSECONDS).astype(np.int64)
    kept = [field.name for field in model.logged if field.name in data.dataset.features.frame.columns]
    columns = (
        data.feature(name, order).alias(INPUT_PREFIX + name) for name in kept
    )  # all together would need the room of the data set again
    return make_profile(columns, at, len(kept))


def _times(data: TrainingData) -> NDArray[np.float64] | None:
    """Seconds: those of the column of time, else those that the groups are called by; not a number where a row has none."""
    times = data.dataset.times
    if times is not None:
        known = times.is_not_null()
        found = np.full(len(times), np.nan)
        found[known.to_numpy()] = seconds(times.filter(known))
        return found
    names = data.assignment.names
    if names is None:
        return None
    starts = [seconds_of(name) for name in names.distinct]
    return None if None in starts else np.asarray(starts, dtype=np.float64)[names.code]
