"""Places on the wire: browsers, programs and knocks from inside a namespace, by this very process."""
import contextlib
import ctypes
import http.client
import json
import os
import select
import socket
import ssl

from tests.browser import Browser

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
PATIENCE = 60


@contextlib.contextmanager
def inside(space):
    """What this thread opens meanwhile, it opens in the namespace."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{space}", os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(there)
        os.close(home)


def enter(space):
    if LIBC.setns(space, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def trusting():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Desk(Browser):
    """A browser in a namespace."""

    def __init__(self, origin, space):
        super().__init__(origin)
        self.space = space

    def exchange(self, *question):
        with inside(self.space):
            return super().exchange(*question)


class Program:
    """A program in a namespace that speaks to the API, each call over a connection of its own."""

    def __init__(self, space, address):
        self.space, self.address, self.token = space, address, None

    def call(self, method, path, body=None):
        """(status, answer)."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        connection = http.client.HTTPSConnection(self.address, 9443, timeout=PATIENCE, context=trusting())
        with inside(self.space):
            connection.connect()
        try:
            connection.request(method, f"/api/v1{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else {}
        finally:
            connection.close()

    def sign_in(self, email, password, code):
        status, said = self.call("POST", "/session", {"email": email, "password": password, "code": code})
        assert status == 201, f"{status} {said}"
        self.token = said["token"]
        return self


def let_in(knocks, guest, markers, port=9443):
    """Which of these (namespace, address) get an answer to a knock. Then the guest calls at the markers, whose door is
    open to all: the machine answers in order, so however slow it is, who has no answer by then gets none."""
    doors = {}
    for space, address in knocks:
        with inside(space):
            door = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        door.setblocking(False)
        door.connect_ex((address, port))
        doors[door] = (space, address)
    for address in markers:
        with inside(guest):
            socket.create_connection((address, 443), timeout=PATIENCE).close()
    answered, waiting = set(), list(doors)
    while waiting:
        _, ready, _ = select.select([], waiting, [], 0.05)
        if not ready:
            break
        answered |= {doors[door] for door in ready if door.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0}
        waiting = [door for door in waiting if door not in ready]
    for door in doors:
        door.close()
    return answered
