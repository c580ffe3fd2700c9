"""Answers to look at."""

import pytest

from present import models
from present.cards import Answer
from present.solve import solve
from present.state import Scenario


@pytest.fixture
def answer():
    """A function: the answer for a scenario of bundled models (keywords as in Scenario)."""

    def found(**fields) -> Answer:
        scenario = Scenario(**fields)
        loaded = models.manual(scenario) if scenario.manual else models.bundled(scenario.model)
        outcome = solve(scenario, loaded)
        assert isinstance(outcome, Answer), outcome
        return outcome

    return found


@pytest.fixture
def problem():
    """A function: the problem that a scenario of bundled models ends in."""

    def found(**fields):
        scenario = Scenario(**fields)
        loaded = models.manual(scenario) if scenario.manual else models.bundled(scenario.model)
        outcome = solve(scenario, loaded)
        assert not isinstance(outcome, Answer), "expected a problem"
        return outcome

    return found
