"""A replica step by step: the schedulers that the closed form of ``roofline.serving`` stands for.

Every client sends a request, waits for the answer and sends the next, ten times; all start together. Lengths are drawn
uniformly from 80 to 100 % of a nominal one whose mean is the workload's. The time of a step is the engine's own
(``roofline.steps.run_step``), so what differs from ``serve`` is the schedule alone.

    vLLM           each running sequence takes one token of the step's budget; what is left goes to prompts in the order
                   of arrival, cut where the budget ends
    TensorRT-LLM   the same, but a prompt is not cut where it fits into a step of its own, and a request starts only
                   when a place for its full length is free (``Load.running``)
    SGLang         while a prompt waits and has a place, steps hold prompts only, cut where the budget ends; else one
                   token of every running sequence
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from roofline import Workload
from roofline.operators import Batch, Bound
from roofline.serving import Load
from roofline.steps import run_step

ROUNDS = 10
SPREAD = 0.2
CONTEXT_GRID_TOKENS = 32


class Seen(NamedTuple):
    """What the clients see: means over all requests, and output tokens per second of the whole run."""

    ttft_s: float
    tpot_s: float
    tokens_per_s: float


@dataclass(slots=True, eq=False)
class Request:
    """One request on its way."""

    sent_s: float
    client: int
    prompt_tokens: int
    output_tokens: int
    prompt_left: int
    output_left: int
    first_s: float = 0.0

    @property
    def context_tokens(self) -> int:
        """Tokens in the cache."""
        return self.prompt_tokens - self.prompt_left + self.output_tokens - self.output_left


class Chunk(NamedTuple):
    """Tokens of a prompt in one step."""

    request: Request
    tokens: int


@dataclass(slots=True)
class Replica:
    """State of a run."""

    bound: Bound
    workload: Workload
    load: Load
    whole_prompts: bool = False
    now_s: float = 0.0
    waiting: deque[Request] = field(default_factory=deque)
    prefilling: list[Request] = field(default_factory=list)
    decoding: list[Request] = field(default_factory=list)
    decoding_tokens: int = 0
    done: list[Request] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    step_times: dict[tuple[float, ...], float] = field(default_factory=dict)

    def run(self, seed: int = 0) -> Seen:
        """Serve ten requests of every client."""
        draw = random.Random(seed)
        left = [ROUNDS] * self.load.concurrency
        events = [(0.0, client) for client in range(self.load.concurrency)]
        while True:
            while events and events[0][0] <= self.now_s + 1e-12:
                sent_s, client = heapq.heappop(events)
                if left[client]:
                    left[client] -= 1
                    self.waiting.append(self._request(draw, sent_s, client))
            if not (self.waiting or self.prefilling or self.decoding):
                break
            for request in self._step():
                heapq.heappush(events, (self.now_s, request.client))
        return self._seen()

    def _request(self, draw: random.Random, sent_s: float, client: int) -> Request:
        prompt, output = (_draw(draw, mean) for mean in (self.workload.input_tokens, self.workload.output_tokens))
        return Request(sent_s, client, prompt, output, prompt, output)

    def _step(self) -> list[Request]:
        """One step, or as many equal ones as pass until something changes; returns the requests that it finishes."""
        chunks = self._chunks()
        decoding = self.decoding if self.load.mixes or not chunks else []
        steps = 1 if chunks else max(min(request.output_left for request in decoding), 1)
        self.now_s += steps * self._step_s(chunks, decoding, steps)
        for request in decoding:
            request.output_left -= steps
        self.decoding_tokens += steps * len(decoding)
        finished = [request for request in decoding if request.output_left <= 0]
        for request, tokens in chunks:
            request.prompt_left -= tokens
            if request.prompt_left <= 0:
                finished += self._first_token(request)
        for request in finished:
            if request in self.decoding:
                self.decoding.remove(request)
                self.decoding_tokens -= request.context_tokens
            self.done.append(request)
            self.answered_s.append(self.now_s)
        return finished

    def _first_token(self, request: Request) -> list[Request]:
        self.prefilling.remove(request)
        request.first_s = self.now_s
        request.output_left -= 1
        if request.output_left <= 0:
            return [request]
        self.decoding.append(request)
        self.decoding_tokens += request.context_tokens
        return []

    def _chunks(self) -> list[Chunk]:
        """Prompt tokens of the next step in the order of arrival; moves requests that start out of the queue."""
        budget = self.load.budget_tokens - (len(self.decoding) if self.load.mixes else 0)
        budget = max(budget, 1)
        chunks = []
        for request in list(self.prefilling):
            if budget > 0:
                chunks.append(Chunk(request, min(request.prompt_left, budget)))
                budget -= chunks[-1].tokens
        while self.waiting and budget > 0 and len(self.prefilling) + len(self.decoding) < self.load.running:
            request = self.waiting[0]
            if self.whole_prompts and chunks and request.prompt_left > budget:
                break
            self.prefilling.append(self.waiting.popleft())
            chunks.append(Chunk(request, min(request.prompt_left, budget)))
            budget -= chunks[-1].tokens
        return chunks

    def _step_s(self, chunks: list[Chunk], decoding: list[Request], steps: int) -> float:
        """Time of one step; cached on a grid of contexts."""
        n, k = len(decoding), len(chunks)
        context = self.decoding_tokens / n + steps / 2 if n else 0.0
        tokens = sum(c.tokens for c in chunks) / k if k else 0.0
        past = sum(c.request.prompt_tokens - c.request.prompt_left for c in chunks) / k if k else 0.0
        first = sum(c.tokens == c.request.prompt_left for c in chunks)
        key = (n, _grid(context), k, _grid(tokens), _grid(past), first)
        if key not in self.step_times:
            self.step_times[key] = run_step(self.bound, Batch(tokens, past, k, first, n, context)).total_s
        return self.step_times[key]

    def _seen(self) -> Seen:
        ends = dict(zip(map(id, self.done), self.answered_s, strict=True))
        several = [r for r in self.done if r.output_tokens > 1]
        between = [(ends[id(r)] - r.first_s) / (r.output_tokens - 1) for r in several]
        return Seen(
            sum(r.first_s - r.sent_s for r in self.done) / len(self.done),
            sum(between) / len(between) if between else 0.0,
            sum(r.output_tokens for r in self.done) / self.now_s,
        )


def _draw(draw: random.Random, mean: float) -> int:
    nominal = mean / (1 - SPREAD / 2)
    return max(1, round(nominal * (1 - SPREAD * draw.random())))


def _grid(tokens: float) -> float:
    return round(tokens / CONTEXT_GRID_TOKENS) * CONTEXT_GRID_TOKENS
