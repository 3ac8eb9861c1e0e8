"""The end of doctor while something is made outside it."""

from __future__ import annotations

import signal

import pytest

from doctor.trials.sandbox import leaving
from doctor.trials.sandbox.leaving import Ending, undisturbed


@pytest.fixture(autouse=True)
def usual():
    """Signals as they are in a terminal, whatever runs the tests; and afterwards as they were."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(signal.SIGINT, signal.default_int_handler)]
    before += [signal.signal(number, signal.SIG_DFL) for number in numbers[1:]]
    yield
    for number, what in zip(numbers, before, strict=True):
        signal.signal(number, what)


@pytest.mark.parametrize(
    ("number", "error"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)],
)
def test_only_the_first_signal_ends_it(number, error):
    ending = Ending()
    with pytest.raises(error):
        signal.raise_signal(number)
    for again in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.raise_signal(again)  # what was made is being removed
    ending.off()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_removal_that_takes_too_long_can_be_ended(monkeypatch):
    monkeypatch.setattr(leaving, "_PATIENCE", 0.0)
    ending = Ending()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    ending.off()


def test_a_signal_during_the_removal_comes_after_it():
    ending, done = Ending(), []

    def remove():
        with undisturbed():
            signal.raise_signal(signal.SIGINT)
            done.append("removed")

    with pytest.raises(KeyboardInterrupt):
        remove()
    ending.off()
    assert done == ["removed"]


def test_what_else_hears_signals_is_left_alone():
    heard = []
    signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    ending = Ending()
    signal.raise_signal(signal.SIGTERM)
    ending.off()
    assert heard == [signal.SIGTERM]
