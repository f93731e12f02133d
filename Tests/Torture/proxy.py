# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a Kafka listener that can lose the answers to commits.

It knows as much of the protocol as it takes: a request begins with its size, the number of its kind and of its version,
and a correlation id, which the answer repeats behind its own size.
"""

import asyncio
import struct
import threading

END_TXN = 26
TXN_OFFSET_COMMIT = 28


class Proxy:
    """Stands before a listener for as long as the `with` block lasts."""

    def __init__(self, port, target):
        self.port = port
        host, _, number = target.rpartition(":")
        self.target = (host, int(number))
        self.dropped = 0
        self._to_drop = 0
        self._loop = asyncio.new_event_loop()
        self._server = None

    def drop_answers(self, count):
        """Loses the answers to the next `count` commits, each with its connection."""
        self._to_drop = count

    def __enter__(self):
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _serve(self, client_in, client_out):
        try:
            server_in, server_out = await asyncio.open_connection(*self.target)
        except OSError:
            client_out.close()
            return
        commits = set()
        ways = [
            asyncio.ensure_future(self._requests(client_in, server_out, commits)),
            asyncio.ensure_future(self._answers(server_in, client_out, commits)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for writer in (server_out, client_out):
            writer.close()

    async def _requests(self, source, sink, commits):
        async for frame in frames(source):
            kind, _, correlation = struct.unpack_from(">hhi", frame)
            if kind in (END_TXN, TXN_OFFSET_COMMIT):
                commits.add(correlation)
            await forward(frame, sink)

    async def _answers(self, source, sink, commits):
        async for frame in frames(source):
            (correlation,) = struct.unpack_from(">i", frame)
            if correlation in commits:
                commits.discard(correlation)
                if self._to_drop > 0:
                    self._to_drop -= 1
                    self.dropped += 1
                    return
            await forward(frame, sink)


async def frames(source):
    """The frames that come, until the connection ends."""
    while True:
        try:
            (size,) = struct.unpack(">i", await source.readexactly(4))
            yield await source.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            return


async def forward(frame, sink):
    sink.write(struct.pack(">i", len(frame)) + frame)
    await sink.drain()
