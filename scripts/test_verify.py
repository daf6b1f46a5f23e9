"""Tests of verify.py with small commands in place of the campaign's."""

import contextlib
import io
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import verify
from verify import Outcome, Part


class Summaries(unittest.TestCase):
    def test_the_last_line_or_all_that_tell_something(self):
        text = "noise\ntest result: ok. 3 passed\nmore\ntest result: ok. 5 passed\ntest result: ok. 3 passed\nend\n"
        last = Part("a", "", "")
        self.assertEqual(verify.summary_of(last, text), (True, "test result: ok. 3 passed"))
        both = Part("a", "", "", all_lines=True)
        self.assertEqual(verify.summary_of(both, text), (True, "test result: ok. 3 passed; test result: ok. 5 passed"))
        self.assertEqual(verify.summary_of(last, "one\n\nlast \n\n"), (False, "last"))
        self.assertEqual(verify.summary_of(last, ""), (False, "it said nothing"))

    def test_programs_that_ran_no_test_tell_nothing(self):
        part = Part("a", "", "")
        none = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 40 filtered out; finished in 0.00s\n"
        one = "test result: ok. 10 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 9.00s\n"
        failed = "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 9.00s\n"
        self.assertFalse(verify.summary_of(part, none)[0])
        self.assertEqual(verify.summary_of(part, one + none), (True, one.strip()))
        self.assertEqual(verify.summary_of(part, failed + none), (True, failed.strip()))

    def test_the_table(self):
        rows = verify.table([Outcome("a", True, 3, "x|y"), Outcome("b", False, 1, "z")]).splitlines()
        self.assertEqual(rows[2:], ["| a | passed | 3 | x\\|y |", "| b | **FAILED** | 1 | z |"])


class Campaigns(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.logs = pathlib.Path(self.directory.name) / "logs"

    def run_parts(self, parts):
        with contextlib.redirect_stderr(io.StringIO()):
            return verify.campaign(parts, {"seed": 7, "minutes": 2}, self.logs)

    def test_a_part_that_fails_does_not_stop_the_others(self):
        parts = [
            Part("good", "", "echo seed {seed}", summary="seed"),
            Part("bad", "", "false"),
            Part("last", "", "sh -c env", (("MINUTES_GIVEN", "{minutes}"),), summary="MINUTES_GIVEN"),
            Part("idle", "", "echo test result: ok. 0 passed"),
        ]
        outcomes, interrupted = self.run_parts(parts)
        self.assertFalse(interrupted)
        self.assertEqual([outcome.passed for outcome in outcomes], [True, False, True, False])
        self.assertEqual([outcomes[0].summary, outcomes[2].summary], ["seed 7", "MINUTES_GIVEN=2"])
        self.assertEqual((self.logs / "good.log").read_text(), "seed 7\n")

    def test_parts_are_chosen_by_name_and_every_real_one_can_run(self):
        names = [part.name for part in verify.PARTS]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual([part.name for part in verify.chosen(",".join(reversed(names[:2])))], names[:2])
        with self.assertRaises(SystemExit):
            verify.chosen("nothing")
        for part in verify.PARTS:
            program = part.command.format(seed=1, minutes=1).split()[0]
            self.assertTrue(program == "cargo" or (verify.ROOT / program).is_file(), program)

    def test_an_interruption_ends_what_was_started_and_keeps_the_table(self):
        code = (
            "import sys, verify; from verify import Part; import pathlib\n"
            "verify.PARTS = (Part('first', '', 'echo test result: ok. 1 passed'), Part('long', '', 'sleep 600'))\n"
            f"verify.LOGS = pathlib.Path({str(self.logs)!r})\n"
            "verify.campaign.__defaults__ = (verify.LOGS,); verify.chosen.__defaults__ = (verify.PARTS,)\n"
            f"sys.exit(verify.main(['--json', {str(self.logs) + '.json'!r}]))\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code], cwd=pathlib.Path(__file__).parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while not (self.logs / "long.log").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertIn("| first | passed |", output)
        document = json.loads(pathlib.Path(str(self.logs) + ".json").read_text())
        self.assertEqual((document["interrupted"], document["passed"]), (True, False))
        self.assertEqual([part["name"] for part in document["parts"]], ["first"])


if __name__ == "__main__":
    unittest.main()
