"""Settings that all networks whose neurons are dies have in common."""

from typing import Annotated, Any

from annotated_types import Ge
from pydantic import Field

from cosim.circuits.bias_tables import TableOrPath, read_biases
from cosim.circuits.conditions import Conditions
from ebn_model.errors import InputError
from ebn_model.network.parameters import TaskParameters


class NetworkOfDies(Conditions):
    """A network whose neurons are dies; conditions are those of all dies.

    biases: table of the rows. configuration, parameters, task: of the network, as in other
    experiments. first_die: number of the die that is the first neuron; each further one is the next
    die. Dies below 10000 have served to choose.
    """

    title: str = ""
    biases: TableOrPath = "network"
    configuration: str = "hardware"
    parameters: dict[str, Any] = Field(default_factory=dict)
    task: TaskParameters = TaskParameters()
    first_die: Annotated[int, Ge(0)] = 10000

    def check(self, source: str) -> None:
        """Raise InputError for one die for all neurons, naming the source, or an unknown table."""
        if self.die is not None:
            raise InputError(f"{source}: die: state first_die instead; each neuron is a die")
        read_biases(self.biases, self.technology)
