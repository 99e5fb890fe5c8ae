"""Writes lines with the Python client of offlog, as write.ts does with other writers.

write.py latency|stream SOCKET FILE LINES: says "ready", waits for a line on its standard input, and prints what it
measured as JSON; times are nanoseconds of the monotonic clock.
"""

import json, sys, time
from offlog import ProxyFile

CHUNKS = 3
mode, sock_path, path, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
lines = [f'{number:08d} '.ljust(99, 'x').encode() + b'\n' for number in range(1000)]
now = time.perf_counter_ns


def quantile(values, share):
    return values[max(0, -int(-len(values) * share // 1) - 1)]


def stream():
    start, before = time.monotonic_ns(), time.process_time_ns()
    file = ProxyFile(path, sock_path=sock_path)
    write = file.write
    for _ in range(count // len(lines)):
        for line in lines:
            write(line)
    file.close()
    return {'start': start, 'end': time.monotonic_ns(), 'cpu': time.process_time_ns() - before}


def one_by_one(write):
    taken = []
    for _ in range(count // len(lines)):
        for line in lines:
            before = now()
            write(line)
            taken.append(now() - before)
    return taken


def latency():
    file = ProxyFile(path, sock_path=sock_path)
    taken = []
    for chunk in range(2 * CHUNKS):
        measured = one_by_one(file.write)
        # The first half warms up; between chunks the daemon catches up.
        if chunk >= CHUNKS:
            taken += measured
        time.sleep(0.3)
    file.close()
    taken.sort()
    clock = sorted(one_by_one(lambda line: None))
    return {
        'p50': quantile(taken, 0.5),
        'p99': quantile(taken, 0.99),
        'p999': quantile(taken, 0.999),
        'nothing': quantile(clock, 0.5),
        'lines': 2 * CHUNKS * count,
    }


print('ready', flush=True)
sys.stdin.readline()
print(json.dumps(stream() if mode == 'stream' else latency()))
