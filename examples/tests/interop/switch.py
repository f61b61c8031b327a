"""The switch's line protocol, as far as the tests need it: calls from outside, and a hand on a call.

The protocol is this project's own; `examples/src/telephony/line.rs` states it.
"""

import json
import socket


class Switch:
    """A connection to the switch that lives for one request, so that nothing has to be kept alive."""

    def __init__(self, host, port):
        self.address = (host, port)

    def snapshot(self):
        with self._connect() as (_, first):
            return first["snapshot"]

    def request(self, request):
        """The answer of a request that must be carried out."""
        with self._connect() as (lines, _):
            lines.write(json.dumps({"id": 1, "request": request}) + "\n")
            lines.flush()
            for line in lines:
                answer = json.loads(line).get("answer")
                if answer and "done" in answer:
                    return answer["done"]
                if answer:
                    raise AssertionError(f"the switch refused {request}: {answer}")
        raise AssertionError(f"the switch hung up on {request}")

    def call_queue(self, caller):
        """Somebody outside calls the first route point and waits; returns the number of the call."""
        queue = self.snapshot()["route_points"][0]
        return self.request({"simulate_call": {"from": caller, "to": queue}})["call"]

    def hang_up(self, call, address):
        self.request({"disconnect": {"call": call, "address": address}})

    def hold(self, call, address):
        self.request({"hold": {"call": call, "address": address}})

    def _connect(self):
        return _Lines(socket.create_connection(self.address, 10))


class _Lines:
    def __init__(self, stream):
        self.stream = stream
        self.lines = stream.makefile("rw", encoding="utf-8", newline="\n")

    def __enter__(self):
        return self.lines, json.loads(self.lines.readline())

    def __exit__(self, *_):
        self.lines.close()
        self.stream.close()
