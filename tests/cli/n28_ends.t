#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 28, beebench's part: a signal ends every command that measures, wherever it is, with exit code 3 and with what it had.
. tests/lib.sh
[ "$(id -u)" -eq 0 ] || skip_all "needs root"

# cut AFTER SIGNAL COMMAND..: the command is sent the signal after so many seconds. "CODE gone", or "stayed".
cut() {
	python3 -c 'import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
p = subprocess.Popen(sys.argv[3:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    p.wait(float(sys.argv[1]))
    print(p.returncode, "of its own accord")
except subprocess.TimeoutExpired:
    p.send_signal(getattr(signal, "SIG" + sys.argv[2]))
    try:
        print(p.wait(60), "gone")
    except subprocess.TimeoutExpired:
        p.kill()
        print("stayed")' "$@"
}

old=$B/bpf/memmon/memmon.bpf.o new=$B/bpf/memmon/memmon_fast.bpf.o
is "verify of a command" "$(cut 1 INT "$bee" verify -m memmon -- sleep 100)" "3 gone"
is "overhead" "$(cut 1.5 TERM "$bee" overhead -m memmon)" "3 gone"
is "ringbuf" "$(cut 1 INT "$bee" ringbuf)" "3 gone"
is "compare" "$(cut 0.3 TERM "$bee" compare memmon memmon_fast)" "3 gone"
# Its lanes come one after another, and a signal in the first is none in the second.
is "gate, in its first lane" "$(cut 0.3 INT "$bee" gate --base "$old" --head "$new")" "3 gone"
is "gate, with what it made in the end" "$(cut 0.3 HUP "$bee" gate --base "$old" --head "$new" --out "$tmp/gate")" "3 gone"
is "and its file says so" "$(tail -n 1 "$tmp/gate/run.json" | jq -r '"\(.status) \(.exit)"')" "interrupted 3"
is "run" "$(cut 4 INT "$bee" run --quick --out "$tmp/runs")" "3 gone"
is "and what it had is there" "$(cd "$tmp/runs/latest" && echo run.json* report.*)" "run.json report.html report.md"
is "and its file says so too" "$(tail -n 1 "$tmp/runs/latest/run.json" | jq -r '"\(.status) \(.exit)"')" "interrupted 3"
# nohup has asked for no SIGHUP.
is "SIGHUP that is ignored stays so" "$(cut 1 HUP nohup "$bee" verify -m memmon -- sleep 3)" "0 gone"
done_testing
