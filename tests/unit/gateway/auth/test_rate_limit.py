"""Wrong tokens: ten at once, then one in six seconds; a hundred of all addresses; never more memory than set."""

from hypothesis import given
from hypothesis import strategies as st

from tocsin.gateway.auth.rate_limit import Limits

NOW = 1_000.0


def tries(limits: Limits, address: str, now: float, most: int = 1_000) -> int:
    """How many wrong ones *address* may try at this moment."""
    for n in range(most):
        if limits.wait_s(address, now):
            return n
        limits.failed(address, now)
    return most


def test_one_address_may_be_wrong_ten_times_and_then_once_in_six_seconds() -> None:
    limits = Limits()
    assert tries(limits, "a", NOW) == 10
    assert limits.wait_s("a", NOW) == 6
    assert limits.wait_s("b", NOW) == 0, "another address is not concerned"
    assert limits.wait_s("a", NOW + 5.9) > 0
    assert tries(limits, "a", NOW + 6) == 1
    assert tries(limits, "a", NOW + 600) == 10


def test_all_addresses_together_may_be_wrong_a_hundred_times() -> None:
    limits = Limits()
    assert sum(tries(limits, f"a{n}", NOW) for n in range(50)) == 100
    assert limits.wait_s("new", NOW) > 0
    assert limits.wait_s("new", NOW + 60) == 0


def test_who_had_the_token_is_not_kept_out_by_others_but_by_its_own_failures() -> None:
    limits = Limits()
    limits.passed("scraper")
    assert sum(tries(limits, f"a{n}", NOW) for n in range(50)) == 100
    assert limits.wait_s("scraper", NOW) == 0
    assert tries(limits, "scraper", NOW) == 10


def test_memory_is_bounded() -> None:
    limits = Limits()
    for number in range(10_000):
        limits.failed(f"failed {number}", NOW)
        limits.passed(f"passed {number}")
    assert (len(limits._marks), len(limits._known)) == (4_096, 1_024)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 20)), max_size=200))
def test_nobody_ever_tries_more_often_than_allowed(steps: list[tuple[str, float]]) -> None:
    limits, now, tried = Limits(), NOW, dict.fromkeys("abc", 0)
    for address, pause_s in steps:
        now += pause_s
        if limits.wait_s(address, now) == 0:
            limits.failed(address, now)
            tried[address] += 1
    assert all(n <= 10 + (now - NOW) / 6 for n in tried.values())
