#!/usr/bin/env python3
"""A small client of a rowfuse board: INFO, WRITE and READ over TCP.

It is an example of the frames in docs/commands.md, not a replacement for `rowfuse`: it asks and waits, one request at a time.

    python3 examples/client.py HOST:PORT info
    python3 examples/client.py HOST:PORT write 0x1000 deadbeef
    python3 examples/client.py HOST:PORT read 0x1000 4
"""

import argparse
import socket
import struct
import sys
import time
import zlib

SYNC, REPLY, NAK = 0xA5, 0x80, 0xFF
INFO, WRITE, READ = 0x01, 0x02, 0x03
HEADER_BYTES, CRC_BYTES, MAX_PAYLOAD, MAX_DATA = 6, 4, 1032, 1024
ATTEMPTS = 4
# Longer than 65,536 clocks of a board of at least 1 MHz.
SILENCE_SECONDS = 0.1
# So many bytes, or frames, that nobody asked for are skipped before an attempt is given up.
MOST_SKIPPED = 4096


class LinkError(Exception):
    """The board cannot be understood, does not answer, or refuses."""


def encode(kind, seq, payload=b"", status=0):
    """The bytes of a frame."""
    body = struct.pack("<BBBH", kind, seq, status, len(payload)) + payload
    return bytes([SYNC]) + body + struct.pack("<I", zlib.crc32(body))


def decode(frame):
    """Kind, sequence number, status and payload of a whole frame."""
    kind, seq, status, length = struct.unpack_from("<BBBH", frame, 1)
    (crc,) = struct.unpack_from("<I", frame, len(frame) - CRC_BYTES)
    if frame[0] != SYNC or len(frame) != HEADER_BYTES + length + CRC_BYTES or crc != zlib.crc32(frame[1:-CRC_BYTES]):
        raise LinkError("a frame was damaged")
    return kind, seq, status, frame[HEADER_BYTES:-CRC_BYTES]


class Client:
    """A board behind a socket."""

    def __init__(self, stream):
        self.stream = stream
        self.seq = 0

    def exactly(self, count):
        """That many bytes from the board."""
        data = b""
        while len(data) < count:
            more = self.stream.recv(count - len(data))
            if not more:
                raise ConnectionError("the board closed the connection")
            data += more
        return data

    def frame(self):
        """The next whole frame; what comes before its first byte is skipped."""
        for _ in range(MOST_SKIPPED):
            if self.exactly(1) == bytes([SYNC]):
                break
        else:
            raise LinkError("what comes from there are no frames")
        header = bytes([SYNC]) + self.exactly(HEADER_BYTES - 1)
        (length,) = struct.unpack_from("<H", header, 4)
        if length > MAX_PAYLOAD:
            raise LinkError(f"a frame of {length} bytes was announced")
        return decode(header + self.exactly(length + CRC_BYTES))

    def attempt(self, kind, payload):
        """Asks once; the reply's status and payload. Late replies to earlier requests are skipped."""
        self.stream.sendall(encode(kind, self.seq, payload))
        for _ in range(MOST_SKIPPED):
            reply, seq, status, answer = self.frame()
            if reply == NAK:
                raise LinkError("the board received a damaged frame")
            if (reply, seq) == (kind | REPLY, self.seq):
                return status, answer
        raise LinkError("only replies to other requests come from there")

    def request(self, kind, payload=b"", length=0):
        """Asks until it is answered; the reply's payload, which must have that many bytes."""
        self.seq = (self.seq + 1) & 0xFF
        for attempt in range(ATTEMPTS):
            try:
                status, answer = self.attempt(kind, payload)
                break
            except (LinkError, TimeoutError) as error:
                if attempt + 1 == ATTEMPTS:
                    raise LinkError(f"no answer after {ATTEMPTS} attempts: {error or 'silence'}") from error
                time.sleep(SILENCE_SECONDS)
        if status:
            raise LinkError(f"the board refuses request {kind:#04x} with status {status}")
        if len(answer) != length:
            raise LinkError(f"the reply to request {kind:#04x} has {len(answer)} bytes instead of {length}")
        return answer

    def info(self):
        """Who the board is."""
        names = ("contract_version", "lanes", "config_id", "source_id", "memory_kib")
        return dict(zip(names, struct.unpack("<HHIII", self.request(INFO, length=16))))

    def write(self, address, data):
        """Writes an even number of bytes at an even address."""
        for start in range(0, len(data), MAX_DATA):
            self.request(WRITE, struct.pack("<I", address + start) + data[start : start + MAX_DATA])

    def read(self, address, length):
        """Reads an even number of bytes from an even address."""
        data = b""
        while len(data) < length:
            count = min(length - len(data), MAX_DATA)
            data += self.request(READ, struct.pack("<IHH", address + len(data), count, 0), count)
        return data


def address(text):
    """HOST:PORT as what a socket connects to."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise argparse.ArgumentTypeError(f"'{text}' is not HOST:PORT, such as localhost:4000")
    return host, int(port)


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(description="Asks a rowfuse board over TCP.")
    parser.add_argument("board", type=address, metavar="HOST:PORT")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("info", help="who the board is")
    for name, what in (("write", "bytes in hexadecimal"), ("read", "how many bytes")):
        verb = verbs.add_parser(name)
        verb.add_argument("address", type=lambda text: int(text, 0), help="even byte address")
        verb.add_argument("what", type=bytes.fromhex if name == "write" else int, help=what)
    asked = parser.parse_args(arguments)
    try:
        with socket.create_connection(asked.board, timeout=5) as stream:
            client = Client(stream)
            if asked.verb == "info":
                for name, value in client.info().items():
                    print(f"{name} {value:#010x}" if name.endswith("_id") else f"{name} {value}")
            elif asked.verb == "write":
                client.write(asked.address, asked.what)
            else:
                print(client.read(asked.address, asked.what).hex())
    except (LinkError, OSError, struct.error) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
