"""The summary of mutants, from outcomes as cargo-mutants writes them."""

import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import mutants


def written(directory, name, summaries):
    """A directory as cargo-mutants leaves it."""
    output = pathlib.Path(directory) / name
    (output / "mutants.out").mkdir(parents=True)
    entries = [{"scenario": "Baseline", "summary": "Success"}]
    entries += [{"scenario": {"Mutant": {"name": f"m{k}"}}, "summary": what} for k, what in enumerate(summaries)]
    (output / "mutants.out" / "outcomes.json").write_text(json.dumps({"outcomes": entries}))
    return str(output)


class Summary(unittest.TestCase):
    def test_counts(self):
        with tempfile.TemporaryDirectory() as directory:
            one = written(directory, "one", ["CaughtMutant"] * 18 + ["Timeout", "Unviable"])
            two = written(directory, "two", ["MissedMutant", "CaughtMutant"])
            found = mutants.summary([one, two])
            self.assertEqual((found["mutants"], found["noticed"]), (21, 20))
            self.assertTrue(found["passes"])
            self.assertEqual(found["packages"][1]["missed"], ["m0"])
            self.assertFalse(mutants.summary([two])["passes"])

    def test_exit_codes(self):
        with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stderr(io.StringIO()):
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                bad = written(directory, "bad", ["MissedMutant"])
                good = written(directory, "good", ["CaughtMutant"])
                self.assertEqual(mutants.main([bad]), 6)
                self.assertIn("    m0\n", printed.getvalue())
                self.assertEqual(mutants.main([good, "--json"]), 0)
                self.assertEqual(mutants.main([directory]), 5)
                self.assertEqual(mutants.main([]), 2)


if __name__ == "__main__":
    unittest.main()
