"""Feed-forward blocks: parameters by the textbook formulas."""

from roofline.feedforward import DenseFeedForward, MixtureOfExperts
from roofline.weights import Linear, Role

H, F, E, K = 64, 96, 8, 2


def params(linears: tuple[Linear, ...]) -> int:
    return sum(linear.params for linear in linears)


def test_dense_blocks() -> None:
    assert params(DenseFeedForward(hidden_size=H, width=F).linears()) == 3 * H * F
    assert params(DenseFeedForward(hidden_size=H, width=F, gated=False).linears()) == 2 * H * F
    biased = DenseFeedForward(hidden_size=H, width=F, gated=False, bias=True)
    assert params(biased.linears()) == 2 * H * F + F + H


def test_experts_shared_expert_and_router() -> None:
    moe = MixtureOfExperts(
        hidden_size=H, experts=E, active_experts=K, expert_width=F, shared_width=2 * F, shared_gate=True
    )
    assert params(moe.linears()) == E * 3 * H * F + 3 * H * 2 * F + H * E + H
    assert {linear.role for linear in moe.linears()} == {Role.ROUTER, Role.EXPERT, Role.SHARED_EXPERT}


def test_latent_experts_work_in_their_own_width() -> None:
    moe = MixtureOfExperts(
        hidden_size=H,
        experts=E,
        active_experts=K,
        expert_width=F,
        expert_input_size=16,
        gated=False,
        shared_width=F,
        shared_gated=False,
    )
    assert params(moe.linears()) == E * 2 * 16 * F + 2 * H * F + H * E + 2 * H * 16


def test_a_dense_block_beside_the_experts_and_experts_without_weights() -> None:
    moe = MixtureOfExperts(
        hidden_size=H, experts=E, active_experts=K, expert_width=F, dense_width=32, empty_experts=4, router_bias=True
    )
    assert params(moe.linears()) == E * 3 * H * F + 3 * H * 32 + (H + 1) * (E + 4)


def test_kernels_of_one_layer_do_not_mix_blocks() -> None:
    moe = MixtureOfExperts(hidden_size=H, experts=E, active_experts=K, expert_width=F, shared_width=F, dense_width=F)
    kernels: dict[str, set[Role]] = {}
    for linear in moe.linears():
        kernels.setdefault(linear.kernel, set()).add(linear.role)
    assert all(len(roles) == 1 for roles in kernels.values())
