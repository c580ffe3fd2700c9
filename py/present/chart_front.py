"""Cost against speed: the deployments of which none is both cheaper and faster."""

from collections.abc import Sequence

from present import found, text
from present.charts import Axis, Chart, Datum, Layer, Table, dots
from roofline.search import Candidate

COLUMNS = ("Hardware", "Layout", "$ per month", "Tokens/s per user", "TTFT")
MAX_TIMES_CHEAPEST = 25
"""Cost up to which the chart goes: beyond, much money buys little speed."""

MAX_COLOURS = 5
"""GPUs with a colour of their own; all others share one."""

OTHERS = "other GPUs"


def front_chart(front: Sequence[Candidate], chosen: int | None = None) -> Chart:
    """A line through the front and a dot on each; `chosen` is the index of the one that the form says."""
    drawn = [each for each in front if each.usd_per_month <= MAX_TIMES_CHEAPEST * front[0].usd_per_month]
    names = list(dict.fromkeys(candidate.deployment.gpu for candidate in drawn))
    own = set(names if len(names) <= MAX_COLOURS + 1 else names[:MAX_COLOURS])
    points = tuple(
        Datum(
            x=candidate.usd_per_month,
            y=candidate.request_tokens_per_s,
            series=candidate.deployment.gpu if candidate.deployment.gpu in own else OTHERS,
            label=found.hardware(candidate) if index in (0, len(drawn) - 1) else "",
            words=words(candidate),
            pick=f"front:{index}",
        )
        for index, candidate in enumerate(drawn)
    )
    path = tuple(Datum(x=point.x, y=point.y) for point in points)
    first, last = drawn[0], drawn[-1]
    marked = () if chosen is None or chosen >= len(points) else (_chosen(points[chosen]),)
    return Chart(
        key="front",
        title="What more speed costs",
        summary=f"Nothing is both cheaper and faster. From {words(first)} to {words(last)}.",
        x=Axis("Cost per month", "USD", "log"),
        y=Axis("Speed of one user", "tokens/s", "log"),
        layers=(Layer("line", path), dots(points), *marked),
        table=Table("Cost and speed", COLUMNS, tuple(_row(candidate) for candidate in front)),
        tones={"": "quiet"},
    )


def _chosen(point: Datum) -> Layer:
    ring = Datum(
        x=point.x, y=point.y, series=point.series, label="in the form", words=point.words, pick=point.pick, chosen=True
    )
    return Layer("mark", (ring,))


def words(candidate: Candidate) -> str:
    """A candidate in one line; up to the colon it is the head of its tip."""
    cost, speed = text.money(candidate.usd_per_month), text.rate(candidate.request_tokens_per_s)
    return f"{found.hardware(candidate)}, {found.layout(candidate.deployment)}: {cost} a month, {speed} for each user"


def _row(candidate: Candidate) -> tuple[str, ...]:
    return (
        found.hardware(candidate),
        found.layout(candidate.deployment),
        str(text.money(candidate.usd_per_month)),
        text.significant(candidate.request_tokens_per_s),
        str(text.duration(candidate.estimate.ttft_s or 0.0)),
    )
