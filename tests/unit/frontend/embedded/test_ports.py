from __future__ import annotations

import socket
import sys

import pytest

from frontend.embedded.errors import PortTaken
from frontend.embedded.ports import LOOPBACK, hold
from tests.deadlines import EVENTUALLY_S


def test_a_free_port_is_found_and_named() -> None:
    port = hold()
    try:
        assert port.number > 0
        assert port.address == f"{LOOPBACK}:{port.number}"
    finally:
        port.release()


def test_held_ports_are_different() -> None:
    ports = [hold() for _ in range(50)]
    try:
        assert len({port.number for port in ports}) == 50
    finally:
        for port in ports:
            port.release()


def test_a_port_where_somebody_listens_is_refused_in_a_sentence() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        number = server.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {number}: another program listens there"):
            hold(number=number)


def test_an_address_of_another_machine_is_refused_in_a_sentence() -> None:
    with pytest.raises(PortTaken, match=r"this machine does not have that address"):
        hold("192.0.2.1")  # reserved for documentation, RFC 5737


def test_a_name_that_means_nothing_is_refused_in_a_sentence() -> None:
    with pytest.raises(PortTaken, match=r"no-such-host\.invalid"):
        hold("no-such-host.invalid")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is let go first")
def test_a_server_can_listen_on_a_held_port_and_come_back_to_it() -> None:
    port = hold()
    try:
        for _ in range(2):
            with (
                socket.create_server((LOOPBACK, port.number)) as server,
                socket.create_connection((LOOPBACK, port.number), timeout=EVENTUALLY_S) as client,
            ):
                accepted, _ = server.accept()
                accepted.close()
                assert client.recv(1) == b""
    finally:
        port.release()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is let go first")
def test_nobody_is_given_a_held_port_by_chance() -> None:
    port = hold()
    try:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port.number))
    finally:
        port.release()
