from __future__ import annotations

import pytest

from sim.errors import ScenarioError
from sim.models.labels import Labels
from sim.orbit_data import MAX_BYTES, read_states

OPM = """CCSDS_OPM_VERS = 2.0
CREATION_DATE = 2026-01-01T00:00:00
ORIGINATOR = TEST
OBJECT_NAME = PROBE
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = {scale}
EPOCH = {epoch}
X = 6655.9942
Y = -40218.5751
Z = -82.9177
X_DOT = 3.11548208
Y_DOT = 0.47042605
Z_DOT = -0.00101495
"""
MANOEUVRE = """MAN_EPOCH_IGNITION = 2026-06-03T09:00:34.1
MAN_DURATION = 132.60
MAN_DELTA_MASS = -18.418
MAN_REF_FRAME = EME2000
MAN_DV_1 = -0.02325700
MAN_DV_2 = 0.01683160
MAN_DV_3 = -0.00893444
"""
ELEMENTS = """SEMI_MAJOR_AXIS = 41399.5123
ECCENTRICITY = 0.020842611
INCLINATION = 0.117746
RA_OF_ASC_NODE = 17.604721
ARG_OF_PERICENTER = 218.242943
TRUE_ANOMALY = 41.922339
GM = 398600.4415
"""
SPACECRAFT = """MASS = 1913.000
SOLAR_RAD_AREA = 10.000
SOLAR_RAD_COEFF = 1.300
DRAG_AREA = 10.000
DRAG_COEFF = 2.300
"""
OEM = """CCSDS_OEM_VERS = 2.0
CREATION_DATE = 2026-01-01T00:00:00
ORIGINATOR = TEST
META_START
OBJECT_NAME = PROBE
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = TDB
START_TIME = 2026-001T00:00:00
USEABLE_START_TIME = 2026-01-01T00:01:00
USEABLE_STOP_TIME = 2026-01-01T00:02:00
STOP_TIME = 2026-01-01T00:02:00
META_STOP
2026-01-01T00:00:00 7000 0 0 0 7.5 0 0 0 0.001
2026-01-01T00:01:00 7001 0 0 0 7.5 0 0 0 0.001
2026-01-01T00:02:00 7002 0 0 0 7.5 0 0 0 0.001
"""


def opm(epoch: str = "2026-01-01T00:00:00", scale: str = "TDB", more: str = "") -> bytes:
    return (OPM.format(epoch=epoch, scale=scale) + more).encode()


def test_the_state_of_an_opm_is_taken_as_it_is() -> None:
    (state,), notes = read_states(opm())
    assert state.name == "PROBE"
    assert state.numbers == (6655.9942, -40218.5751, -82.9177, 3.11548208, 0.47042605, -0.00101495)
    assert state.labels == Labels("2026-01-01T00:00:00", "TDB", "EME2000", "EARTH")
    assert state.gm is None
    assert notes == []


def test_what_has_no_part_in_a_run_is_told() -> None:
    (state,), notes = read_states(opm(more=ELEMENTS + SPACECRAFT + MANOEUVRE))
    assert state.gm == 398600.4415
    assert notes == ["The manoeuvres of PROBE have no part in the run."]
    _, notes = read_states(OEM.encode())
    assert notes == ["The accelerations of PROBE have no part in the run."]


@pytest.mark.parametrize(
    ("utc", "tai"),
    [
        ("2026-01-01T00:00:00", "2026-01-01T00:00:37"),
        ("2016-12-31T23:59:59.5Z", "2017-01-01T00:00:35.5"),
        ("2017-001T00:00:00", "2017-01-01T00:00:37"),
        ("2045-01-01T00:00:00", "2045-01-01T00:00:37"),
    ],
)
def test_an_epoch_in_utc_is_the_same_instant_in_tai(utc: str, tai: str) -> None:
    (state,), _ = read_states(opm(utc, "UTC"))
    assert (state.labels.epoch, state.labels.time_scale) == (tai, "TAI")


@pytest.mark.parametrize(
    ("epoch", "x"), [(None, 7001.0), ("2026-01-01T00:02:00", 7002.0), ("2026-001T00:00:00", 7000.0)]
)
def test_an_oem_gives_its_first_usable_state_or_the_one_of_an_epoch(
    epoch: str | None, x: float
) -> None:
    (state,), _ = read_states(OEM.encode(), epoch)
    assert state.numbers[0] == x


@pytest.mark.parametrize("data", [OEM.encode(), opm()])
def test_an_epoch_without_a_state_is_refused(data: bytes) -> None:
    with pytest.raises(ScenarioError, match="epoch is that of no state in the file"):
        read_states(data, "2026-01-01T00:00:30")


def test_states_at_several_epochs_are_no_initial_state() -> None:
    other = OEM[OEM.index("META_START") :].replace("PROBE", "OTHER").replace("01T00:01", "01T00:00")
    with pytest.raises(ScenarioError, match="several epochs"):
        read_states((OEM + other).encode())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither an OPM nor an OEM"),
        (b"\xff\xfe", "neither an OPM nor an OEM"),
        (b"<ndm/>", "neither an OPM nor an OEM"),
        (opm(scale="MET"), "time_scale must be one of"),
        (opm(epoch="1960-01-01T00:00:00", scale="UTC"), "after 1971"),
        (opm().replace(b"EME2000", b"ITRF2000"), "rotates"),
        (opm().replace(b"X = 6655.9942", b"X = here"), "neither an OPM nor an OEM"),
        (b"x" * (MAX_BYTES + 1), "more than 67,108,864 bytes"),
    ],
)
def test_other_files_are_refused_in_a_sentence(data: bytes, why: str) -> None:
    with pytest.raises(ScenarioError, match=why) as refusal:
        read_states(data)
    assert len(str(refusal.value)) < 400
