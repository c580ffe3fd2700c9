"""GPU figures: dense, sourced, in SI, found by every usual name."""

import json
import re
from pathlib import Path

import pytest

from roofline.errors import DeploymentError
from roofline.gpus import GPUS, find_gpu

FILES = Path(__file__).resolve().parents[3] / "py" / "roofline" / "data"
FIGURES = {
    "marketed_memory",
    "driver_memory",
    "engine_memory",
    "hbm_bandwidth",
    "bf16_dense",
    "fp8_dense",
    "fp4_dense",
    "int8_dense",
    "nvlink_one_way",
    "pcie_one_way",
    "nic",
    "gpus_per_node",
    "nvlink_group",
    "tensor_parallel_domain",
    "tdp",
}
WORDS = {"aliases", "generation", "family"}
# Headline figures with 2:4 sparsity, in TFLOPS, by the format that they are printed for (datasheets as quoted by the
# sources of gpus.json).
SPARSE = {
    "bf16_dense": {1979, 1978.9, 1513, 1671, 4500, 5000, 936},
    "fp8_dense": {3958, 3957.8, 3026, 3341, 9000, 10000, 1871},
    "fp4_dense": {18000, 20000, 4000, 3742},
    "int8_dense": {3958, 3957.8, 3026, 3341, 9000, 10000},
}
# The dense FP8 rate is twice the BF16 rate; datasheets round each by itself.
ROUNDING = 0.002


def raw():
    return json.loads((FILES / "gpus.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", GPUS)
def test_has_exactly_the_known_figures(name):
    assert set(raw()[name]) == FIGURES | WORDS


@pytest.mark.parametrize("name", GPUS)
def test_every_figure_says_where_and_when(name):
    for key, figure in GPUS[name].figures.items():
        assert figure.source, (name, key)
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", figure.date), (name, key)
        assert figure.confidence in {"A", "B", "C"}, (name, key)
        assert figure.value is not None or figure.note, (name, key)


@pytest.mark.parametrize("name", GPUS)
def test_fp8_runs_at_twice_the_dense_bf16_rate(name):
    gpu = GPUS[name]
    assert gpu.fp8_flop_per_s / gpu.bf16_flop_per_s == pytest.approx(2, rel=ROUNDING)


@pytest.mark.parametrize("name", GPUS)
def test_only_blackwell_has_fp4(name):
    gpu = GPUS[name]
    assert (gpu.fp4_flop_per_s is not None) == (gpu.generation == "Blackwell")


@pytest.mark.parametrize("name", GPUS)
def test_fp4_is_twice_fp8_or_three_times_on_blackwell_ultra(name):
    gpu = GPUS[name]
    if gpu.fp4_flop_per_s is not None:
        assert gpu.fp4_flop_per_s / gpu.fp8_flop_per_s == pytest.approx(
            3 if gpu.family == "Blackwell Ultra" else 2, rel=ROUNDING
        )


@pytest.mark.parametrize("name", GPUS)
@pytest.mark.parametrize("field", SPARSE)
def test_no_rate_is_a_sparse_headline(name, field):
    assert GPUS[name].figures[field].value not in SPARSE[field]


@pytest.mark.parametrize("name", GPUS)
def test_engine_memory_is_below_what_the_driver_shows_and_what_is_marketed(name):
    gpu = GPUS[name]
    assert gpu.memory_bytes < gpu.marketed_memory_bytes * 1.075  # 80 GB cards hold 80 GiB less a reserve
    if gpu.driver_memory_bytes is not None:
        assert 0.985 < gpu.memory_bytes / gpu.driver_memory_bytes < 1


@pytest.mark.parametrize(
    ("name", "memory_gib", "hbm_tb_s", "bf16_tflops", "nvlink_gb_s"),
    [
        ("H100 SXM", 79.2, 3.35, 989.4, 450),
        ("H200 SXM", 139.8, 4.8, 989.4, 450),
        ("B200 SXM", 178.35, 7.7, 2250, 900),
        ("B300 SXM", 267.69, 7.7, 2250, 900),
        ("GB200", 184.31, 8.0, 2500, 900),
        ("GB300", 276.62, 8.0, 2500, 900),
    ],
)
def test_figures_arrive_in_si(name, memory_gib, hbm_tb_s, bf16_tflops, nvlink_gb_s):
    gpu = GPUS[name]
    assert gpu.memory_bytes == pytest.approx(memory_gib * 2**30)
    assert gpu.hbm_bytes_per_s == pytest.approx(hbm_tb_s * 1e12)
    assert gpu.dense_flop_per_s("bf16") == pytest.approx(bf16_tflops * 1e12)
    assert gpu.nvlink_bytes_per_s == pytest.approx(nvlink_gb_s * 1e9)


def test_network_rates_are_bytes_not_bits():
    assert GPUS["H100 SXM"].nic_bytes_per_s == 50e9


def test_a_node_is_eight_gpus_and_four_in_a_rack_of_72():
    assert {name: gpu.gpus_per_node for name, gpu in GPUS.items() if gpu.gpus_per_node != 8} == {"GB200": 4, "GB300": 4}
    assert {name for name, gpu in GPUS.items() if gpu.nvlink_domain_gpus == 72} == {"GB200", "GB300"}


def test_tensor_parallelism_without_nvlink_uses_pcie():
    card = GPUS["H100 PCIe"]
    assert card.nvlink_bytes_per_s is None
    assert card.interconnect_bytes_per_s == card.pcie_bytes_per_s == 64e9


def test_bridged_cards_speak_nvlink_in_small_groups_only():
    card = GPUS["H100 NVL"]
    assert card.link_bytes_per_s(2) == 300e9
    assert card.link_bytes_per_s(4) == card.interconnect_bytes_per_s == 64e9


@pytest.mark.parametrize("name", GPUS)
def test_some_link_joins_the_gpus_of_a_domain(name):
    assert GPUS[name].interconnect_bytes_per_s > 0


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("h100", "H100 SXM"),
        ("  H200   sxm ", "H200 SXM"),
        ("GH200", "GH200"),
        ("gh200 96gb", "GH200"),
        ("b200", "B200 SXM"),
    ],
)
def test_usual_names_are_found(asked, found):
    assert find_gpu(asked).name == found


@pytest.mark.parametrize("asked", ["", "H1000", "MI300X", None, 3])
def test_unknown_names_are_refused_with_a_hint(asked):
    with pytest.raises(DeploymentError) as caught:
        find_gpu(asked)
    assert caught.value.code == "unknown-gpu"
    assert "H200 SXM" in caught.value.hint


def test_no_two_gpus_share_a_name():
    names = [name.casefold() for gpu in GPUS.values() for name in (gpu.name, *gpu.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "usd", "providers"),
    [("H100 SXM", 3.89, 12), ("H200 SXM", 4.0, 9), ("B200 SXM", 6.03, 9), ("GH200", 2.29, 1)],
)
def test_price_is_the_median_of_the_providers(name, usd, providers):
    price = GPUS[name].price
    assert price.usd_per_gpu_hour == usd
    assert price.providers == providers


def test_gpus_that_nobody_lists_have_no_price():
    assert {name for name, gpu in GPUS.items() if gpu.price is None} == {"H100 NVL", "H200 NVL", "H20", "GH200 144GB"}


def test_prices_lie_between_lowest_and_highest():
    for gpu in GPUS.values():
        if gpu.price is None:
            continue
        price = gpu.price
        assert price.low_usd_per_gpu_hour <= price.usd_per_gpu_hour <= price.high_usd_per_gpu_hour
        assert price.figure.source
        assert re.fullmatch(r"20\d\d(-\d\d){0,2}", price.figure.date)


def test_prices_have_no_orphan():
    assert set(json.loads((FILES / "prices.json").read_text(encoding="utf-8"))) <= set(GPUS)


def test_prices_follow_from_the_table_of_list_prices(facts):
    import hardware

    table = facts / "hardware" / "prices.csv"
    for name, made in {"prices": hardware.prices(table), "offers": hardware.offers(table)}.items():
        assert made == json.loads((FILES / f"{name}.json").read_text(encoding="utf-8"))
