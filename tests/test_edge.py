"""The arithmetic of "why edge" obeys physics: what doubles doubles, and nothing is faster than light."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import constants

from labkit import edge
from labkit.reference import ReferenceUsed, closed

settings.register_profile("labkit", deadline=None, derandomize=True)  # no test depends on the machine or the day
settings.load_profile("labkit")

AMOUNTS = st.floats(0.001, 1e6)


def test_light_is_as_fast_as_physics_says_and_slower_in_glass():
    light, fibre = edge.LIGHT_KM_PER_MS, edge.FIBRE_KM_PER_MS
    assert light == pytest.approx(constants.c / 1e6, rel=1e-12)
    assert light / fibre == pytest.approx(1.468, abs=0.05)  # the refractive index of silica


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_twice_the_distance_doubles_the_lights_part_and_nothing_else(distance_km, network_ms, processing_ms):
    near = edge.cloud_latency_ms(distance_km, network_ms, processing_ms)
    far = edge.cloud_latency_ms(2 * distance_km, network_ms, processing_ms)
    light = edge.cloud_latency_ms(distance_km, 0, 0)
    assert far - near == pytest.approx(light, rel=1e-6, abs=1e-6)
    assert near == pytest.approx(light + network_ms + processing_ms)


@given(AMOUNTS)
def test_an_answer_takes_light_at_least_there_and_back(distance_km):
    assert edge.cloud_latency_ms(distance_km, 0, 0) > 2 * distance_km / (constants.c / 1e6)


def test_the_antipodes_are_two_hundred_milliseconds_away():
    assert edge.cloud_latency_ms(20_000, 0, 0) == 200


@given(AMOUNTS, AMOUNTS)
def test_distance_is_speed_times_time_in_any_units(speed_kmh, latency_ms):
    metres_per_second, seconds = speed_kmh * 1000 / 3600, latency_ms / 1000
    assert edge.distance_m(speed_kmh, latency_ms) == pytest.approx(metres_per_second * seconds)
    assert edge.distance_m(2 * speed_kmh, latency_ms) == pytest.approx(edge.distance_m(speed_kmh, 2 * latency_ms))


def test_the_car_of_the_slide_drives_2_7_metres():
    mph_60 = 60 * constants.mile / 1000
    assert edge.distance_m(mph_60, 100) == pytest.approx(2.68, abs=0.005)


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_cost_grows_with_requests_price_and_days_alike(requests, price, days):
    cost = edge.cloud_cost(requests, price, days)
    assert edge.cloud_cost(2 * requests, price, days) == pytest.approx(2 * cost)
    assert edge.cloud_cost(requests, 2 * price, days) == pytest.approx(2 * cost)
    assert edge.cloud_cost(requests, price, 2 * days) == pytest.approx(2 * cost)
    assert edge.cloud_cost(1000, price, 1) == pytest.approx(price)


@given(AMOUNTS, AMOUNTS, AMOUNTS)
def test_sending_costs_power_times_time_on_the_air(size_bytes, mbit_per_s, watts):
    seconds = size_bytes * 8 / (mbit_per_s * constants.mega)
    joules = edge.radio_energy_mj(size_bytes, mbit_per_s, watts) * constants.milli
    assert joules == pytest.approx(watts * seconds)


@given(AMOUNTS, AMOUNTS)
def test_computing_costs_power_times_time(latency_ms, watts):
    joules = edge.compute_energy_mj(latency_ms, watts) * constants.milli
    assert joules == pytest.approx(watts * latency_ms * constants.milli)


def test_the_formula_a_student_shall_write_cannot_be_called_instead():
    with closed(), pytest.raises(ReferenceUsed, match="cloud_latency_ms"):
        edge.cloud_latency_ms(1000, 30, 10)
    assert edge.cloud_latency_ms(1000, 30, 10) == 50


def test_the_formula_is_open_again_after_an_error():
    with pytest.raises(ZeroDivisionError), closed():
        _ = 1 / 0
    assert edge.cloud_latency_ms(1000, 30, 10) == 50


def test_what_is_closed_for_one_answer_is_closed_inside_another():
    with closed():
        with closed():
            pass
        with pytest.raises(ReferenceUsed):
            edge.cloud_latency_ms(1000, 30, 10)
