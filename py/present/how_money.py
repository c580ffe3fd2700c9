"""Formulas of energy and of the break-even against a hosted API."""

from present.formula import Origin, Quantity, over, times, total
from present.how_cost import usd_per_month
from present.how_serving import replica_tokens_per_s
from present.how_weights import gpus_per_replica, replicas
from present.money import Rate
from present.working import Working, from_figure
from roofline.cost import HOURS_PER_MONTH, MILLION
from roofline.energy import power_figures
from roofline.hosted import DAYS_PER_MONTH


def gpu_w(work: Working, pue: float | None) -> Quantity:
    """Power of one GPU with its share of node and building."""
    gpu, figures = work.deployment.gpu_data, power_figures()
    assert gpu.tdp_w is not None
    share, node = figures.power_share[gpu.generation], figures.node_factor
    building = (
        from_figure("PUE of the building", figures.pue.si_known, "", Origin.ASSUMED, figures.pue)
        if pue is None
        else work.yours("PUE of the building", pue)
    )
    formula = times(
        work.datasheet("board power", "tdp", gpu.tdp_w, "W"),
        from_figure("share that serving draws", share.si_known, "", Origin.MEASURED, share),
        from_figure("node over its GPUs", node.si_known, "", Origin.MEASURED, node),
        building,
    )
    return Quantity("power of a GPU with node and building", formula.value(), "W", formula=formula)


def joules_per_output_token(work: Working, pue: float | None) -> Quantity:
    """Power of a replica over its sustained output."""
    formula = over(times(gpus_per_replica(work), gpu_w(work, pue)), replica_tokens_per_s(work))
    return Quantity("energy per output token", formula.value(), "J", formula=formula)


def kwh_per_month(work: Working, pue: float | None) -> Quantity:
    """All replicas, in the busy part of the month."""
    hours = Quantity("hours of a month", HOURS_PER_MONTH, origin=Origin.ASSUMED)
    busy = work.yours("utilization", work.deployment.utilization)
    running = times(replicas(work), gpus_per_replica(work), gpu_w(work, pue))
    formula = over(times(running, hours, busy), 1000.0)
    return Quantity("energy of a month", formula.value(), "kWh", formula=formula)


def break_even_tokens_per_day(work: Working, rate: Rate, origin: Origin, source: str, date: str) -> Quantity:
    """Tokens a day whose hosted price is the month's bill."""

    def hosted(name: str, usd: float) -> Quantity:
        return Quantity(name, usd, "USD", origin, source, date)

    charged = total(
        times(work.input_tokens, hosted("hosted price of a million input tokens", rate.input_usd_per_million)),
        times(work.output_tokens, hosted("hosted price of a million output tokens", rate.output_usd_per_million)),
    )
    request = Quantity(
        "hosted price of a request", over(charged, MILLION).value(), "USD", formula=over(charged, MILLION)
    )
    requests = over(usd_per_month(work), request)
    days = Quantity("days of a month", DAYS_PER_MONTH, origin=Origin.ASSUMED)
    formula = over(times(requests, total(work.input_tokens, work.output_tokens)), days)
    return Quantity("break-even tokens a day", formula.value(), "tokens", formula=formula)
