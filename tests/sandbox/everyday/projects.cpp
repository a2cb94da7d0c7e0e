// tests/sandbox/everyday/projects.cpp: Work on whole projects: this one is built, and suites of tests are run.
#include "tests/sandbox/everyday/work.h"

namespace heddle::test {

std::vector<Work> whole_projects() {
    return {
        // A program of two files, which has to hold of the very sources beside it.
        {"this project, built and tested", "cmake ninja clang++-19 pkg-config",
         "cmake --preset release > /tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; cmake --build --preset release "
         "--target tidy_tests > /tmp/log 2>&1 || { cat /tmp/log >&2; exit 1; }; ctest --preset release -R '^tidy$' | "
         "grep -o '100% tests passed'",
         "100% tests passed\n"},
        {"a suite of unittest", "python3",
         "mkdir suite; cd suite; printf 'def double(x): return 2 * x\\n' > code.py; printf 'import unittest, code, "
         "tempfile, subprocess\\nclass T(unittest.TestCase):\\n  def test_double(self): "
         "self.assertEqual(code.double(2), 4)\\n  def test_file(self):\\n    with tempfile.TemporaryFile() as f: "
         "f.write(b\"x\")\\n  def test_child(self): self.assertEqual(subprocess.check_output([\"echo\", \"a\"]), "
         "b\"a\\\\n\")\\n' > test_code.py; python3 -m unittest 2>&1 | grep -E '^(Ran|OK)' | cut -d' ' -f1,2",
         "Ran 3\nOK\n"},
        {"a suite of pytest", "python3 module:pytest",
         "mkdir suite; cd suite; printf 'def double(x): return 2 * x\\n' > twice.py; printf 'import pytest, "
         "twice, subprocess\\n@pytest.fixture\\ndef four(): return 4\\n@pytest.mark.parametrize(\"x\", [0, 1, "
         "2])\\ndef test_double(x): assert twice.double(x) == x + x\\ndef test_fixture(four): assert "
         "twice.double(2) == four\\ndef test_file(tmp_path, capfd):\\n  (tmp_path / \"f\").write_text(\"x\")\\n  "
         "subprocess.run([\"echo\", \"a\"], check=True)\\n  assert capfd.readouterr().out == \"a\\\\n\"\\n' > "
         "test_twice.py; python3 -m pytest -q 2>&1 | tail -1 | cut -d' ' -f1,2; ls .pytest_cache | grep -c v",
         "5 passed\n1\n"},
    };
}

}  // namespace heddle::test
