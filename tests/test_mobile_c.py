"""The C array, compiled by gcc: the program holds the bytes of the file."""

import subprocess

import pytest

from labkit import mobile

pytestmark = pytest.mark.sandbox  # gcc is a Debian package


@pytest.mark.parametrize("compiler", [["gcc", "-std=c11"], ["gcc", "-std=c17", "-O2"]], ids=" ".join)
def test_the_compiled_program_holds_the_bytes_of_the_file_aligned(tmp_path, compiler):
    path = mobile.shipped("micro_4_int8", tmp_path / "tiny.tflite")
    _, source = mobile.c_array(path, tmp_path, "tiny")
    (tmp_path / "main.c").write_text(
        '#include <stdint.h>\n#include <stdio.h>\n#include "tiny.h"\n'
        "int main(void) { fwrite(tiny, 1, tiny_len, stdout); return (int)((uintptr_t)tiny % 16); }\n"
    )
    program = tmp_path / "program"
    flags = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
    subprocess.run([*compiler, *flags, source, tmp_path / "main.c", "-o", program], check=True)
    done = subprocess.run([program], capture_output=True)
    assert done.returncode == 0  # aligned to 16 bytes
    assert done.stdout == path.read_bytes()


def test_the_array_lies_in_read_only_memory(tmp_path):
    path = mobile.shipped("micro_4_int8", tmp_path / "tiny.tflite")
    _, source = mobile.c_array(path, tmp_path, "tiny")
    subprocess.run(["gcc", "-std=c11", "-c", source, "-o", tmp_path / "tiny.o"], check=True)
    table = subprocess.run(["objdump", "-t", tmp_path / "tiny.o"], capture_output=True, text=True, check=True).stdout
    assert all(".rodata" in line for line in table.splitlines() if line.endswith((" tiny", " tiny_len")))
    assert sum(line.endswith((" tiny", " tiny_len")) for line in table.splitlines()) == 2
