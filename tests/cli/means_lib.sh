# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154
# For means*.t: a monitor of tests/bpf/ with its manifest in a folder of its own, and a load that calls what its maps are of.

# place NAME: $tmp/NAME.bpf.o of tests/bpf/means_NAME.bpf.c, which says what it means by a manifest
place() {
	cp "$B/tests/bpf/means_$1.bpf.o" "$tmp/$1.bpf.o"
	cat >"$tmp/$1.manifest.json" <<-'END'
		{"schema": 1, "means": "means.bt",
		 "counters": {"@reads": {"map": "io_map", "value": "calls"}, "@bytes": {"map": "io_map", "value": "bytes"}},
		 "events": {"map": "opened_ring", "struct": "opened", "fields": {"path": "path", "error": "error", "comm": "comm", "pid": "pid"}},
		 "losses": {"map": "lost", "fields": {"ring_full": "ring_full"}}}
	END
}
cp tests/fixtures/means.bt "$tmp/means.bt"
cat >"$tmp/load" <<'EOT'
cat /etc/passwd /etc/group /none/of/that /
head -c 64 /etc/passwd >"$1"
cat "$1" | cat >/dev/null
/none/such
dd if=/dev/zero of="$1" bs=4096 count=3 conv=fsync
sleep 0.001
sleep 0.002
kill -0 $$
kill -0 $$
kill -CONT $$
rm -f "$1"
true
EOT
# judged OBJECT [OPTION..]: verifies it beside the load; $verdict is "CODE VERDICT", $texts the mismatches
judged() {
	judged_object=$1
	shift
	run "$bee" verify -q --json -m "$judged_object" "$@" -- sh "$tmp/load" "$tmp/file"
	verdict="$code $(printf '%s' "$out" | jq -r '.trials[0].conformance.verdict')"
	texts=$(printf '%s' "$out" | jq -r '.trials[0].mismatches[].text')
}
