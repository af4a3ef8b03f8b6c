"""What a controller wants to be done about one object."""

from dataclasses import dataclass

from modelyard_operator.kube.interface import Object


@dataclass(frozen=True)
class Decision:
    """Carried out top to bottom; what fails halfway is decided again from what is there then."""

    create: tuple[Object, ...] = ()
    status: Object | None = None  # the whole status; None: as it is
    delete: tuple[Object, ...] = ()
