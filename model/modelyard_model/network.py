"""The MLP as files: ``network.json`` (its shape) and ``network.safetensors`` (its weights). PyTorch is imported only when one is used."""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from modelyard_model.errors import ModelFilesInvalid
from modelyard_model.heads import Head

SHAPE_FILE = "network.json"
WEIGHTS_FILE = "network.safetensors"
_ROWS_AT_ONCE = 8192  # bounds memory for wide networks
_Width = Annotated[int, Field(ge=1, le=1_000_000)]


class NetworkShape(BaseModel):
    """Fully connected layers with ReLU and dropout between them; ``outputs`` logits, or 1 value for Regression."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    inputs: _Width
    hidden: tuple[_Width, ...]
    outputs: _Width
    dropout: Annotated[float, Field(ge=0, lt=1)]

    def build(self) -> nn.Sequential:
        """A network with fresh random weights, in float32 on the CPU."""
        layers: list[nn.Module] = []
        width = self.inputs
        for hidden in self.hidden:
            layers += [nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(self.dropout)]
            width = hidden
        return nn.Sequential(*layers, nn.Linear(width, self.outputs))


def default_device() -> str:
    """``cuda`` where there is one, else ``cpu``."""
    return "cuda" if torch.cuda.is_available() else "cpu"


class NetworkPredictor:
    """A fitted network that computes in float64: the same to 1e-12 on every device and for every batch size, unlike float32."""

    def __init__(self, shape: NetworkShape, network: nn.Module, head: Head, device: str | None = None) -> None:
        self.shape = shape
        self.device = device or default_device()
        self.head = head
        self._network = network.to(self.device).double().eval()

    def outputs(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (rows, classes), or standardised values (rows,)."""
        parts = []
        with torch.inference_mode():
            for start in range(0, len(features), _ROWS_AT_ONCE):
                logits = self._network(torch.from_numpy(features[start : start + _ROWS_AT_ONCE]).to(self.device))
                parts.append(self.head.activate(logits).cpu().numpy())
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def save(self, folder: Path) -> None:
        """Weights as they were trained, in float32, contiguous, on the CPU."""
        weights = {
            name: tensor.detach().to("cpu", torch.float32).contiguous().clone() for name, tensor in self._network.state_dict().items()
        }
        save_file(weights, folder / WEIGHTS_FILE)
        (folder / SHAPE_FILE).write_text(self.shape.model_dump_json(indent=2) + "\n", encoding="utf-8")


def load_network(folder: Path, head: Head, device: str | None = None) -> NetworkPredictor:
    """Reads both files; raises ModelFilesInvalid when they are damaged or don't belong together."""
    try:
        shape = NetworkShape.model_validate_json((folder / SHAPE_FILE).read_bytes())
        network = shape.build()
        network.load_state_dict(load_file(folder / WEIGHTS_FILE))
    except FileNotFoundError as error:
        raise ModelFilesInvalid(f"{Path(error.filename or WEIGHTS_FILE).name} is not among the model's files") from None
    except ValidationError as error:
        raise ModelFilesInvalid(f"{SHAPE_FILE} can't be read: {error.errors(include_input=False)[0]['msg']}") from None
    except (SafetensorError, RuntimeError) as error:
        raise ModelFilesInvalid(f"{WEIGHTS_FILE} is damaged or does not fit {SHAPE_FILE}: {str(error)[:300]}") from None
    return NetworkPredictor(shape, network, head, device)
