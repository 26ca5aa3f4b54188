#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The subject allocations: memprof is exact beside its ledgers, profilers that are wrong on purpose are found out and told why,
# and what has nothing to do with each other is skipped with the reason.
. tests/lib.sh
need_tool jq jq
built=$(realpath "$B")

verify() {
	run "$bee" verify --quiet --json "$@"
}
field() {
	printf '%s' "$out" | jq -r "$1"
}
# exact MONITOR WORKLOAD [COUNTERS]
exact() {
	verify -m "$1" -w "$2"
	is "$1 beside $2: exit code" "$code" 0
	is "$1 beside $2 is exact" "$(field '.trials[0] | "\(.status) \(.conformance | "\(.verdict) \(.counters)")"')" "ok exact ${3:-6}"
}

# unmissed MONITOR WORKLOAD: a trial in which the kernel skipped no run, of nine at most: one that it skips is told, and no fault
unmissed() {
	for i in 1 2 3 4 5 6 7 8 9; do
		verify -m "$1" -w "$2"
		[ "$(field '.trials[0].losses.recursion_misses')" != 0 ] || return 0
	done
	skip "$1 beside $2" "the kernel skipped runs of it in each of $i trials: other BPF programs were active on its CPU"
	return 1
}

for w in malloc malloc:count=97,held=97 malloc:threads=3,handover=yes malloc:min=0,max=16,held=0; do
	exact memprof "$w"
done
is "what was made is told" "$(field '.trials[0].truth | "\(.source) \(.made | .allocs == .frees and .live_bytes == 0) \(has("calls"))"')" \
	"ledger true false"
exact memprof-counts malloc 69
for w in malloc malloc:count=20000 malloc:min=0,max=100 malloc:threads=3,handover=yes; do
	verify -m memprof-sampled -w "$w"
	is "memprof-sampled beside $w: within what chance explains" \
		"$code $(field '.trials[0].conformance | "\(.verdict) \(.counters)"')" "0 bounded 8"
done
is "its estimates are findings" "$(field '[.trials[0].accuracy[].metric] | join(" ")')" "allocs bytes live_blocks live_bytes"
like "in standard deviations" "$(field '.trials[0].accuracy[0].why')" '^estimated from samples: off by -?[0-9.]+ standard deviations$'
run "$bee" verify --quiet -m memprof-sampled
like "a person reads that it lies in bounds" "$out" '^  malloc +1,283  in bounds$'
if why=$(bpf_refused); then
	skip "what needs BPF" "$why"
else
	exact memprof-attach malloc
	exact memprof-attach malloc:threads=3,handover=yes
	for w in kmalloc kmalloc:max=8192,held=3 kmalloc:min=0,max=1,errors=0; do
		unmissed memprof-kernel "$w" || continue
		is "memprof-kernel beside $w is exact" "$code $(field '.trials[0].conformance | "\(.verdict) \(.counters)"')" "0 exact 6"
	done
fi
run "$bee" verify --quiet -m memprof -w malloc
like "a person reads blocks" "$out" '^  malloc +1,283  exact$'

# Nothing else says what the figures must be.
skipped() {
	is "$1: exit code" "$code" 77
	is "$1: the reason" "$(field '.trials[0].reason')" "$2"
}
verify -m memprof -w kmalloc
skipped "the other's ledger" "memprof tells of the blocks of malloc, and only the workload malloc says what they must be"
verify -m memprof -w mmap
skipped "memory calls" "memprof tells of the blocks of malloc, and only the workload malloc says what they must be"
verify -m memprof -- true
skipped "a command" "memprof tells of the blocks of malloc, and only the workload malloc says what they must be"
if ! bpf_refused >/dev/null; then
	verify -m memmon -w malloc
	skipped "a monitor of memory calls" "the ledger of malloc holds blocks, and no call that memmon would count"
fi

# Threads allocate for themselves what no ledger has: a profiler without stacks is not blamed for it.
verify -m memprof-counts -w malloc:threads=2
is "without stacks, beside threads: exit code" "$code" 3
has "without stacks, beside threads: the reason" "$(field '.trials[0].reason')" \
	"its figures are of the whole process, in which threads were made"

# manifest NAME DEFINITION RUN REPORT [MEMBERS]
manifest() {
	cat >"$tmp/$1.json" <<-END
		{"schema": 1, "subject": "allocations", "definition": "$2", "key": "tgid", "prints": "profile",
		 "run": [$3], "report": [$4], ${5:-}
		 "counters": {"allocs": "allocs", "bytes": "bytes", "frees": "frees", "freed_bytes": "freed_bytes",
		              "live_blocks": "live_blocks", "live_bytes": "live_bytes"}}
	END
}
# finds NAME FIELD PART: verify fails, and a mismatch of FIELD has PART
finds() {
	is "$1: exit code and verdict" "$code $(field '.trials[0] | "\(.status) \(.conformance.verdict)"')" "1 fail mismatch"
	like "$1: $2" "$(field ".mismatches[] | select(.field == $2) | .text")" "$3"
}
# library MISTAKE: a preloaded library of that mistake counts
library() {
	manifest "$1" malloc "\"env\", \"WRONG=$1\", \"PROFILE={out}\", \"LD_PRELOAD=$built/tests/allocating/wrong_malloc.so\"" \
		'"cat", "{out}"' '"starts": true,'
	verify -m "$tmp/$1.json" -w malloc
}
library none
is "no mistake: exit code and verdict" "$code $(field '.trials[0].conformance | "\(.verdict) \(.counters)"')" "0 exact 6"
library reallocarray
finds reallocarray '"allocs"' ' is [0-9]+, the calls make it 1283: as if .*reallocarray.* counted twice$'
finds reallocarray '"bytes"' ': as if .*reallocarray.* counted twice$'
like "reallocarray: the line of the ledger" "$(field '.mismatches[0].ledger')" '^lane 0 line [1-9][0-9]*$'
is "reallocarray: frees are right" "$(field '[.mismatches[].field] | unique | join(" ")')" "allocs bytes live_blocks live_bytes"
library memalign
finds memalign '"allocs"' ': as if .*memalign were not counted$'
finds memalign '"bytes"' ': as if memalign were not counted$'
library realloc
finds realloc '"live_blocks"' ' of key [0-9]+ is [0-9]+, the calls make it 23'
library no-frees
finds no-frees '"frees"' ' is 0, the calls make it [0-9]+: as if nothing were freed$'
finds no-frees '"live_blocks"' ' is 1283, the calls make it 23: as if nothing were freed$'
library halves
finds halves '"bytes"' ': as if each block had half its bytes$'
is "halves: blocks are right" "$(field '[.mismatches[].field] | unique | join(" ")')" "bytes freed_bytes live_bytes"
library failed
finds failed '"allocs"' ' is 1290, the calls make it 1283: as if a call that fails were counted$'
library null
finds null '"frees"' ': as if free\(NULL\) were counted$'

# memprof itself, whose profile is changed on the way: report NAME JQ
report() {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\n"%s/memprof" report "$1" --format json | jq "$2"\n' "$built" >"$tmp/filter"
	chmod +x "$tmp/filter"
	manifest "$1" malloc '"{beside}memprof", "run", "--exact", "-q", "-o", "{out}", "--"' "\"$tmp/filter\", \"{out}\", \"$2\"" \
		'"starts": true, "stack": ["wl_heap_leaf", "wl_heap_mid", "wl_heap_call"],'
	verify -m "$tmp/$1.json" -w malloc
}
report same .
is "an unchanged profile: exit code and verdict" "$code $(field '.trials[0].conformance.verdict')" "0 exact"
report wrong-stack '(.stacks[].frames[] | select(. == \"wl_heap_mid\")) = \"other\"'
finds wrong-stack null 'has no row, though its calls count: allocs should be 1283$'
report cut-stack '.stacks[].frames |= .[1:2]'
finds cut-stack null 'has no row, though its calls count: '
report other-process '.stacks[].pid += 1'
finds other-process null 'has a row, but no thread of the workload has this key$'
report one-stack-less '.stacks |= (sort_by(.allocs) | .[:-1])'
finds one-stack-less '"allocs"' ' is [0-9]+, the calls make it 1283'
report lost '.losses = [{\"name\": \"untracked\", \"count\": 3}]'
is "what a profile says that it lost makes it void" "$code $(field '.trials[0].reason')" \
	"3 3 events were lost before they were printed"
report no-profile '.totals'
is "no profile: exit code" "$code" 2
has "no profile: the text" "$err" "$tmp/no-profile.json: what $tmp/filter prints is no profile: a JSON object with \"stacks\" is expected"

# Estimates that are off by more than chance explains: sampled NAME JQ [WORKLOAD]
sampled() {
	jq --arg filter "$tmp/filter" --arg jq "$2" '.run[0] = $memprof | .report = [$filter, "{out}", $jq]' \
		--arg memprof "$built/memprof" "$B/bpf/memprof/memprof-sampled.manifest.json" >"$tmp/$1.json"
	verify -m "$tmp/$1.json" -w "${3:-malloc:count=20000}"
}
sampled estimates .
is "unchanged estimates: exit code and verdict" "$code $(field '.trials[0].conformance.verdict')" "0 bounded"
sampled biased '.stacks[].bytes |= (. * 1.05 | floor)'
finds biased '"bytes"' ' is estimated as [0-9]+, the calls make it [0-9]+: off by [0-9]+, and chance explains [0-9]+$'
is "biased: nothing else is off" "$(field '[.mismatches[].field] | unique | join(" ")')" bytes
sampled unweighted '.stacks[].allocs |= (. / 3 | floor)' malloc:count=20000,min=1K,max=4K
finds unweighted '"allocs"' ', and chance explains [0-9]+$'
sampled narrow '.stacks[].errors.bytes |= . / 2'
finds narrow '"bytes_error"' ' is [0-9]+, the calls make it [0-9]+: chance explains from [0-9]+ to [0-9]+$'
sampled rateless '.rate = null'
is "no rate: exit code and reason" "$code $(field '.trials[0].reason')" \
	'3 it does not say at what rate it took samples ("rate" among its counters)'

# The kernel's, likewise.
kernel() {
	manifest "$1" kmalloc '"{beside}memprof", "kernel", "--of", "kmalloc", "--every", "1", "--cgroup", "{cgroup_path}", "--format", "json"' \
		"\"jq\", \"$2\", \"{out}\"" "\"ready\": \"counting the kernel's allocations\", \"stack\": [\"load_msg\"],"
	unmissed "$tmp/$1.json" kmalloc:errors=997
}
if ! bpf_refused >/dev/null; then
	kernel kernel-same . &&
		is "the kernel's, unchanged: exit code and verdict" "$code $(field '.trials[0].conformance.verdict')" "0 exact"
	if kernel kernel-frees '.stacks[] |= (.frees = 0 | .freed_bytes = 0)'; then
		finds kernel-frees '"frees"' ' is 0, the calls make it [0-9]+: as if nothing were freed$'
		is "the kernel's frees: nothing else is off" "$(field '[.mismatches[].field] | unique | join(" ")')" "freed_bytes frees"
	fi
	kernel kernel-sent '(.stacks[] | select(.frames | index(\"load_msg\")) | .allocs) -= 997' &&
		finds kernel-sent '"allocs"' ': as if a message that is refused were not counted$'
fi

# The other commands: what does not apply says why, at once.
run "$bee" exact --quiet -m memprof
is "exact: exit code" "$code" 77
is "exact: the reason" "$out$err" \
	"memprof: skip: it is a library in the program that it starts, and the guest counts what the kernel does for BPF objects (.bpf.o)"
run "$bee" exact --quiet -m memprof-attach
is "exact of a command: the reason" "$code $out$err" "77 memprof-attach: skip: the guest runs BPF objects (.bpf.o) only"
run "$bee" compare --quiet -o exact=no -t 2 memprof memprof-counts
has "compare of two that start it" "$out" "skip: memprof starts the workload, with its own allocator's functions in it"
like "compare of two that start it: what each costs" "$out" '^  malloc\+free +[0-9]'
if ! bpf_refused >/dev/null; then
	run "$bee" compare --quiet -o exact=no,cost=no memprof-attach memprof-attach
	is "compare of two that come to it: exit code" "$code" 0
	like "compare of two that come to it" "$out" '^  memprof-attach  memprof-attach  malloc +1 +6 +0  equal$'
	run "$bee" compare --quiet -o exact=no,cost=no memprof memprof-kernel
	has "compare of other blocks" "$out" "equivalence is not asked for: memprof counts malloc, memprof-kernel counts kmalloc"
fi

# Bad manifests and programs.
manifest away malloc "\"$tmp/nothing-there\", \"{out}\"" '"cat", "{out}"' '"starts": true,'
verify -m "$tmp/away.json" -w malloc
is "a program that is not there: exit code" "$code" 2
has "a program that is not there: the text" "$err" "nothing-there"
manifest dies malloc '"false", "{out}"' '"cat", "{out}"' '"starts": true,'
verify -m "$tmp/dies.json" -w malloc
is "a program that ends and starts nothing: exit code and status" "$code $(field '.trials[0].status')" "2 void"
is "a program that ends and starts nothing: the reason" "$(field '.trials[0].reason')" \
	"false, by which it is started, ended before it was ready: exit code 1"
manifest silent malloc '"true"' '"cat", "{out}"' '"ready": "counting",'
verify -m "$tmp/silent.json" -w malloc
is "a program that ends before it counts: exit code" "$code" 2
has "a program that ends before it counts: the text" "$err" "$tmp/silent.json: true "

is "nothing is left" "$(find /dev/shm -maxdepth 1 -name 'memprof*' -newer "$tmp" 2>/dev/null)" ""
done_testing
