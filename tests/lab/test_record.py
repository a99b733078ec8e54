"""Recording: which way a program is recorded, and what uprobes say of nginx's tree."""

import shutil
import struct

import pytest

from lab import record
from lab.errors import NO_INPUT, UNAVAILABLE, USAGE, CycloneError

SYMBOLS = {"ngx_rbtree_insert": 0x1000, "ngx_rbtree_delete": 0x1300,
           "ngx_event_timer_rbtree": 0x9000}
PERF = """
  7 10.000000000: probe_nginx:cyclone_insert: (401000) tree=0x409000 node=0xa key=10060
  7 10.001000000: probe_nginx:cyclone_insert: (401000) tree=0x777000 node=0xb key=10060
  7 10.020000000: probe_nginx:cyclone_delete: (401300) tree=0x409000 node=0xa key=10060
  7 10.020000001: probe_nginx:cyclone_insert: (401000) tree=0x409000 node=0xa key=10050
  7 10.050500000: probe_nginx:cyclone_delete: (401300) tree=0x409000 node=0xa key=10050
something else
"""


def test_probes_become_events_of_the_timer_tree_only():
    found = record.probed_events(PERF, SYMBOLS)
    assert list(found) == [7]
    kinds = [event[4] for event in found[7]]
    assert kinds == [0, 1, 0, 2]  # start, stop before it was due, start, fire
    assert [event[2] for event in found[7]] == [60_000_000, 0, 29_999_999, 0]


def test_raw_files_have_a_header_and_whole_records(tmp_path):
    record.write_probed(PERF, SYMBOLS, tmp_path)
    data = (tmp_path / "7.raw").read_bytes()
    assert data[:14] == b"cyclone-raw 1\n" and struct.unpack_from("<Q", data, 16) == (4,)
    assert len(data) == 64 + 4 * 32


@pytest.mark.parametrize("via", record.VIAS)
def test_a_program_that_shows_nothing_is_refused(via):
    with pytest.raises(CycloneError) as caught:
        record.choose(record._program(["true"]), via)
    assert caught.value.code == UNAVAILABLE and "shared library" in caught.value.remedy


def test_what_is_no_program_is_refused():
    for command, code in (([], USAGE), (["no-such-program-here"], NO_INPUT)):
        with pytest.raises(CycloneError) as caught:
            record._program(command)
        assert caught.value.code == code


def test_the_library_that_a_program_is_linked_to_decides(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "_output", lambda command, place:
                        "libevent_core-2.1.so.7 => /lib/x" if command[0] == "ldd" else "")
    assert record.choose(shutil.which("true"), "auto") == ("preload", "libevent")
