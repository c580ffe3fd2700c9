"""A scenario and a model to an answer or a problem."""

from dataclasses import replace

from present import models
from present.solve import obstacle
from present.state import Scenario


def test_obstacles_say_why_a_degree_does_not_run():
    scenario = Scenario(model="meta-llama/Llama-3.1-70B", gpu="H100 SXM", tensor_parallel=4)
    model = models.bundled(scenario.model).model
    assert obstacle(scenario, model, 1) == "too little memory"
    assert obstacle(scenario, model, 3) == "does not divide the model"
    assert obstacle(scenario, model, 4) == ""
    assert obstacle(scenario, model, 16) == "more than NVLink joins"
    assert obstacle(replace(scenario, pipeline_parallel=2), model, 8) == "needs more nodes"
