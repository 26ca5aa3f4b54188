#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which values of a BPF map come out of `bpftool -j map dump` as JSON that says what was in the map.
#
# The question: a test reads a monitor's counters with `bpftool -j map dump` and any JSON reader, by the names of the fields. For
# which types of field is what it reads what the program stored?
# The guess: for all that C has but double, of which BPF has no arithmetic; numbers above 2^53 depend on the reader.
# What happens:
#   - Members without a name are all named "": of two unnamed unions a reader keeps the last, without a word.
#   - A bit-field and a sum of 128 bits are strings of hexadecimal digits, and a negative one has lost its sign: -3 in five bits
#     is "0x1d".
#   - A float or double ends the dump in the middle of the word "unsupported-kind": no JSON, though the exit code is 0.
#   - An array of char is a string where its bytes are printable, and an array of numbers where one of them is not, negative ones
#     above 127: the type of a field depends on what is in it. An enum is a string or a number by the same kind of chance.
#   - 7.8, the newest, does all of it as 7.1 does.
# Why it matters: flags in bit-fields, an unnamed union of an event's kinds, a command's name: all usual in maps of monitors. A test
# that reads them by name passes until the first negative value or the first name with an accent. The raw bytes beside
# "formatted" are always right; what others shall read is better of named integers.
# Source: run here, on one map a type with known bytes, read by Python's json. Versions: bpftool 7.1.0+6.1.192-3 and
# 7.8.0+7.2.13-1, clang 14.0.6. First seen November 2026.
set -u
tmp=$(mktemp -d -t finding_XXXXXX) || exit 2 # the packages come into it, by apt-get download; libbpf pins below no name with a dot
# shellcheck source=findings/fetch
. "$(dirname "$0")/fetch"
need clang python3 mount
[ "$(id -u)" = 0 ] || cannot "only root loads a map's type"
pins=$tmp/pins
mkdir "$pins" || exit 2
mount -t bpf bpf "$pins" || cannot "no BPF file system"
trap 'umount "$pins" && rm -rf "$tmp"' EXIT

fetch here bpftool=7.1.0+6.1.192-3 libelf1=0.188-2.1
fetch sid bpftool=7.8.0+7.2.13-1 libc6=2.43-7 libelf1t64=0.196-1 zlib1g=1:1.3.dfsg+really1.3.2-4 libzstd1=1.5.7+dfsg-4

cat >"$tmp/read.py" <<'END'
import json, sys
text = sys.stdin.read()
try:
    entries = json.loads(text)
    print(json.dumps([entry["formatted"]["value"] for entry in entries]).replace('"', "'"))
except json.JSONDecodeError as error:
    print("no JSON at '%s'" % text[error.pos : error.pos + 12].rstrip())
END

# dump WHAT "MEMBERS" BYTES WANT: a map of two entries of a struct with these members, the bytes in the first, by each bpftool
dump() {
	cat >"$tmp/map.c" <<END
enum signed_rank { LOW = -1, HIGH = 1 };
struct value { $2 };
struct {
	int (*type)[2];
	int (*max_entries)[2];
	unsigned int *key;
	struct value *value;
} map __attribute__((section(".maps"), used));
char _license[] __attribute__((section("license"), used)) = "GPL";
__attribute__((section("socket"), used)) int reader(void *packet)
{
	unsigned int key = 0;
	return ((void *(*)(void *, void *))1)(&map, &key) != 0;
}
END
	clang -O2 -g -target bpf -c -o "$tmp/map.o" "$tmp/map.c" || cannot "clang -target bpf"
	run sid usr/sbin/bpftool prog load "$tmp/map.o" "$pins/reader" pinmaps "$pins" || cannot "the map does not load"
	# shellcheck disable=SC2086 # the bytes are words
	run sid usr/sbin/bpftool map update pinned "$pins/map" key 0 0 0 0 value $3 || cannot "the map takes no $3"
	for suite in here sid; do
		run "$suite" usr/sbin/bpftool -j map dump pinned "$pins/map" >"$tmp/dump"
		code=$?
		version=7.1
		[ "$suite" = here ] || version=7.8
		sees "$1, bpftool $version" "$(python3 "$tmp/read.py" <"$tmp/dump"), exit code $code" "$4, exit code 0"
	done
	rm "$pins/reader" "$pins/map"
}

dump "integers" "long long count; unsigned int rank;" "254 255 255 255 255 255 255 255 7 0 0 0 0 0 0 0" \
	"[{'count': -2, 'rank': 7}, {'count': 0, 'rank': 0}]"
dump "an enum" "enum signed_rank rank;" "255 255 255 255" \
	"[{'rank': 'LOW'}, {'rank': 0}]"
dump "bit-fields of 5 and -3" "unsigned int a : 3; int b : 5;" "237 0 0 0" \
	"[{'a': '0x5', 'b': '0x1d'}, {'a': '0x0', 'b': '0x0'}]"
dump "a 128-bit sum of -5" "__int128 sum;" "251 255 255 255 255 255 255 255 255 255 255 255 255 255 255 255" \
	"[{'sum': '0xfffffffffffffffffffffffffffffffb'}, {'sum': '0x0'}]"
dump "two unnamed unions of 7 and 9" "union { int a, b; }; union { int c, d; };" "7 0 0 0 9 0 0 0" \
	"[{'': {'c': 9, 'd': 9}}, {'': {'c': 0, 'd': 0}}]"
dump "a pointer" "const void *at;" "16 0 0 0 0 0 0 0" \
	"[{'at': 16}, {'at': 0}]"
dump "a double" "double share; int after;" "0 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0" \
	"no JSON at '(unsupported'"
dump "a name" "char name[4];" "97 98 0 0" \
	"[{'name': 'ab'}, {'name': ''}]"
dump "a name with a byte above 127" "char name[4];" "97 195 164 0" \
	"[{'name': [97, -61, -92, 0]}, {'name': ''}]"
done_seeing
