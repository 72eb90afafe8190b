"""Outcomes that are kept: which runs are made, and which are not."""

from dataclasses import dataclass
from operator import attrgetter

import pytest

from cosim.workbench.errors import CosimError
from cosim.workbench.kept_outcomes import JOURNAL, KeptOutcomes, outcomes_made_by
from cosim.workbench.placement import Placement
from cosim.workbench.task import Task
from ebn_model.errors import InputError


@dataclass(frozen=True)
class Square:
    """A run whose outcome is a square."""

    number: int
    label = "square"
    length = 1.0


MADE: list[int] = []


def square(run, _notify):
    MADE.append(run.number)
    return {"square": run.number**2}


TASK = Task(square, attrgetter("label"))


@pytest.fixture
def pool():
    MADE.clear()
    with Placement(1).pool() as one:
        yield one


def squares(*numbers):
    return {str(number): Square(number) for number in numbers}


def test_only_what_is_missing_is_made(tmp_path, pool):
    path = tmp_path / "finished.jsonl"
    assert KeptOutcomes(path, "try", pool).of(squares(2, 3), TASK, "squares")["3"] == {"square": 9}
    found = KeptOutcomes(path, "try", pool).of(squares(3, 4), TASK, "squares")
    assert found == {"3": {"square": 9}, "4": {"square": 16}}
    assert MADE == [2, 3, 4]


def test_a_run_whose_files_changed_meanwhile_is_not_kept(tmp_path, pool):
    path, edited = tmp_path / "finished.jsonl", []

    def make(run, _notify):
        if run.number == 3:
            edited.append(run.number)
        return square(run, _notify)

    task = Task(make, attrgetter("label"), key=lambda run: f"{run.number}{'edited' * len(edited)}")
    with pytest.raises(CosimError, match="square: a file that it follows from was changed while"):
        KeptOutcomes(path, "try", pool).of(squares(2, 3, 4), task, "squares")
    assert KeptOutcomes(path, "try").of(squares(2), TASK, "squares") == {"2": {"square": 4}}
    with pytest.raises(InputError, match="no current results of 2 of 2 squares"):
        KeptOutcomes(path, "try").of(squares(3, 4), TASK, "squares")


def test_keys_may_be_made_in_another_way_than_the_task_s(tmp_path, pool):
    kept = KeptOutcomes(tmp_path / "finished.jsonl", "try", pool)
    assert kept.of(squares(2), TASK, "squares", lambda key: key) == {"2": {"square": 4}}
    with pytest.raises(CosimError, match="was changed while it ran"):
        kept.of(squares(3), TASK, "squares", lambda key: f"{key}, edited")


def test_with_force_each_is_made_anew_once(tmp_path, pool):
    path = tmp_path / "finished.jsonl"
    KeptOutcomes(path, "try", pool).of(squares(2), TASK, "squares")
    forced = KeptOutcomes(path, "try", pool, force=True)
    forced.of(squares(2), TASK, "squares")
    forced.of(squares(2, 3), TASK, "squares")
    assert MADE == [2, 2, 3]


def test_without_a_pool_what_is_missing_is_an_error(tmp_path, pool):
    path = tmp_path / "finished.jsonl"
    KeptOutcomes(path, "try", pool).of(squares(2), TASK, "squares")
    with pytest.raises(InputError, match=r"results of 1 of 2 squares of try in .*run"):
        KeptOutcomes(path, "try").of(squares(2, 3), TASK, "squares")


def test_what_was_not_asked_for_is_dropped(tmp_path, pool):
    path = tmp_path / "finished.jsonl"
    KeptOutcomes(path, "try", pool).of(squares(2, 3), TASK, "squares")
    kept = KeptOutcomes(path, "try", pool)
    kept.of(squares(3), TASK, "squares")
    kept.drop_others()
    with pytest.raises(InputError, match="1 of 1"):
        KeptOutcomes(path, "try").of(squares(2), TASK, "squares")


def test_outcomes_that_nobody_asked_for_are_forgotten_once_all_are_made(tmp_path):
    path = tmp_path / JOURNAL
    with outcomes_made_by(Placement(1).pool(), path, "try") as kept:
        kept.of(squares(2, 3), TASK, "squares")
    with outcomes_made_by(Placement(1).pool(), path, "try") as kept:
        kept.of(squares(2), TASK, "squares")
    with pytest.raises(InputError, match="1 of 1"):
        KeptOutcomes(path, "try").of(squares(3), TASK, "squares")


def test_what_is_broken_off_forgets_nothing(tmp_path):
    path = tmp_path / JOURNAL
    with outcomes_made_by(Placement(1).pool(), path, "try") as kept:
        kept.of(squares(2), TASK, "squares")
    with (
        pytest.raises(KeyboardInterrupt),
        outcomes_made_by(Placement(1).pool(), path, "try"),
    ):
        raise KeyboardInterrupt
    assert KeptOutcomes(path, "try").of(squares(2), TASK, "squares") == {"2": {"square": 4}}
