"""The stopwatch against a machine whose true times are known: a clock that moves only when a call says so."""

import gc
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.measure import paired_ratio, race, time_calls, verdict
from labkit.measure.timing import ALONE, Timing, stretch, widened

MS = 1_000_000


class Machine:
    """A clock in nanoseconds, and calls that move it by their duration times the machine's present slowness."""

    def __init__(self, slowness=lambda now: 1.0, noise=None):
        self.now, self.slowness, self.log = 0.0, slowness, []
        self.noise = noise or (lambda: 1.0)

    def clock(self):
        return int(self.now)

    def call(self, name, ms, first_in_turn_ms=0.0):
        def run():
            cold = first_in_turn_ms if not self.log or self.log[-1] != name else 0.0
            self.log.append(name)
            self.now += (ms + cold) * MS * self.slowness(self.now) * self.noise()

        return run


def raced(machine, seconds=2.0, **durations):
    calls = {name: machine.call(name, ms) for name, ms in durations.items()}
    return race(calls, seconds=seconds, clock=machine.clock, processor=getattr(machine, "processor", None))


def test_known_durations_give_the_known_ratio_and_latency():
    found = raced(Machine(), base=2.0, half=1.0, double=4.0)
    assert found["half"].ratio == pytest.approx(0.5)
    assert found["double"].ratio == pytest.approx(2.0)
    assert (found["base"].latency_ms, found["half"].latency_ms) == pytest.approx((2.0, 1.0))
    assert (found["half"].verdict, found["double"].verdict, found["base"].verdict) == ("faster", "slower", None)


def test_warm_up_calls_are_not_timed():
    machine = Machine(slowness=lambda now: 1000 if now < 3000 * MS else 1)
    found = raced(machine, base=1.0, other=1.0)
    assert found["base"].latency_high_ms == pytest.approx(1.0)
    assert found["other"].ratio == pytest.approx(1.0)


def test_the_first_call_of_a_turn_is_not_timed_so_cold_caches_do_not_count():
    machine = Machine()
    calls = {"base": machine.call("base", 1.0), "cold": machine.call("cold", 1.0, first_in_turn_ms=5.0)}
    found = race(calls, seconds=2, clock=machine.clock)
    assert found["cold"].ratio == pytest.approx(1.0)
    assert found["cold"].verdict == "same"


def test_a_machine_that_becomes_four_times_slower_changes_no_ratio():
    found = raced(Machine(slowness=lambda now: 4 if now > 500 * MS else 1), base=2.0, variant=3.0)
    assert found["variant"].ratio == pytest.approx(1.5)
    assert found["variant"].ratio_high - found["variant"].ratio_low < 0.1


def test_a_steady_drift_changes_no_ratio_because_every_order_is_also_run_backwards():
    found = raced(Machine(slowness=lambda now: 1 + now / (500 * MS)), base=2.0, variant=2.0)
    assert found["variant"].ratio == pytest.approx(1.0, abs=0.004)


def test_each_second_round_runs_the_order_before_it_backwards():
    machine = Machine()
    raced(machine, seconds=0.3, a=2.0, b=2.0, c=2.0)
    # Six calls each to warm up. The control is `a` itself, so a round is four turns of two calls.
    rounds = [machine.log[i : i + 8] for i in range(24, len(machine.log), 8)]
    assert len(rounds) >= 8
    assert all(sorted(one) == sorted("aaaabbcc") for one in rounds)
    assert len(set(map(tuple, rounds))) > 4  # orders differ from pair to pair
    for forth, back in zip(rounds[::2], rounds[1::2], strict=True):
        assert back == forth[::-1]


def test_a_short_call_is_repeated_until_its_turn_lasts_a_millisecond():
    machine = Machine()
    raced(machine, seconds=0.1, base=0.1, other=0.1)
    longest = max(len(list(run)) for run in _runs(machine.log[20:]))
    assert longest >= 11


def _runs(names):
    run = []
    for name in names:
        if run and run[-1] != name:
            yield run
            run = []
        run.append(name)
    yield run


def test_it_stops_early_when_precise_and_says_so():
    found = raced(Machine(), seconds=60, base=1.0, other=1.0)
    assert found.rounds == 8
    assert "known to 0.5%" in found.stopped


def test_it_stops_when_the_budget_is_spent_and_says_so():
    random = np.random.default_rng(0)
    found = raced(Machine(noise=lambda: random.uniform(0.5, 2)), seconds=1, base=1.0, other=1.0)
    assert "budget of 1 s" in found.stopped
    assert found.seconds <= 1.0


def test_it_runs_eight_rounds_however_long_they_take():
    assert raced(Machine(), seconds=0.001, base=500.0, other=500.0).rounds == 8


def test_quick_runs_have_a_tenth_of_the_budget(monkeypatch):
    monkeypatch.setenv("LABKIT_QUICK", "1")
    random = np.random.default_rng(0)
    found = raced(Machine(noise=lambda: random.uniform(0.5, 2)), seconds=10, base=1.0, other=1.0)
    assert found.seconds <= 1.0


def busy(seed):
    """A shared machine: everything jitters by 3 %, one call in ten meets something that takes two to five times."""
    random = np.random.default_rng(seed)
    return Machine(
        noise=lambda: np.exp(random.normal(0, 0.03)) * (random.uniform(2, 5) if random.random() < 0.1 else 1)
    )


def test_the_same_model_is_never_called_faster_or_slower_on_a_busy_machine():
    words = {raced(busy(seed), base=1.5, same=1.5)["same"].verdict for seed in range(100)}
    assert words <= {"same", "cannot tell"}


def test_the_interval_of_the_same_model_covers_one_about_as_often_as_promised():
    covers = 0
    for seed in range(200):
        same = raced(busy(seed), seconds=0.5, base=1.5, same=1.5)["same"]
        covers += same.ratio_low <= 1 <= same.ratio_high
    assert covers >= 180  # 95 % of 200 are 190; fewer than 180 would happen once in a million


def test_five_percent_are_found_on_a_busy_machine():
    found = [raced(busy(seed), base=1.5, slow=1.575)["slow"].verdict for seed in range(60)]
    assert found.count("slower") >= 57
    assert "faster" not in found


def test_a_control_that_strays_widens_what_a_verdict_needs():
    random = np.random.default_rng(1)
    wild = Machine(noise=lambda: random.choice([1.0, 1.5]))
    found = raced(wild, seconds=0.2, base=1.0, other=1.06)
    assert found.noise > 0.05
    assert found["other"].verdict == "cannot tell"


def test_the_garbage_collector_is_off_while_timing_and_on_again_afterwards():
    machine, seen = Machine(), set()

    def call():
        seen.add(gc.isenabled())
        machine.now += MS

    race({"base": call}, seconds=0.1, clock=machine.clock)
    assert seen == {False}
    assert gc.isenabled()


def test_the_garbage_collector_is_on_again_after_a_variant_failed():
    def fails():
        raise RuntimeError("broken model")

    with pytest.raises(RuntimeError, match="broken model"):
        race({"base": fails}, seconds=0.1)
    assert gc.isenabled()


def test_the_footnote_says_how_it_was_measured():
    note = raced(Machine(), base=1.0, other=1.0).footnote()
    assert "8 rounds" in note
    assert "A/A control (base against itself): 1.000" in note
    assert "2.0%" in note


def race_with_share(share, **calls):
    """A race by a machine's own clock, in whose every second the process computes `share` seconds."""
    machine = Machine()
    calls = calls or {name: machine.call(name, 1.0) for name in "ab"}
    return race(calls, seconds=1, clock=machine.clock, processor=lambda: int(share * machine.now))


@pytest.mark.parametrize(("share", "times"), [(0.25, "2.0"), (0.5, "1.4"), (0.01, "3.2")])
def test_a_race_on_a_core_that_others_use_too_says_so(share, times):
    note = race_with_share(share).footnote()
    assert f"computed during {share:.0%} of that time" in note
    assert f"every interval is stretched {times} times" in note


@pytest.mark.parametrize("share", [1.0, 2.0])
def test_a_race_that_has_its_cores_for_itself_has_no_word_on_sharing(share):
    assert "share the core" not in race_with_share(share).footnote()


def test_where_the_calls_run_in_other_processes_nothing_is_said_of_this_ones_share():
    class Elsewhere:
        def turn(self, repeats):
            return np.full(repeats, 1.0 * MS)

    found = race_with_share(0.1, a=Elsewhere(), b=Elsewhere())
    assert found.core_share is None
    assert "share the core" not in found.footnote()


def test_a_clock_of_ones_own_without_a_count_of_processor_time_tells_no_share():
    assert raced(Machine(), a=1.0, b=1.0).core_share is None
    assert race({"a": lambda: sum(range(1000)), "b": lambda: sum(range(1000))}, seconds=0.05).core_share > 0


spreads = st.floats(0, 0.9)


@given(st.floats(0.1, 10), spreads, spreads, st.floats(0.01, 2))
def test_an_interval_of_a_shared_core_is_stretched_about_its_median_as_a_factor_and_stays_above_zero(
    ratio, below, above, share
):
    before = Timing("a", 1.0, 0.9, 1.2, 0.5, 2.0, ratio, ratio * (1 - below), ratio * (1 + above))
    after, times = widened(before, share), stretch(share)
    assert times == pytest.approx(1.0 if share >= 0.9 else max(share, 0.1) ** -0.5)
    assert (after.ratio, after.latency_ms, after.p95_ms) == (ratio, 1.0, 2.0)
    assert np.log(after.ratio_high / ratio) == pytest.approx(times * np.log(before.ratio_high / ratio))
    assert np.log(after.ratio_low / ratio) == pytest.approx(times * np.log(before.ratio_low / ratio))
    assert after.latency_high_ms == pytest.approx(1.2**times)
    assert after.ratio_low > 0


def test_a_difference_that_is_clear_on_a_core_alone_need_not_be_on_a_shared_one():
    words = []
    for share in (1.0, 0.1):
        noise = np.random.default_rng(1)
        machine = Machine(noise=lambda noise=noise: noise.uniform(0.97, 1.03))
        calls = {name: machine.call(name, ms) for name, ms in (("base", 1.0), ("other", 1.04))}
        found = race(
            calls, seconds=0.1, clock=machine.clock, processor=lambda share=share, m=machine: int(share * m.now)
        )
        words.append(found["other"].verdict)
    assert words == ["slower", "cannot tell"]


def test_a_race_on_a_shared_core_goes_on_until_the_wider_intervals_are_narrow_enough():
    found = {}
    for share in (1.0, 0.2):
        noise = np.random.default_rng(1)
        machine = Machine(noise=lambda noise=noise: noise.uniform(0.97, 1.03))
        calls = {name: machine.call(name, 1.0) for name in "ab"}
        processor = lambda share=share, m=machine: int(share * m.now)  # noqa: E731
        found[share] = race(calls, seconds=60, precision=0.01, clock=machine.clock, processor=processor)
    assert found[0.2].rounds > found[1.0].rounds
    for one in found.values():
        assert (one["b"].ratio_high - one["b"].ratio_low) / 2 <= 0.01 * one["b"].ratio


class Shared(Machine):
    """A core that another program gets after every few milliseconds, for as long again."""

    def __init__(self, seed):
        super().__init__()
        self.random, self.worked = np.random.default_rng(seed), 0.0
        self.left = self.slice()

    def slice(self):
        return self.random.uniform(2, 6) * MS

    def processor(self):
        return int(self.worked)

    def call(self, name, ms, first_in_turn_ms=0.0):
        def run():
            work = ms * MS * self.random.uniform(0.99, 1.01)
            self.worked += work
            while work > self.left:
                work -= self.left
                self.now += self.left + self.slice()
                self.left = self.slice()
            self.left -= work
            self.now += work

        return run


@pytest.mark.parametrize("ms", [0.3, 3.0, 20.0])
def test_intervals_are_wider_where_the_core_is_shared_and_still_hold_the_truth(ms):
    truths = [raced(Shared(seed), seconds=1.0, base=ms, other=1.5 * ms) for seed in range(100)]
    held = sum(found["other"].ratio_low <= 1.5 <= found["other"].ratio_high for found in truths)
    assert held >= 91  # of 100 with 95 % each: fewer are chance once in 35 times, and the seeds are fixed
    assert [found.core_share for found in truths] == pytest.approx([0.5] * 100, abs=0.15)
    quiet = np.random.default_rng(0)
    alone = raced(Machine(noise=lambda: quiet.uniform(0.99, 1.01)), base=ms, other=1.5 * ms)["other"]
    widths = [found["other"].ratio_high - found["other"].ratio_low for found in truths]
    assert np.median(widths) > alone.ratio_high - alone.ratio_low


@pytest.fixture
def busy_programs():
    """Two programs for each core that compute all the time."""
    command = [sys.executable, "-c", "print(flush=True)\nwhile True: pass"]
    programs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2 * (os.cpu_count() or 1))]
    for program in programs:
        program.stdout.readline()
    yield
    for program in programs:
        program.kill()
        program.wait()
        program.stdout.close()


@pytest.mark.slow
def test_among_busy_programs_a_race_says_so_and_finds_no_difference_where_there_is_none(busy_programs):
    def work():
        return sum(range(20_000))

    found = [race({"a": work, "b": work}, seconds=0.5, seed=seed) for seed in range(8)]
    assert max(one.core_share for one in found) < ALONE
    assert all("share the core" in one.footnote() for one in found)
    assert sum(one["b"].ratio_low <= 1 <= one["b"].ratio_high for one in found) >= 5  # of 8 with 95 % each: nearly sure
    assert sum(one["b"].verdict in ("faster", "slower") for one in found) <= 1


@pytest.mark.parametrize("ms", [0.3, 3.0])
def test_a_shared_core_makes_no_difference_where_there_is_none(ms):
    words = [raced(Shared(seed), seconds=1.0, base=ms, other=ms)["other"].verdict for seed in range(60)]
    assert not {"faster", "slower"} & set(words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"calls": {}}, "not among the variants"),
        ({"calls": {"a": int}, "baseline": "b"}, "'b' is not among the variants"),
        ({"calls": {"a": int}, "seconds": 0}, "above 0"),
        ({"calls": {"a": int}, "margin": -0.1}, "above 0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        race(**arguments)


ratios = st.floats(0.01, 10)


@given(ratios, ratios, st.floats(0.001, 0.5))
def test_a_verdict_is_what_every_ratio_in_the_interval_would_say(a, b, margin):
    low, high = sorted((a, b))
    word = verdict(low, high, margin)
    inside = [low, (low + high) / 2, high]
    assert (word == "faster") == all(ratio < 1 - margin for ratio in inside)
    assert (word == "slower") == all(ratio > 1 + margin for ratio in inside)
    assert (word == "same") == all(1 - margin < ratio < 1 + margin for ratio in inside)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=30), st.floats(0.1, 10))
def test_a_paired_ratio_does_not_depend_on_how_slow_each_round_was(slowness, ratio):
    baseline = np.array(slowness)
    assert paired_ratio(baseline, baseline * ratio) == pytest.approx(ratio)


def test_time_calls_returns_each_call_after_the_warm_up():
    machine = Machine()
    times = iter([9.0] * 3 + [1.0, 2.0, 3.0])

    def call():
        machine.now += next(times)

    assert time_calls(call, lambda: machine.now, runs=3, warmup=3).tolist() == [1000.0, 2000.0, 3000.0]


def test_a_race_prints_as_a_table_with_its_footnote():
    found = raced(Machine(), base=1.0, other=2.0)
    for text in (repr(found), found._repr_html_()):
        assert "2.000 (2.000 to 2.000)" in text
        assert "slower" in text
        assert "A/A control (base against itself)" in text


def test_near_equals_are_called_equally_often_in_a_turn():
    # Either side of half a millisecond, where two calls fill a turn on one side and three on the other.
    machine = Machine()
    calls = {"base": machine.call("base", 0.51), "near": machine.call("near", 0.49), "far": machine.call("far", 0.1)}
    race(calls, seconds=0.2, clock=machine.clock)
    runs = [(run[0], len(run)) for run in _runs(machine.log[24:])]
    lengths = {length for name, length in runs if name in ("base", "near")}
    assert {length % 3 for length in lengths} == {0}  # two timed calls and one that is not; two turns may touch


def test_no_name_of_a_variant_can_stand_for_the_control():
    machine = Machine()
    calls = {"a": machine.call("a", 1.0), "a (again)": machine.call("other", 3.0)}
    found = race(calls, seconds=0.2, clock=machine.clock)
    assert found["a (again)"].ratio == pytest.approx(3.0)
    assert found.control.ratio == pytest.approx(1.0)


def test_nothing_is_the_same_while_the_control_strays():
    random = np.random.default_rng(5)
    machine = Machine(noise=lambda: random.choice([1.0, 1.4]))
    for seed in range(20):
        calls = {"base": machine.call("base", 1.0), "steady": machine.call("steady", 1.0)}
        found = race(calls, seconds=0.05, seed=seed, clock=machine.clock)
        assert found.noise <= found.margin or found["steady"].verdict != "same"


def test_an_error_names_the_variant():
    def fails():
        raise RuntimeError("broken model")

    with pytest.raises(RuntimeError) as error:
        race({"base": lambda: None, "pruned": fails}, seconds=0.1)
    assert "'pruned'" in error.value.__notes__[0]
