"""Every calibrated curve says where it comes from."""

from roofline import ENGINES, GPUS
from roofline.constants import CONSTANTS
from roofline.provenance import provenance


def test_every_curve_of_every_engine_and_gpu_has_a_source():
    for engine in ENGINES:
        for gpu in GPUS.values():
            constants = CONSTANTS[engine, gpu.family]
            for curve in ("matrix", "experts", "decode", "prefill"):
                for number_format in getattr(constants, curve):
                    found = provenance(engine, gpu.family, curve, number_format)
                    assert found.source
                    assert found.date
                    assert found.rows or found.note, (engine, gpu.family, curve, number_format)
            for curve in ("stream", "collective", "overhead"):
                assert provenance(engine, gpu.family, curve).source


def test_what_the_file_does_not_have():
    assert provenance("vLLM", "Hopper", "matrix", "fp3") is None
