"""Tests of examples/client.py: its frames are those of the example in docs/commands.md, and it survives what a link may do."""

import pathlib
import socket
import sys
import threading
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "examples"))

import client  # noqa: E402


def exchange():
    """The example's frames, as pairs of what the host and what the board sends."""
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    section = page.split("<!-- begin exchange -->")[1].split("<!-- end exchange -->")[0]
    frames = []
    for line in section.splitlines():
        if line.startswith(("host", "board")):
            frames.append("")
        if frames and line.startswith(("host", "board", " ")):
            frames[-1] += line.removeprefix("host").removeprefix("board").replace("|", "")
    frames = [bytes.fromhex(frame) for frame in frames]
    return list(zip(frames[::2], frames[1::2]))


class Board(threading.Thread):
    """Answers each request with the next of the given replies, and keeps what was asked."""

    def __init__(self, stream, replies):
        super().__init__(daemon=True)
        self.stream, self.replies, self.asked = stream, replies, []
        self.start()

    def run(self):
        with self.stream:
            for reply in self.replies:
                request = self.stream.recv(4096)
                if not request:
                    return
                self.asked.append(request)
                self.stream.sendall(reply)


class Frames(unittest.TestCase):
    def test_the_examples_frames_are_understood_and_made_again(self):
        pairs = exchange()
        self.assertEqual(len(pairs), 9)
        for host, board in pairs[:-1]:
            for frame in (host, board):
                kind, seq, status, payload = client.decode(frame)
                self.assertEqual(client.encode(kind, seq, payload, status), frame)
            self.assertEqual((host[1] | client.REPLY, host[2]), (board[1], board[2]))
        damaged, nak = pairs[-1]
        self.assertRaises(client.LinkError, client.decode, damaged)
        self.assertEqual(client.decode(nak), (client.NAK, damaged[2], 1, b""))

    def test_every_flipped_bit_is_refused(self):
        frame = exchange()[1][0]
        for bit in range(8 * len(frame)):
            bad = bytearray(frame)
            bad[bit // 8] ^= 1 << bit % 8
            self.assertRaises(client.LinkError, client.decode, bytes(bad))


class Exchange(unittest.TestCase):
    def setUp(self):
        patch = unittest.mock.patch.object(client, "SILENCE_SECONDS", 0)
        patch.start()
        self.addCleanup(patch.stop)

    def connected(self, replies, timeout=5):
        """A client and the board it is connected to."""
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        ours.settimeout(timeout)
        return client.Client(ours), Board(theirs, replies)

    def test_the_example_is_what_the_client_says(self):
        pairs = exchange()[:3]
        board, other = self.connected([reply for _, reply in pairs])
        info = board.info()
        self.assertEqual((info["source_id"], info["lanes"]), (0x1234ABCD, 4))
        board.write(0x1000, bytes.fromhex("deadbeef"))
        self.assertEqual(board.read(0x1000, 4).hex(), "deadbeef")
        other.join(5)
        self.assertEqual(other.asked, [request for request, _ in pairs])

    def test_damage_is_asked_again_and_other_replies_are_skipped(self):
        reply = exchange()[0][1]
        damaged = reply[:-1] + bytes([reply[-1] ^ 1])
        nak = client.encode(client.NAK, 1, status=1)
        late = client.encode(client.READ | client.REPLY, 9, b"ab")
        board, other = self.connected([damaged, nak, b"noise" + late + reply])
        self.assertEqual(board.info()["lanes"], 4)
        other.join(5)
        self.assertEqual(len(set(other.asked)), 1)
        self.assertEqual(len(other.asked), 3)

    def test_what_cannot_be_had_is_an_error(self):
        refused = client.encode(client.READ | client.REPLY, 1, status=5)
        short = client.encode(client.READ | client.REPLY, 1, b"ab")
        for replies in ([refused], [short], [b"\xa5\x83\x01\x00\xff\xff"] * client.ATTEMPTS):
            board, _ = self.connected(replies)
            self.assertRaises(client.LinkError, board.read, 0x1000, 4)
        board, _ = self.connected([b""] * (client.ATTEMPTS + 1), timeout=0.01)
        self.assertRaisesRegex(client.LinkError, "silence|timed out", board.info)
        board, _ = self.connected([])
        self.assertRaises(ConnectionError, board.info)

    def test_long_transfers_are_cut_into_frames(self):
        done = [client.encode(client.WRITE | client.REPLY, seq) for seq in (1, 2, 3)]
        board, other = self.connected(done)
        board.write(0, bytes(2 * client.MAX_DATA + 2))
        other.join(5)
        lengths = [len(request) for request in other.asked]
        self.assertEqual(lengths, [10 + 4 + client.MAX_DATA] * 2 + [10 + 4 + 2])


if __name__ == "__main__":
    unittest.main()
