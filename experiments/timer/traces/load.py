"""Load on loopback for the recording of traces: a small closed-loop client in one thread.

/usr/bin/python3 experiments/timer/traces/load.py memcached|dns PORT SECONDS [CLIENTS]

Clients come, send requests with exponential pauses between them, and leave; some stay and fall
silent until the server closes them. The seed is fixed: what differs from run to run is the machine.
"""

import random
import selectors
import socket
import struct
import sys
import time

_SEED = 1
_PAUSE = 0.2  # seconds between two requests of a client, on average
_LEAVES = 0.02  # chance that a client leaves after a request
_SILENT = 0.02  # chance that it says nothing any more


def _connected(port):
    """A connection; a server that is still starting gets twenty seconds."""
    end = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


class Client:
    def __init__(self, port):
        self.socket = _connected(port)
        self.socket.setblocking(False)
        self.next = 0.0  # when it sends again
        self.silent = False

    def send(self, request):
        try:
            self.socket.send(request)
        except OSError:
            self.silent = True  # the server closed it; the next look finds out


def _memcached_request(draws):
    key = draws.randrange(10_000)
    word = f"set k{key} 0 60 3\r\nabc\r\n" if draws.random() < 0.1 else f"get k{key}\r\n"
    return word.encode()


def _dns_request(draws):
    """A question for the address of a random name under test., as TCP carries it."""
    name = f"h{draws.randrange(10_000)}".encode()
    question = bytes([len(name)]) + name + b"\x04test\0" + b"\0\1\0\1"
    query = struct.pack(">HHHHHH", draws.randrange(65536), 0, 1, 0, 0, 0) + question
    return struct.pack(">H", len(query)) + query


_REQUESTS = {"memcached": _memcached_request, "dns": _dns_request}


def _drained(client):
    """Whether the server still holds the connection; reads what it said."""
    try:
        return bool(client.socket.recv(65536))
    except BlockingIOError:
        return True
    except OSError:
        return False


def run(request, port, seconds, count):
    """Returns (requests sent, connections made)."""
    draws = random.Random(_SEED)
    poll = selectors.DefaultSelector()
    clients, sent, made = [], 0, 0
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        while len(clients) < count:
            clients.append(Client(port))
            clients[-1].next = now + draws.expovariate(1 / _PAUSE)
            poll.register(clients[-1].socket, selectors.EVENT_READ, clients[-1])
            made += 1
        gone = [key.data for key, _ in poll.select(0.002) if not _drained(key.data)]
        for client in clients:
            if client.silent or client.next > now or client in gone:
                continue
            client.send(request(draws))
            sent += 1
            client.next = now + draws.expovariate(1 / _PAUSE)
            fate = draws.random()
            client.silent = fate < _SILENT
            if _SILENT <= fate < _SILENT + _LEAVES:
                gone.append(client)
        for client in gone:
            poll.unregister(client.socket)
            client.socket.close()
            clients.remove(client)
    return sent, made


def main(words):
    if len(words) not in (3, 4) or words[0] not in _REQUESTS:
        print(__doc__, file=sys.stderr)
        return 64
    sent, made = run(_REQUESTS[words[0]], int(words[1]), float(words[2]),
                     int(words[3]) if words[3:] else 100)
    print(f"{sent} requests over {made} connections")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
