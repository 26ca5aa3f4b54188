#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What `make install` leaves works alone: from another folder, with the tree it came from hidden.
# beside others
. tests/lib.sh

tree=$PWD
case $B in
/*) build=$B ;;
*) build=$tree/$B ;;
esac
dest=$tmp/dest root=$tmp/dest/opt/bee

# make without the flags of a make around this test
# shellcheck disable=SC2317 # called by run
quiet_make() {
	env -u MAKEFLAGS -u MAKELEVEL make -s B="$B" "$@"
}

run quiet_make install DESTDIR="$dest" PREFIX=/opt/bee
is "make install" "$code" 0
[ "$code" -eq 0 ] || printf '%s\n' "$err"
for f in bin/beebench bin/honeyc bin/memprof lib/beebench/libmemprof.so lib/beebench/bpf/memmon/memmon.bpf.o lib/beebench/bpf/probes/oracle.bpf.o \
	lib/beebench/bpf/memmon/memmon-honey.bpf.o lib/beebench/plots/style.gp lib/beebench/vm/guest-init lib/beebench/vm/fetch_kernel.sh \
	lib/beebench/static/beebench share/doc/beebench/README.md share/beebench/prometheus/beebench.rules.yml share/beebench/grafana/beebench.json; do
	check "has $f" test -s "$root/$f"
done
for f in "$build"/bpf/*/*.bpf.o "$build"/bpf/*/*.manifest.json; do
	name=${f#"$build"/}
	# What stands in build/ from a source that has gone is not installed, and not missed.
	source=${name%.bpf.o}.bpf.c
	[ -e "$source" ] || continue
	[ -s "$root/lib/beebench/$name" ] || fail "has $name"
done
pass "has every object that the tree has a source for"

# away CMD..: in another folder; for root with an empty folder in place of the tree.
mkdir "$tmp/away"
hidden=0
if is_root && unshare -m sh -c "mount -t tmpfs none '$tree'" 2>/dev/null; then
	hidden=1
fi
echo "# the tree is hidden: $hidden"
# shellcheck disable=SC2016 # expanded by the inner sh
away() {
	if [ $hidden -eq 1 ]; then
		run unshare -m sh -c 'mount -t tmpfs none "$0" && cd "$1" && shift && exec "$@"' "$tree" "$tmp/away" "$@"
	else
		run sh -c 'cd "$0" && exec "$@"' "$tmp/away" "$@"
	fi
}
unset BEEBENCH_BPF_DIR BEEBENCH_DATA

away "$root/bin/beebench" list monitors
is "beebench list" "$code" 0
for name in $("$bee" list --json monitors | jq -r '.monitors[].name'); do
	like "lists $name" "$out" "^ *$name *\$"
done

cp bpf/memmon/memmon.ex "$tmp/away/mine.ex"
away "$root/bin/honeyc" -w -o mine.bpf.o mine.ex
is "honeyc" "$code" 0
check "an object" test -s "$tmp/away/mine.bpf.o"

away "$root/bin/beebench" report "$tmp/none"
is "report without a run" "$code" 2
cp -r tests/fixtures/runs/full "$tmp/away/run"
away "$root/bin/beebench" report run --write
is "report --write" "$code" 0
check "pictures" test -s "$tmp/away/run/plots/overhead.svg"

if why=$(bpf_refused); then
	skip "beebench verify" "$why"
else
	away "$root/bin/beebench" verify -q -m memmon -w mmap --json
	is "beebench verify -m memmon" "$code" 0
	away "$root/bin/beebench" verify -q -m mine.bpf.o -w mmap --json
	is "beebench verify of an own object" "$code" 0
	for object in memmon_fast memmon mine.bpf.o mine.ex; do
		away "$root/bin/memmon" --batch -n 1 --json --object $object
		is "memmon --object $object" "$code" 0
		is "is that monitor" "$(printf '%s\n' "$out" | jq -r .monitor)" "${object%.bpf.o}"
	done
	away "$root/bin/cpumon" --batch -n 1 --csv
	is "cpumon" "$code" 0
	like "prints processes" "$out" "[0-9]+,"
fi

# The variable goes before what is beside the program.
mkdir -p "$tmp/data"
run env BEEBENCH_DATA="$tmp/data" "$root/bin/beebench" list monitors
hasnt "BEEBENCH_DATA names another folder" "$out" cpumon

# Guests of other processors: what is compiled for one is installed where somebody asks for it.
run quiet_make install DESTDIR="$dest" PREFIX=/opt/bee GUESTS=mips
is "a guest of a processor that there is not" "$code" 2
has "which there are" "$err" "choose from: arm64 s390x"
if ! have qemu-system-aarch64 || [ ! -x "$B/arm64/static/beebench" ]; then
	skip "make install GUESTS=arm64" "nothing is compiled for arm64: make guest-arm64"
elif run "$bee" vm -k 6.12/arm64 --where && [ "$code" -eq 77 ]; then
	skip "make install GUESTS=arm64" "$err"
else
	away env HOME="$HOME" "$root/bin/beebench" vm -k 6.12/arm64 --load "$root/lib/beebench/bpf/memmon/memmon.bpf.o"
	is "what is not installed cannot be run" "$code" 77
	has "what to do" "$err" "make install GUESTS=arm64"
	run quiet_make install DESTDIR="$dest" PREFIX=/opt/bee GUESTS=arm64
	is "make install GUESTS=arm64" "$code" 0 || printf '# %s\n' "$err"
	away "$root/bin/beebench" verify -q -k 6.12/arm64 -m memmon -w brk
	is "judges in a guest of arm64" "$code" 0 || printf '# %s\n' "$err"
fi

touch "$root/bin/not-ours"
run quiet_make uninstall DESTDIR="$dest" PREFIX=/opt/bee
is "make uninstall" "$code" 0
is "nothing is left" "$(find "$root" ! -type d)" "$root/bin/not-ours"
run quiet_make install PREFIX=relative
is "a relative prefix is refused" "$code" 2
has "and says what to give" "$err" "PREFIX=/DIR"
done_testing
