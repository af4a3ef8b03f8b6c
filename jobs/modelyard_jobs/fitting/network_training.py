"""Trains the MLP: mini-batches, early stopping on the validation split, the best epoch's weights; on the GPU where there is one."""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from modelyard_api.catalogue.parameters import Value
from modelyard_api.conditions import Reason
from modelyard_api.training_job import EarlyStopping, Optimizer, OptimizerName, Training
from modelyard_model.heads import Head
from modelyard_model.network import NetworkPredictor, NetworkShape, default_device
from numpy.typing import NDArray

from modelyard_jobs.fitting.problem import DEFAULT_EPOCHS, EpochReport, Examples, Learned, Problem, Report
from modelyard_jobs.fitting.selection import score
from modelyard_jobs.termination import InvalidRequest

DEFAULT_BATCH_SIZE = 256
_LEAST_STEPS_PER_EPOCH = 20  # small tables take smaller batches by default, or 50 epochs would be 50 steps
_LEAST_BATCH_SIZE = 16
_EVALUATION_ROWS = 8192


def batch_size(training: Training, rows: int) -> int:
    """As requested, else 256, or less where a table is too small for 20 steps of it."""
    return training.batch_size or min(DEFAULT_BATCH_SIZE, max(_LEAST_BATCH_SIZE, rows // _LEAST_STEPS_PER_EPOCH))


def fit_mlp(
    parameters: Mapping[str, Value],
    problem: Problem,
    train: Examples,
    validation: Examples,
    report: Report,
) -> Learned:
    """Reports every epoch as it ends. The same seed gives the same network on the CPU. Raises InvalidRequest (TrainingDiverged)."""
    shape = NetworkShape(
        inputs=train.features.shape[1],
        hidden=(int(parameters["hidden_width"]),) * int(parameters["hidden_layers"]),
        outputs=train.head.width,
        dropout=float(parameters["dropout"]),
    )
    device = torch.device(problem.device or default_device())
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):  # the seed is this network's, not the process's
        torch.manual_seed(problem.training.seed)
        loop = _Loop(problem, train.head, shape, float(parameters["weight_decay"]), device)
        return loop.run(train, validation, report)


class _Loop:
    """The state of one training run."""

    def __init__(self, problem: Problem, head: Head, shape: NetworkShape, weight_decay: float, device: torch.device) -> None:
        self.problem, self.head, self.shape, self.training = problem, head, shape, problem.training
        self.device = device
        self.network = shape.build().to(self.device)
        self.loss = head.loss()
        self.optimizer = _optimizer(self.training.optimizer or Optimizer(), self.network, weight_decay)
        self.cuda = self.device.type == "cuda"
        self.scaler = torch.amp.GradScaler(enabled=self.cuda)  # half precision where the GPU gains from it
        self.generator = torch.Generator().manual_seed(self.training.seed)

    def run(self, train: Examples, validation: Examples, report: Report) -> Learned:
        epochs = self.training.epochs or DEFAULT_EPOCHS
        patience = (self.training.early_stopping or EarlyStopping()).patience
        rows, targets = self._tensors(train)
        history: list[EpochReport] = []
        best_epoch, best_loss, best_weights = 0, math.inf, self._weights()
        for epoch in range(1, epochs + 1):
            done = self._finish_epoch(epoch, epochs, self._train_once(rows, targets), validation)
            history.append(done)
            report(done)
            if done.validation_loss < best_loss:
                best_epoch, best_loss, best_weights = epoch, done.validation_loss, self._weights()
            elif epoch - best_epoch >= patience:
                break
        self.network.load_state_dict(best_weights)
        return Learned(NetworkPredictor(self.shape, self.network, self.head, str(self.device)), tuple(history), best_epoch)

    def _tensors(self, examples: Examples) -> "tuple[torch.Tensor, torch.Tensor]":
        return torch.from_numpy(examples.features.astype(np.float32)), torch.from_numpy(np.asarray(examples.target)).to(self.head.dtype())

    def _weights(self) -> "dict[str, torch.Tensor]":
        return {name: tensor.detach().cpu().clone() for name, tensor in self.network.state_dict().items()}

    def _batches(self, rows: torch.Tensor, targets: torch.Tensor) -> "Iterator[tuple[torch.Tensor, torch.Tensor]]":
        for chosen in torch.split(torch.randperm(len(rows), generator=self.generator), batch_size(self.training, len(rows))):
            batch, wanted = rows[chosen], targets[chosen]
            if self.cuda:  # pinned memory is copied while the GPU computes
                batch, wanted = batch.pin_memory(), wanted.pin_memory()
            yield batch.to(self.device, non_blocking=True), wanted.to(self.device, non_blocking=True)

    def _train_once(self, rows: torch.Tensor, targets: torch.Tensor) -> float:
        """One pass over the rows; the mean loss."""
        self.network.train()
        total = torch.zeros((), device=self.device)
        for batch, wanted in self._batches(rows, targets):
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast(self.device.type, dtype=torch.float16, enabled=self.cuda):
                loss = self._loss_of(self.network(batch), wanted)
            self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            self.scaler.step(self.optimizer)
            self.scaler.update()
            total += loss.detach() * len(batch)  # read once per epoch: every read waits for the GPU
        return float(total) / len(rows)

    def _loss_of(self, outputs: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = self.loss(self.head.squeeze(outputs), wanted)
        return loss

    def _finish_epoch(self, epoch: int, epochs: int, train_loss: float, validation: Examples) -> EpochReport:
        loss, outputs = self._evaluate(validation)
        if not (math.isfinite(train_loss) and math.isfinite(loss)):
            raise InvalidRequest(
                Reason.TRAINING_DIVERGED,
                f"the loss was no longer a finite number in epoch {epoch} of {epochs}; lower spec.training.optimizer.learningRate"
                f" (it is {(self.training.optimizer or Optimizer()).learning_rate:g})",
            )
        metric = score(self.problem.metric, self.head.decode(validation.target), self.head.restore(outputs))  # in the target's own units
        return EpochReport(epoch, epochs, train_loss, loss, metric)

    def _evaluate(self, examples: Examples) -> tuple[float, NDArray[np.float64]]:
        """Mean loss, and probabilities or standardised values."""
        rows, targets = self._tensors(examples)
        self.network.eval()
        with torch.inference_mode():
            raw = torch.cat([self.network(part.to(self.device)).cpu() for part in torch.split(rows, _EVALUATION_ROWS)])
            loss = float(self._loss_of(raw, targets))
            outputs = self.head.activate(raw.double())
        return loss, outputs.numpy()


def _optimizer(wanted: Optimizer, network: torch.nn.Module, weight_decay: float) -> torch.optim.Optimizer:
    if wanted.name is OptimizerName.SGD:
        return torch.optim.SGD(network.parameters(), lr=wanted.learning_rate, momentum=0.9, weight_decay=weight_decay)
    kind = torch.optim.AdamW if wanted.name is OptimizerName.ADAMW else torch.optim.Adam
    return kind(network.parameters(), lr=wanted.learning_rate, weight_decay=weight_decay)
