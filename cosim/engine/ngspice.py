"""The ngspice library, hardened: a run either gives complete data or raises an error."""

from __future__ import annotations

import difflib
import logging
import re
import shutil
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
from PySpice.Spice.NgSpice.Shared import NgSpiceShared, ffi

from cosim.engine.alone import alone_in, own_folder
from cosim.engine.closed_loop import ClosedLoop, Controller, Corners
from cosim.engine.deck import Deck
from cosim.engine.devices import (
    Alter,
    Alteration,
    altered_text,
    check_capacitors,
    listed_transistors,
)
from cosim.engine.instances import check_instances
from cosim.engine.inventory import transistors as count_transistors
from cosim.engine.job import Job, PartOfVectors, Reading
from cosim.engine.libraries import loadable
from cosim.engine.library import find_library
from cosim.engine.measures import PREFIX, measured, stated_measures
from cosim.engine.messages import deck_fault, run_fault, without_pause
from cosim.engine.operating_point import (
    OperatingPoint,
    deck_for_start,
    starts_at_operating_point,
    voltages,
)
from cosim.workbench.errors import CosimError, DeckError, SimulationError

_messages = logging.getLogger(__name__)

TimeListener = Callable[[float], None]

# ngspice overruns a buffer and dies where a command is longer than about a thousand characters.
_MAX_NAMES_LENGTH = 600

_BEFORE_THE_END = 2.0**-49
"""Distance of a run's last time point from its end where code is called at each time point,
relative to the end: some 10 units in the last place. ngspice then takes a minimal step off any step
that would go beyond the end, be it by a rounding error, and since version 44 ends only within 100
units of it: for what is left, any step is too small for it."""
_SCALES = ("time", "frequency")
_ROUNDING = 1e-12
"""A step that leaves no more than this, in s, leads to the end."""


def _guarded(callback: Callable) -> Callable:
    """Keep an exception for `simulate` to raise: ngspice, the caller, would only print it."""

    @wraps(callback)
    def call(self: NgSpice, *arguments: Any) -> int:
        try:
            return callback(self, *arguments) or 0
        except BaseException as error:
            self._callback_error = self._callback_error or error
            return 0

    return call


class NgSpice(NgSpiceShared):
    """The ngspice library of this process, which can have only one: its state is global."""

    # PySpice logs each note of ngspice as an error; here the messages are judged, not shown.
    _logger = logging.getLogger(f"{__name__}.pyspice")
    _logger.setLevel(logging.CRITICAL + 1)

    _exists = False

    def __init__(self) -> None:
        """Load the library; raises CosimError where there is none, or for a second one."""
        if NgSpice._exists:
            raise CosimError("this process already has an NgSpice; use that one")
        self.LIBRARY_PATH = find_library()
        self._callback_error: BaseException | None = None
        self._detached = False
        self._on_percent: TimeListener | None = None
        self._t_stop: float | None = None
        self._loop: ClosedLoop | None = None
        self._readings: Mapping[str, Reading] = {}
        self._sync_c = None
        self._folder = own_folder()
        with alone_in(self._folder):
            super().__init__()
        NgSpice._exists = True
        # Processes, one for each run, make better use of the processors than ngspice's threads.
        self._command("set num_threads=1")

    def simulate(self, job: Job, on_progress: TimeListener | None = None) -> dict[str, np.ndarray]:
        """Run the one analysis of the job's deck.

        Returns float64 arrays of shape (points,), in SI units: each of `job.vectors` under its
        lower-case name, or all that were saved under ngspice's names, and always the scale
        (`time`, `v-sweep`, `frequency`) of an analysis that has one; and the record of the job's
        controller. Of .noise there are the spectra, not their totals.

        on_progress gets the simulated time in s a few times per second of computing. What it or
        the controller raises is raised here; what the controller raises also stops the run.

        Raises DeckError, SimulationError or LostEdgeError; CosimError where an earlier deck has
        left the library unusable, so that only a new process helps.
        """
        try:
            self._listen(job.t_stop, on_progress)
            self._readings = job.readings
            controller = job.controller() if job.controller else None
            start = self._find_start(job, controller)
            deck = start.start_of(job.deck) if start else job.deck
            altered = self._load(deck, job.alter)
            self._close_loop(controller)
            printed, errors = len(self._stdout), len(self._stderr)
            self._run(deck)
            vectors = self._vectors(job.vectors)
            values, failed = measured(
                stated_measures(job.deck), self._stdout[printed:], self._stderr[errors:]
            )
            vectors |= {f"{PREFIX}{name}": np.array([value]) for name, value in values.items()}
            unread = {**job.unread, **{f"{PREFIX}{name}": why for name, why in failed.items()}}
            job.check(vectors)
            if start:
                start.check(vectors)
            if job.deck_path:
                job.deck_path.parent.mkdir(parents=True, exist_ok=True)
                job.deck_path.write_text(altered_text(deck, altered), encoding="utf-8")
            if job.raw_path:
                self._write_raw(job.raw_path, job.vectors)
        except CosimError as error:
            raise type(error)(f"{job.label}: {error}") from None
        if controller:
            vectors |= controller.record()
        return PartOfVectors(vectors, unread) if unread else vectors

    def _listen(self, t_stop: float | None, on_progress: TimeListener | None) -> None:
        self._callback_error = None
        self._on_percent = None
        self._t_stop = t_stop
        if on_progress and t_stop:
            self._on_percent = lambda percent: on_progress(percent / 100 * t_stop)

    def _find_start(self, job: Job, controller: Controller | None) -> OperatingPoint | None:
        """The operating point of a transient, checked; None where it begins without one."""
        if job.t_stop is None:
            if job.check_start:
                self._check_operating_point(job)
            return None
        if not starts_at_operating_point(job.deck):
            return None
        self._loop = None
        deck = deck_for_start(job.deck)
        self._load(deck, job.alter)
        if controller:
            for source, level in controller.levels.items():
                self._drive(source, (0.0, level, controller.edge, level))
        self._run_to_first_point(deck)
        found = {name.lower(): self._last_value(name) for name in self._saved(self.last_plot)}
        values = {name.lower(): self._last_value(name) for name in job.vectors}
        if job.check_start:
            job.check_start(self._last_value)
        return OperatingPoint(voltages(found), values or found)

    def _check_operating_point(self, job: Job) -> None:
        """Before an analysis that finds its own operating points, of which this is the first."""
        deck = deck_for_start(job.deck)
        self._load(deck, job.alter)
        self._command("op")
        self._raise_faults(deck)
        if fault := run_fault(self._stderr):
            raise SimulationError(fault)
        if job.check_start:
            job.check_start(self._last_value)

    def _close_loop(self, controller: Controller | None) -> None:
        if controller is None:
            self._loop = None
            return
        # On demand, as it costs 1 us per time point, and for good, as ngspice never forgets it.
        if self._sync_c is None:
            self._sync_c = ffi.callback("GetSyncData", self._sync)
            self._ngspice_shared.ngSpice_Init_Sync(
                self._get_vsrc_data_c,
                self._get_isrc_data_c,
                self._sync_c,
                self._ngspice_id,
                self._self_c,
            )
        self._loop = ClosedLoop(
            controller, self._last_value, self._drive, self._ngspice_shared.ngSpice_SetBkpt
        )

    def _load(self, deck: Deck, alter: Alter | None) -> list[Alteration]:
        """Load a deck, and change its transistors; returns what was changed."""
        if self._detached:
            raise CosimError("an earlier deck has left ngspice unusable; start a new process")
        # A deck that ngspice refuses would leave the one before in place for `run`.
        self._command("destroy all")
        self._command("remcirc")
        self.clear_output()
        deck.check_definitions()
        check_instances(deck)
        # Without it, random parameters would be others in each run.
        self._command("setseed 1")
        with loadable(deck.text.split("\n")) as texts:
            lines = [ffi.new("char[]", text.encode()) for text in texts]
            self._ngspice_shared.ngSpice_Circ(ffi.new("char *[]", [*lines, ffi.NULL]))
        deck.check_files()
        fault = deck_fault(self._stderr, deck)
        if fault or self._detached:
            raise DeckError(fault or self._last_messages())
        known = len(self._stdout)
        self._command("listing expand")
        listing = self._stdout[known:]
        check_capacitors(listing, deck)
        return self._altered(deck, alter, listing) if alter else []

    def _altered(self, deck: Deck, alter: Alter, listing: list[str]) -> list[Alteration]:
        transistors = listed_transistors(listing)
        if len(transistors) != count_transistors(deck):
            raise DeckError(f"of the deck's transistors, ngspice lists {len(transistors)} only")
        known = len(self._stderr)
        alterations = list(alter(transistors))
        for alteration in alterations:
            self._command(alteration.command)
        if faults := self._stderr[known:]:
            raise DeckError(f"transistors can't be altered: {' '.join(faults)}")
        return alterations

    def _run(self, deck: Deck) -> None:
        loaded = len(self._stdout)
        self._command("run")
        self._raise_faults(deck)
        rows = re.search(r"No\. of Data Rows : [1-9]", "\n".join(self._stdout[loaded:]))
        fault = run_fault(self._stderr)
        if fault or not rows or self._detached:
            raise SimulationError(fault or self._last_messages())

    def _run_to_first_point(self, deck: Deck) -> None:
        self._command("stop after 1")
        self._command("run")
        self._command("delete all")
        self._raise_faults(deck)
        paused = "tran" in self.last_plot and not self._detached
        fault = run_fault(without_pause(self._stderr) if paused else self._stderr)
        if fault or not paused:
            raise SimulationError(fault or self._last_messages())

    def _raise_faults(self, deck: Deck) -> None:
        if self._callback_error:
            raise self._callback_error
        if fault := deck_fault(self._stderr, deck):
            raise DeckError(fault)

    def _vectors(self, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        saved = self._saved(self._plot())
        scale = [name for name in saved if name in _SCALES or name.endswith("-sweep")]
        wanted = [*scale, *names] if names else [*saved, *self._readings]
        return {name.lower(): self._read(name, saved[0]) for name in wanted}

    def _plot(self) -> str:
        """The plot of the one analysis, which becomes the current one; of .noise, the spectra's."""
        plots = [plot for plot in self.plot_names if plot != "const"]
        if len(plots) == 2 and all(plot.startswith("noise") for plot in plots):
            # The later one has totals, which the spectra make, too.
            plots = [min(plots, key=lambda plot: int(plot.removeprefix("noise")))]
            self._command(f"setplot {plots[0]}")
        if len(plots) != 1:
            raise DeckError(f"one analysis is expected, but the deck ran {', '.join(plots)}")
        return plots[0]

    def _saved(self, plot: str) -> list[str]:
        return self._convert_string_array(self._ngspice_shared.ngSpice_AllVecs(plot.encode()))

    def _read(self, name: str, known: str) -> np.ndarray:
        """A vector, which may be made of several; `known`: one that there is."""
        if name not in self._readings:
            return self._vector(name).copy()
        total = np.zeros(len(self._vector(known)))
        for factor, term in self._readings[name]:
            total += factor * self._vector(term) if term else factor
        return total

    def _vector(self, name: str) -> np.ndarray:
        """A vector of the current plot, as it is, in ngspice's memory."""
        info = self._ngspice_shared.ngGet_Vec_Info(name.encode())
        if info == ffi.NULL or info.v_realdata == ffi.NULL:
            saved = self._saved(self.last_plot)
            close = difflib.get_close_matches(name, saved, n=5, cutoff=0)
            raise DeckError(f"no real vector {name} was saved; the nearest are {', '.join(close)}")
        return np.frombuffer(ffi.buffer(info.v_realdata, 8 * info.v_length))

    def _last_value(self, name: str) -> float:
        terms = self._readings.get(name, ((1.0, name),))
        return sum(
            factor * float(self._vector(term)[-1]) if term else factor for factor, term in terms
        )

    def _drive(self, source: str, corners: Corners) -> None:
        known = len(self._stderr)
        # Not as an external source, whose callback would cost 1 us per source and iteration.
        self._command(f"alter @{source}[pwl] = [ {' '.join(map(repr, corners))} ]")
        if faults := self._stderr[known:]:
            raise DeckError(f"source {source} can't be driven: {' '.join(faults)}")

    def _write_raw(self, path: Path, names: tuple[str, ...]) -> None:
        terms = (self._readings.get(name, ((1.0, name),)) for name in names)
        vectors = " ".join(term for reading in terms for _, term in reading if term)
        if len(vectors) > _MAX_NAMES_LENGTH:
            vectors = "all"
        path = path.absolute()
        # Under a plain name first: ngspice can't write to a path with a space.
        with alone_in(self._folder):
            self._command(f"write out.raw {vectors}")
        file = Path(self._folder.name, "out.raw")
        if not file.exists():
            raise SimulationError(self._last_messages())
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(file, path)

    def _command(self, command: str) -> None:
        self._ngspice_shared.ngSpice_Command(command.encode())

    def _last_messages(self) -> str:
        return "ngspice gave up; its last messages: " + " | ".join(
            (self._stdout + self._stderr)[-8:]
        )

    @_guarded
    def _send_char(self, message: Any, _id: int, _user: Any) -> None:
        stream, _, text = ffi.string(message).decode(errors="replace").partition(" ")
        _messages.debug(text)
        (self._stderr if stream == "stderr" else self._stdout).append(text)

    @_guarded
    def _send_stat(self, message: Any, _id: int, _user: Any) -> None:
        if self._on_percent and (match := re.match(rb"tran: *([\d.]+)%", ffi.string(message))):
            self._on_percent(float(match[1]))

    @_guarded
    def _exit(self, *_arguments: Any) -> None:
        self._detached = True

    @_guarded
    def _get_vsrc_data(self, _level: Any, _time: float, name: Any, _id: int, _user: Any) -> None:
        raise DeckError(f"{ffi.string(name).decode()} is external, but nothing drives it")

    _get_isrc_data = _get_vsrc_data

    def _sync(
        self,
        time: float,
        step: Any,
        _old_step: float,
        redo: int,
        _id: int,
        location: int,
        _user: Any,
    ) -> int:
        """Called by ngspice twice per time point: accepted (0), and solved or rejected (1)."""
        if location == 0:
            self._step_done(time, step)
        elif self._callback_error:
            # There is no other way to stop a run than an impossible time step.
            step[0] = 0
            return 1
        return redo

    @_guarded
    def _step_done(self, time: float, step: Any) -> None:
        if self._loop and not self._callback_error:
            step[0] = self._loop.next_step(time, step[0])
        if self._t_stop:
            last_point = self._t_stop * (1 - _BEFORE_THE_END)
            if time + step[0] > last_point - _ROUNDING:
                step[0] = last_point - time
