"""The command line: a card, then one JSON line; bad input ends with 2 and a sentence."""

import json
import os
import subprocess
import sys

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.__main__ import main

LLAMA = "meta-llama/Llama-3.1-8B"


def answer(capsys, *arguments):
    """(card, document) of a run that succeeds."""
    assert main(list(arguments)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    *card, last = captured.out.splitlines()
    return "\n".join(card), json.loads(last)


def complaint(capsys, *arguments):
    """What a run that fails says; nothing goes to standard output."""
    assert main(list(arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1
    return captured.err


def expected(model, deployment=None, workload=None):
    row = estimate(model, deployment or Deployment(), workload or Workload()).to_dict()
    return {"model": model.name, "total_params": model.total_params} | row


def llama(name=LLAMA):
    return Model.from_config(CATALOGUE[LLAMA].config, name=name)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "my-llama.json"
    path.write_text(json.dumps(CATALOGUE[LLAMA].config), encoding="utf-8")
    return path


def test_a_catalogue_id_gives_the_estimate(capsys):
    assert answer(capsys, LLAMA)[1] == expected(llama())


def test_a_file_gives_the_estimate_under_its_own_name(capsys, config):
    assert answer(capsys, str(config))[1] == expected(llama("my-llama"))


def test_a_sidecar_is_read(capsys, tmp_path, config):
    sidecar = tmp_path / "hf_quant_config.json"
    sidecar.write_text(json.dumps({"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}), "utf-8")
    assert answer(capsys, str(config), "--sidecar", str(sidecar))[1]["kv_precision"] == "fp8"


def test_every_option_reaches_the_engine(capsys):
    options = """
        --gpu b200 --nodes 4 --tensor-parallel 2 --expert-parallel 4 --pipeline-parallel 2 --attention-data-parallel 4
        --precision fp8 --kv-precision fp8 --engine SGLang --memory-fraction 0.8 --max-running 64
        --max-batched-tokens 4096 --usd-per-gpu-hour 2.5 --utilization 0.5
        --input-tokens 1000.5 --output-tokens 300 --concurrency 99
    """
    deployment = Deployment(
        gpu="B200 SXM",
        nodes=4,
        tensor_parallel=2,
        expert_parallel=4,
        pipeline_parallel=2,
        attention_data_parallel=4,
        precision="fp8",
        kv_precision="fp8",
        engine="SGLang",
        memory_fraction=0.8,
        max_running=64,
        max_batched_tokens=4096,
        usd_per_gpu_hour=2.5,
        utilization=0.5,
    )
    workload = Workload(input_tokens=1000.5, output_tokens=300, concurrency=99)
    assert answer(capsys, LLAMA, *options.split())[1] == expected(llama(), deployment, workload)


def test_the_card_shows_the_figures_of_the_document(capsys):
    """8 replicas of one H200; 16.1 GB of weights; 131,072 bytes per token; $23,360 a month."""
    card, _ = answer(capsys, LLAMA, "--concurrency", "16")
    for figure in ("8,030,261,248", "8 x 1 GPUs, 0 idle", "16.1 GB", "131,072 B (fp16)", "16 / 16", "$23,360"):
        assert figure in card


def test_what_does_not_fit_is_an_answer(capsys):
    card, document = answer(capsys, "meta-llama/Llama-3.1-70B", "--gpu", "H100")
    assert "Does not fit" in card
    assert f"{document['shortfall_bytes_per_gpu'] / 1e9:.1f} GB" in card
    assert document["fits"] is False
    assert document["ttft_s"] is None


def test_without_a_price_the_card_says_so(capsys):
    card, document = answer(capsys, LLAMA, "--gpu", "H20")
    assert "$" not in card
    assert "- No list price is known for H20" in card
    assert document["usd_per_month"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--gpu", "A100"], ["'A100'", "H200 SXM"]),
        (["--engine", "TGI"], ["'TGI'", "SGLang"]),
        (["--precision", "int3"], ["'int3'", "fp8"]),
        (["--nodes", "0"], ["nodes", "1 to 100,000"]),
        (["--tensor-parallel", "3"], ["32 attention heads", "Use 1, 2"]),
        (["--tensor-parallel", "16"], ["16", "at most 8"]),
        (["--pipeline-parallel", "9"], ["needs 2 nodes"]),
        (["--input-tokens", "nan"], ["input_tokens"]),
        (["--concurrency", "-1"], ["concurrency"]),
        (["--utilization", "0"], ["utilization"]),
    ],
    ids=" ".join,
)
def test_bad_choices_end_with_what_to_do(capsys, arguments, words):
    message = complaint(capsys, LLAMA, *arguments)
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe{}", b"[" * 100_000, b'{"hidden_size": ' + b"9" * 5000 + b"}", b"null", b"[1, 2]", b'"text"'],
    ids=["empty", "cut off", "not UTF-8", "deep", "huge number", "null", "list", "string"],
)
def test_files_that_are_no_config_end_with_a_sentence(capsys, tmp_path, content):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    assert "config.json" in complaint(capsys, str(path))


def test_a_file_that_is_not_there_is_named(capsys, tmp_path):
    assert "nothing.json" in complaint(capsys, str(tmp_path / "nothing.json"))


def test_a_folder_is_no_config(capsys, tmp_path):
    assert str(tmp_path) in complaint(capsys, str(tmp_path))


def test_a_model_that_is_no_decoder_is_refused_by_name(capsys, tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"model_type": "resnet"}', encoding="utf-8")
    assert "resnet" in complaint(capsys, str(path))


@pytest.mark.parametrize("arguments", [[], [LLAMA, "--nodes", "two"], [LLAMA, "--tps", "8"]], ids=str)
def test_the_wrong_usage_is_explained(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: roofline" in capsys.readouterr().err


def shell(root, *arguments):
    environment = os.environ | {"PYTHONPATH": str(root / "py")}
    command = [sys.executable, "-m", "roofline", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_python_dash_m_prints_json_in_the_last_line(root):
    done = shell(root, LLAMA, "--gpu", "H100 SXM", "--tensor-parallel", "8")
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1]) == expected(llama(), Deployment(gpu="H100 SXM", tensor_parallel=8))


def test_python_dash_m_never_shows_a_traceback(root):
    done = shell(root, LLAMA, "--gpu", "abacus")
    assert done.returncode == 2
    assert done.stderr.startswith("unknown GPU 'abacus'")
    assert "Traceback" not in done.stderr
