#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Issue 13, number 32: what `sudo make` makes is the user's, two makes do not spoil each other, and a tree without git says so.
. tests/lib.sh
have make || skip_all "no make"
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES

# A copy without its history, as a tarball has it
mkdir "$tmp/tree"
tar -cf - --exclude=./build --exclude=./.git . 2>/dev/null | tar -C "$tmp/tree" -xf -
cd "$tmp/tree" || exit 2
export GIT_CEILING_DIRECTORIES="$tmp"
for goal in check shell; do
	run make -s $goal
	is "make $goal without git: exit code" "$code" 2
	has "says what it needs" "$err" "needs a git checkout (git clone), and this tree is none"
done
mkdir build
touch build/.deps
# A compiler that takes its time, and writes in two halves
cat >"$tmp/cc" <<'E2'
#!/bin/sh
for a; do
	case $last in -o) out=$a ;; -MF) deps=$a ;; esac
	last=$a
done
: >"$deps"
echo "first half" >"$out"
sleep 0.5
echo "second half" >>"$out"
E2
chmod +x "$tmp/cc"
for i in 1 2; do
	make -s CC="$tmp/cc" build/obj/lib/log.o >"$tmp/make.$i" 2>&1 &
	pids="${pids:-} $!"
done
halves=0
while :; do
	[ ! -e build/obj/lib/log.o ] || [ "$(wc -l <build/obj/lib/log.o)" -eq 2 ] || halves=$((halves + 1))
	# shellcheck disable=SC2086
	kill -0 $pids 2>/dev/null || break
done
wait
is "two makes at once: nobody sees half an object" "$halves" 0
is "it is whole" "$(cat build/obj/lib/log.o)" "first half
second half"
is "nothing else is left" "$(ls build/obj/lib)" "log.d
log.o"

if is_root; then
	mkdir -p results/runs/mine
	touch build/mine
	chown -R 65534:65534 .
	touch build/made results/runs/made
	ln -s /etc/passwd build/link
	run env SUDO_UID=65534 SUDO_GID=65534 make -s print-B
	is "sudo make does what it is asked" "$code:$out" "0:B=build"
	is "and what root made is the user's" "$(find . -uid 0)" ""
	is "and nothing else" "$(stat -c %u /etc/passwd)" 0
	touch build/made2
	chown 0 .
	run env SUDO_UID=65534 SUDO_GID=65534 make -s print-B
	is "in a tree of root's own nothing changes hands" "$(stat -c %u build/made2)" 0
	chown 65534 .
	run env SUDO_UID=65534 SUDO_GID=65534 make -s no-such-goal
	is "its exit code stays" "$code" 2
else
	skip "what sudo make makes is the user's" "needs root"
fi
done_testing
