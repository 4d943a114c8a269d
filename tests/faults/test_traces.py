"""Trace files of spreadsheets and loggers: understood where there is one reading, refused with the line elsewhere."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless

from ovtui.engine.errors import ChangeRejected
from ovtui.engine.traces.csv_trace import read_csv
from ovtui.engine.traces.read_trace import read_trace

_FILES = "files"


@dataclass(frozen=True)
class Read(Fault):
    text: str = ""
    due_s: tuple[float, ...] = ()
    said: str = ""
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Refused(Fault):
    text: str = ""
    said: str = ""
    """With the line at its beginning."""


def read(case: str, text: str, due_s: tuple[float, ...], said: str, encoding: str = "utf-8") -> Read:
    return Read(f"a trace of {case}", f"read: {said}", 0, _FILES, text, due_s, said, encoding)


def refused(case: str, text: str, said: str) -> Refused:
    return Refused(f"a trace with {case}", said, 2, _FILES, text, said)


READ = [
    read("decimal commas under a header", "t_s\n0,25\n0,5\n", (0, 0.25), "from column 't_s', decimal comma, in s"),
    read("decimal commas in quotes", '"0,25"\n"0,5"\n', (0, 0.25), "decimal comma, in s, as no unit is named"),
    read("Excel in German", "sep=;\r\nZeit (ms);Wert;\r\n0,5;3;\r\n1.000,5;4,1;\r\n", (0, 1), "decimal comma, in ms"),
    read("Excel as UTF-16", "Zeit (ms)\tx\r\n0,5\t1\r\n1,5\t1\r\n", (0, 0.001), "decimal comma, in ms", "utf-16"),
    read("Excel with a byte order mark", "t_ms\r\n1\r\n2\r\n", (0, 0.001), "in ms", "utf-8-sig"),
    read("Excel in the code page of Windows", "Zeit (µs);x\r\n5;1\r\n7;1\r\n", (0, 2e-6), "in us", "cp1252"),
    read("an old Mac", "t_s\r1\r2\r", (0, 1), "in s"),
    read("thousands between commas", 't_ms\n"1,234.5"\n"2,234.5"\n', (0, 1), "in ms"),
    read("thousands between apostrophes", "t_ms\n1'234.5\n2’234.5\n", (0, 1), "in ms"),
    read("thousands between no-break spaces", "t_ms\n1\u00a0234,5\n2\u202f234,5\n", (0, 1), "decimal comma, in ms"),
    read("thousands between spaces under a header", "t_ms\n1 234,5\n2 234,5\n", (0, 1), "decimal comma, in ms"),
    read("a logger: a column in ns among others", "id\tstart_ns\n7\t1000\n8\t3000\n", (0, 2e-6), "'start_ns', in ns"),
    read("OpenTelemetry", "startTimeUnixNano\n1767312000123456789\n1767312000123456790\n", (0, 1e-9), "in ns"),
    read("numpy, its header behind a #", "# t_us;x\n1;2\n2;2\n", (0, 1e-6), "in us"),
    read("pandas, its index without a name", ",t_ms\n0,0.5\n1,1.5\n", (0, 0.001), "from column 't_ms', in ms"),
    read("a title and a row of units", "run 3\nZeit;x\nms;V\n5;1\n7;1\n", (0, 0.002), "from column 'Zeit', in ms"),
    read("numbers with units", "12 ms\n0013.5 ms\n", (0, 0.0015), "in ms"),
    read("dates", "2026-01-02 03:04:05.678\n2026-01-02T03:04:06.678\n", (0, 1), "as dates"),
    read("dates with a decimal comma", "Datum;x\n02.01.2026 03:04:05,5;1\n02.01.2026 03:04:06;1\n", (0, 0.5), "dates"),
    read("clock times", "time\n03:04:05,5\n03:04:06\n", (0, 0.5), "as clock times"),
    read("a total at the end", "t_s;x\n1;2\n2;2\nSumme;4\n", (0, 1), "in s, without the total in line 4"),
    read("exponents with a comma", "t_s\n1,5E-03\n2,5e-3\n", (0, 0.001), "decimal comma"),
    read("thousands of India", 't_ms\n"12,34,567"\n"12,34,568"\n', (0, 0.001), "in ms"),
    read("headers of other languages", "Время (мкс);x\n5;1\n7;1\n", (0, 2e-6), "in us"),
    read("a unit behind a word in French", "Temps en ms;x\n5;1\n7;1\n", (0, 0.002), "in ms"),
    read("seconds since 1970 in a column that may count", "epoch\n1767312000\n1767312001\n", (0, 1), "in s"),
    read("empty rows, comments, times before zero and twice", "# a\n-1\n\n1\n0\n0\n", (0, 1, 1, 2), "put in order"),
]
REFUSED = [
    refused("0,25 without a header", "0,25\n0,50\n", "line 1: '0,25' may be one number, or columns between commas"),
    refused("0,25,3 without a header", "0,25,3\n0,50,3\n", "line 1: '0,25' may be one number, or columns"),
    refused("1.234, which may be 1234", "1.234\n2.345\n", "line 1: '1.234' may be 1.234 or 1234"),
    refused("1 234 without a header", "1 234\n2 345\n", "line 1: '1 234' may be one number with blanks"),
    refused("points and commas for decimals", "t_s\n0,5\n1.5\n", "line 3: '1.5' does not go with the decimal comma"),
    refused("more cells than its header", "t_s,x\n0,25,3\n", "line 2: 3 cells, and the header has 2"),
    refused("a first column that counts", "0,0.5\n1,0.7\n2,1.9\n", "line 1: the first column may count the rows"),
    refused("two columns of times", "start_s,due_s\n1,2\n", "line 1: the columns 'start_s' and 'due_s' may both be"),
    refused("a column of durations", "response_time_ms\n5\n", "line 1: 'response_time_ms' names no column of times"),
    refused("a unit that is none", "t (ticks)\n1\n", "line 1: the unit 'ticks' of the column 't (ticks)' is none of"),
    refused("a comment that names ms", "# in ms\ntime\n1\n", "line 1: 'ms' may be the unit of the times"),
    refused("milliseconds since 1970 and no unit", "1767312000123\n1767312000125\n", "line 1: '1767312000123' is out"),
    refused("nanoseconds and no unit", "0\n5000000\n", "line 1: '0': as seconds these times are 58 days"),
    refused("NaN", "t_s\n1\nnan\n", "line 3: 'nan' is no time: a value is missing there"),
    refused("an empty cell", "t_s;x\n1;2\n;3\n", "line 3: the time is missing"),
    refused("a total beside a time", "t_s;x\n1;2\n1;Summe\n", "line 3: '1' stands beside a total"),
    refused("digits of another script", "t_s\n٣\n", "line 2: '٣' is no time; digits are 0 to 9"),
    refused("1_000", "t_s\n1_000\n", "line 2: '1_000' is no time"),
    refused("midnight between clock times", "23:59:59\n00:00:01\n", "line 2: '00:00:01' is before the time above"),
    refused("month and day in doubt", "01/02/2026 03:04:05\n", "line 1: '01/02/2026 03:04:05': day and month"),
    refused("a quote that is not closed", 't_s\n1\n"2\n', "line 3: not CSV: a quote is not closed"),
    refused("a byte of zero", "1\n2\0\n", "line 2: not a CSV file, it holds the byte 0x00"),
    refused("a number of 5,000 digits", f"t_s\n{'9' * 5000}\n", "line 2: '999"),
    refused("a line of 200,000 characters", f"t_s\n{'9' * 200_000}\n", "line 2: not CSV: field larger than"),
    refused("days of a spreadsheet", "Time;x\n46024,127893;1\n46024,5;1\n", "line 2: '46024,127893' may be a date"),
    refused("dates in digits", "20260102\n20260103\n", "line 1: '20260102' may be a date in digits"),
    refused("clock times in digits", "time\n030405.5\n030500\n", "line 2: '030405.5' may be a clock time in digits"),
    refused("digits that a spreadsheet dropped", "t_ms\n1,76731E+12\n", "line 2: '1,76731E+12' is rounded to 10,"),
    refused("a column of counts", "offset,x\n5,1\n90,2\n", "line 2: '5' may be a count: the column 'offset' names no"),
    refused("a column of units", "time,unit\n5,ms\n7,ms\n", "line 2: 'ms' may be the unit of the time beside it"),
    refused("a column of units, at first of s", "Zeit;Einheit\n5;s\n7;ms\n", "line 1: the column 'Einheit' may"),
    refused("a unit behind a sign", "# unit=ms\nt\n1\n", "line 1: 'ms' may be the unit of the times"),
    refused("a unit below the times", "t\n1\n2\n# in ms\n", "line 4: 'ms' may be the unit of the times"),
    refused(
        "clocks that go back", "2026-10-25 02:59:59\n2026-10-25 02:00:01\n",
        "line 2: '2026-10-25 02:00:01' is an hour before the time above: is it the end of summer time?",
    ),
    refused("an error of a spreadsheet", "t_ms\n5\n#NV\n6\n", "line 3: '#NV' is no time: a value is missing there"),
    refused("days beside clock times", "day,time\n1,03:04:05\n2,03:04:06\n", "line 2: '1' may be the day of the clock"),
    refused("dates beside clock times", "x;time\n02.01.2026;03:04:05\n", "line 2: '02.01.2026' may be the day of"),
    refused("minutes beside seconds", "min;sec\n1;2\n1;4\n", "line 1: the columns 'sec' and 'min' may be parts of"),
    refused("text behind a quote", '"t"_s\n1\n', "line 1: not CSV: text behind a quote that is closed"),
    refused("nothing in it", "", "no times in it"),
]  # fmt: skip
PIPE = Fault("a pipe as a trace", "refused at once: a pipe or a device, not a file; save the times to one", 2, _FILES)
FAULTS: list[Fault] = [*READ, *REFUSED, PIPE]


@pytest.mark.parametrize("fault", READ, ids=id_of)
def test_a_dialect_is_read(tmp_path: Path, fault: Read) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(fault.text.encode(fault.encoding))
    found = read_csv(str(path))
    assert [ns / 1e9 for ns in found.due_ns] == pytest.approx(fault.due_s, rel=1e-9)
    assert f"{len(fault.due_s)} times from" in found.text
    assert fault.said in found.text


@pytest.mark.parametrize("fault", REFUSED, ids=id_of)
def test_what_has_two_readings_or_none_is_refused_with_its_line(tmp_path: Path, fault: Refused) -> None:
    path = tmp_path / "t.csv"
    path.write_text(fault.text)
    with pytest.raises(ChangeRejected) as caught:
        read_csv(str(path))
    assert str(caught.value).removeprefix(f"trace {path}")[2:].startswith(fault.said)
    assert len(str(caught.value)) < 500


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.csv")
    os.mkfifo(tmp_path / "fifo.ovtui")
    for path in (str(tmp_path / "fifo.csv"), str(tmp_path / "fifo.ovtui"), "/dev/zero"):
        with pytest.raises(ChangeRejected, match="a pipe or a device, not a file; save the times to one"):
            read_trace(path)


def test_the_program_says_what_it_understood(headless: Headless, tmp_path: Path) -> None:
    trace, result = tmp_path / "t.csv", tmp_path / "r.json"
    trace.write_text("Zeit (ms);x\n0,5;1\n10,5;2\n")
    said = f"trace {trace}: 2 times from column 'Zeit (ms)', decimal comma, in ms"
    done = headless("run", "demo-mlp", "-d", "CPU", "--arrival", f"trace:{trace}", "--json", str(result))
    assert done.returncode == 0, done.stderr
    assert f"ovtui: {said}\n" in done.stderr
    assert said in [each["text"] for each in json.loads(result.read_text())["events"]]


def test_the_program_refuses_what_it_could_only_guess(headless: Headless, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("0,25\n0,50\n")
    done = headless("run", "demo-mlp", "-d", "CPU", "--arrival", f"trace:{tmp_path / 't.csv'}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"ovtui: trace {tmp_path / 't.csv'}, line 1: '0,25' may be one number, or columns")
    assert len(done.stderr.splitlines()) == 1
