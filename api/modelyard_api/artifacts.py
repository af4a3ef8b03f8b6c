"""Names of what training leaves behind: files of a run and of a model, metrics of a run, and the values in ``status.resolved``."""

from enum import StrEnum

# artifacts of a run
RESULT = "result.json"  # TrainResult under "result", and what doesn't fit into a termination message
DATA_REPORT = "data.json"
SPLIT = "split.json"  # how rows were divided, for the model's next training
MEMBERSHIP = "membership.parquet"  # which row was in which part, as salted hashes


def comparison(version: str) -> str:
    """The result of a comparison with a champion that came later, on the candidate's run: as RESULT, under "result"."""
    return f"comparison-{version}.json"


# files of a model
REFERENCE = "reference.parquet"  # what a monitor compares with
PROFILE = "profile.parquet"  # how the training rows were distributed in the course of time; what a monitor's limits are calibrated on

# what a run logs while a network trains: the most epochs as a parameter, then metrics at every epoch
MOST_EPOCHS = "epochs"
EPOCH = "epoch"
TRAINING_PREFIX, VALIDATION_PREFIX = "train_", "val_"


class Resolved(StrEnum):
    """What was chosen where the manifest left it open. Values are texts for people; numbers stand alone."""

    METRIC = "metric"
    TASK = "task"
    CRITERIA = "criteria"
    REGISTERED_MODEL = "registeredModel"
    ALIAS = "alias"
    SPLIT = "split"
    DUPLICATES = "duplicates"
    SEED = "seed"
    FEATURES = "features"
    ROWS_USED = "rowsUsed"
    ROWS_TRAIN = "rows.train"
    ROWS_VALIDATION = "rows.validation"
    ROWS_TEST = "rows.test"
    ROWS_REFERENCE = "rows.reference"
    ROWS_LEFT_OUT = "rows.left_out"
    CLASSES = "classes"
    CLASS_COUNT = "classCount"
    ARCHITECTURE = "architecture"
    PARAMETERS = "parameters"
    BEST_EPOCH = "bestEpoch"
    FITTED_ON = "fittedOn"
