"""The example of the README, as it stands there."""

import subprocess
import sys
import unittest
from pathlib import Path

HOME = Path(__file__).parents[1]


class Readme(unittest.TestCase):
    def test_the_example_runs(self) -> None:
        example = HOME / "tests" / "example.py"
        self.assertIn(f"```python\n{example.read_text()}```", (HOME / "README.md").read_text())
        output = subprocess.run([sys.executable, example], capture_output=True, text=True, check=True).stdout
        self.assertTrue(output.startswith("completedWithErrors 1\n2 "), output)
