"""What is done around the import of Keras."""

import platform
import subprocess
import sys

import pytest

# Four blocks are taken, written to and given back, again and again; the system counts the pages that it hands out.
FAULTS = """
import resource
def round():
    blocks = [b"x" * (16 << 20) for _ in range(4)]
for _ in range(3):
    round()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    round()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(first):
    """How many pages a fresh Python that runs `first` is handed while it takes and gives back the same memory."""
    done = subprocess.run([sys.executable, "-c", first + FAULTS], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is asked to keep memory")
def test_freed_memory_is_kept():
    """With the package no page is handed out twice; without it, most are."""
    pages = 5 * 4 * (16 << 20) // 4096
    assert faults("import dalle_tutorial.backend") < 0.01 * pages
    assert faults("") > 0.1 * pages
