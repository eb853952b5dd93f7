"""What was asked for: what one run and many members say of it alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario import PropagationRequest

__all__ = ["Asked"]


class Asked:
    """A result of a request."""

    def __init__(self, request: PropagationRequest) -> None:
        self._request = request

    @property
    def id(self) -> str:
        """The id of the result, by which a server of Porta knows it: `/propagate/<id>`."""
        return self._request.id

    @property
    def steps(self) -> int:
        """The number of steps, of each member: as asked for, or as an order has come to."""
        return self._request.steps

    @property
    def seed(self) -> int:
        """The seed, of all members."""
        return self._request.trajectory.seed

    @property
    def scenario(self) -> dict[str, Any]:
        """The scenario as JSON has it: a copy, to be changed and propagated as another one."""
        return self._request.trajectory.scenario.to_json()

    @property
    def request(self) -> dict[str, Any]:
        """The request as JSON has it: what a server of Porta takes."""
        return self._request.to_json()
