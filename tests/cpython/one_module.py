# SPDX-License-Identifier: MIT
"""Runs one module of CPython's test package, inside of the root, and writes each test's outcome at once.

    one_module.py MODULE RESULTS SECONDS [TEST...]     all tests of the module, or only these

Appends lines `+ id` (begins), `pass|fail|skip|... id` to RESULTS. Tests that RESULTS already names are left out: so the runner goes on behind a
test that killed the process. A test that takes longer than SECONDS dumps its stacks and ends the process.
"""
import faulthandler
import os
import re
import sys
import unittest

NEEDS_NETWORK = {'test_socketserver'}  # all of it, though loopback is enough


def known_tests(path):
    if not os.path.exists(path):
        return set()
    with open(path) as f:
        return {line.rstrip('\n').split(' ', 1)[1] for line in f}


def stable_id(test):
    """The test's id without addresses and numbers of processes, which differ from run to run."""
    return re.sub(r'0x[0-9a-f]{6,}', '0x', test.id()).replace('\n', ' ')


def select(suite, is_wanted):
    """The suite's tree with some of its tests; its shape stays, since module fixtures depend on it."""
    kept = [select(item, is_wanted) if isinstance(item, unittest.TestSuite) else item for item in suite
            if isinstance(item, unittest.TestSuite) or is_wanted(stable_id(item))]
    return type(suite)(kept)


class Outcomes(unittest.TextTestResult):
    """Writes outcomes as they come; a test with failed subtests has failed."""
    results = None
    seconds = 0

    def write(self, word, test):
        os.write(self.results, f'{word} {stable_id(test)}\n'.encode(errors='replace'))

    def startTest(self, test):
        super().startTest(test)
        self.write('+', test)
        self.said = set()
        faulthandler.dump_traceback_later(self.seconds, exit=True, file=sys.__stderr__)

    def stopTest(self, test):
        faulthandler.cancel_dump_traceback_later()
        super().stopTest(test)

    def say(self, word, test):
        if word not in getattr(self, 'said', set()):
            self.write(word, test)
        self.said = getattr(self, 'said', set()) | {word}

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say('pass', test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say('fail', test)

    def addError(self, test, error):
        super().addError(test, error)
        self.say('error', test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say('skip', getattr(test, 'test_case', test))

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.say('xfail', test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.say('xpass', test)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.say('fail', test)


def main():
    module, path, seconds, only = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
    os.chdir('/tmp')
    from test import support
    from test.support import os_helper
    network = ['network'] if module in NEEDS_NETWORK else []
    support.use_resources = dict.fromkeys(['subprocess', 'walltime', 'cpu', *network])
    support.LOOPBACK_TIMEOUT = 30.0
    support.SHORT_TIMEOUT = 120.0
    support.LONG_TIMEOUT = 300.0
    from test.libregrtest.setup import setup_process
    setup_process()
    Outcomes.results = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.set_inheritable(Outcomes.results, False)
    Outcomes.seconds = seconds
    known = known_tests(path)
    with os_helper.temp_cwd('work', quiet=True):
        suite = unittest.defaultTestLoader.loadTestsFromName('test.' + module)
        suite = select(suite, lambda test: test not in known and (not only or test in only))
        result = unittest.TextTestRunner(sys.stderr, resultclass=Outcomes, verbosity=0).run(suite)
    os.write(Outcomes.results, b'end .\n')
    sys.stderr.flush()
    os._exit(0 if result.wasSuccessful() else 1)


if __name__ == '__main__':
    main()
