"""The result for programs is JSON and says the same in the shell and on the page."""

import json

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.__main__ import main
from roofline.document import document

NAME = "meta-llama/Llama-3.1-70B"


@pytest.mark.parametrize("degree", [1, 8])
def test_the_shell_prints_it_as_its_last_line(capsys, degree):
    model = Model.from_config(CATALOGUE[NAME].config, name=NAME)
    made = document(model, estimate(model, Deployment(tensor_parallel=degree), Workload()))
    assert main([NAME, "--tensor-parallel", str(degree)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == json.loads(json.dumps(made, allow_nan=False))
    assert made["model"] == NAME and made["total_params"] == model.total_params
    assert made["fits"] is (degree == 8)
