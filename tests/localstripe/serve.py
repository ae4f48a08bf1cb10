"""Runs localstripe, a Stripe that nobody here wrote, as a test may: on a free port of loopback only, and
without the file in /tmp to which it would write every card number. Says its port on standard output."""

import socket

from aiohttp import web
from localstripe import resources, server

resources.Store.dump_to_disk = lambda self: None

listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, access_log=None, print=None)
