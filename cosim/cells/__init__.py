"""Datasheet of the cells: each bench run, measured, judged against its specification and drawn.

A bench is netlists/benches/NAME.cir (stimuli), NAME.toml beside it (specification) and the module
`cosim.cells.benches.NAME`, which has two functions:

    measure(vectors) -> dict[str, float]   quantities, in SI units or percent, by their names in
                                           the specification; raises SimulationError where the
                                           cell shows no behaviour of the kind
    draw(axes, vectors, values) -> None    a figure on one matplotlib Axes, one column wide

Both see the bench's vectors only: what the stimuli are is read from the vectors too, so that it
is said once, in the netlist.
"""
