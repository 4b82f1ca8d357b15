"""Sums the results of all suites into one line: "N passed, N failed[, N skipped]".

A suite that left no result counts as one failure, under its name: a crash must not look like success.

  results.py --programs BUILD            prints the names of BUILD's test programs
  results.py [--build BUILD]... [--suite XML]... [--broken WHAT]...
     BUILD: a build folder in which ctest ran, with ctest.xml and results/<program>.xml (GoogleTest)
     XML:   a JUnit file, as pytest writes it
     WHAT:  something that failed without leaving a file
"""

import argparse
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


class Tally:
    def __init__(self):
        self.passed = self.skipped = 0
        self.failed = []

    def add_junit(self, path, label):
        """Counts one JUnit or GoogleTest file; returns whether it held any test."""
        try:
            cases = ElementTree.parse(path).getroot().iter("testcase")
        except (OSError, ElementTree.ParseError) as error:
            self.failed.append(f"{label}: no result ({type(error).__name__}): did it crash?")
            return False
        count = 0
        for case in cases:
            count += 1
            name = f"{label}: {case.get('classname', '')}.{case.get('name', '')}"
            if case.find("failure") is not None or case.find("error") is not None:
                self.failed.append(name)
            elif case.find("skipped") is not None or case.get("status") == "notrun":
                self.skipped += 1
            else:
                self.passed += 1
        if count == 0:
            self.failed.append(f"{label}: ran no test")
        return count > 0

    def add_build(self, build):
        """Counts every test program of a build; one that failed though its tests passed (a leak, a
        crash at exit) counts as a failure of its own."""
        label = build.name
        try:
            runs = {case.get("name"): case.get("status")
                    for case in ElementTree.parse(build / "ctest.xml").getroot().iter("testcase")}
        except (OSError, ElementTree.ParseError):
            runs = {}
        names = programs(build)
        if not names:
            self.failed.append(f"{label}: has no test programs")
        for name in names:
            failed_before = len(self.failed)
            self.add_junit(build / "results" / f"{name}.xml", f"{label} {name}")
            if runs.get(name) != "run" and len(self.failed) == failed_before:
                self.failed.append(f"{label} {name}: failed outside its tests (leak? crash at exit?)")


def programs(build):
    listing = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"],
                             capture_output=True, text=True, check=False).stdout
    try:
        return [test["name"] for test in json.loads(listing)["tests"]]
    except (ValueError, KeyError):
        return []


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--suite", type=pathlib.Path, action="append", default=[])
    parser.add_argument("--broken", action="append", default=[])
    options = parser.parse_args()
    if options.programs:
        print("\n".join(programs(options.programs)))
        return 0
    tally = Tally()
    tally.failed += options.broken
    for build in options.build:
        tally.add_build(build)
    for suite in options.suite:
        tally.add_junit(suite, suite.stem)
    for failure in tally.failed:
        print(f"FAILED {failure}")
    line = f"{tally.passed} passed, {len(tally.failed)} failed"
    print(line + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
