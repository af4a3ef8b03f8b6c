"""How much memory a training pod has to ask for, by the size of its table."""

import math

from modelyard_api.workers import DEFAULT_RESOURCES, Resources, Workers

# Measured (bench/training_memory.py, docs/timing.md): PyTorch, MLflow and the libraries take 950 MiB before rows count, and a cell at most 60 bytes while a
# Linear model is fitted: 16 as text, 8 as a number, the rest where it is encoded
_LIBRARIES = 950 * 2**20
_CELL = 60
_GIB = 2**30


def proposed_workers(rows: int, columns: int) -> Workers | None:
    """None: the default of a TrainingJob suffices. ``columns``: of the file."""
    needed = math.ceil((_LIBRARIES + _CELL * rows * columns) / _GIB)
    if needed <= 1:
        return None
    return Workers(resources=Resources(requests={**(DEFAULT_RESOURCES.requests or {}), "memory": f"{needed}Gi"}))


def describe_memory(rows: int, columns: int) -> str:
    """Why more is asked for than by default."""
    return f"{rows:,} rows x {columns:,} columns need more memory than the {(DEFAULT_RESOURCES.requests or {})['memory']} that a pod asks for by default"
