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
if have git; then
	# Inside of somebody's repository it is no checkout either.
	git init -q "$tmp"
	for goal in check gate; do
		run make -s $goal
		is "make $goal inside of another repository" "$code:$(printf '%s\n' "$err" | head -n 1)" \
			"2:beebench: error: 'make $goal' needs a git checkout (git clone), and this tree is none"
	done
	rm -r "$tmp/.git"
	if is_root; then
		# What git itself refuses is no lack of a checkout.
		git init -q .
		chown -R 65534 .
		run env -u SUDO_UID HOME="$tmp" GIT_CONFIG_GLOBAL=/dev/null make -s check
		is "make check in a tree that git does not trust: exit code" "$code" 2
		has "it says so in git's words" "$err" "'make check': git does not read this tree: fatal: detected dubious ownership"
		chown -R 0 .
		rm -r .git
	fi
fi
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
	touch docs/made
	run env -u SUDO_UID -u SUDO_GID make -s print-B
	is "as root without sudo (su, doas, a container) likewise" "$code:$(find . -uid 0)" 0:
	# Ctrl-C goes to the whole group: the shell that would hand the tree back as well.
	printf '.PHONY: waits\nwaits:\n\t@touch build/half && touch "%s" && sleep 60\n' "$tmp/waiting" >>Makefile
	env SUDO_UID=65534 SUDO_GID=65534 setsid make -s waits >"$tmp/waits" 2>&1 &
	made=$!
	tries=0
	until [ -e "$tmp/waiting" ] || [ $tries -ge 300 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	# TERM: what the shell starts behind its back ignores INT.
	kill -TERM "-$made"
	wait "$made"
	is "after Ctrl-C, too" "$(stat -c %u build/half)" 65534
	run env SUDO_UID=65534 SUDO_GID=65534 make -s no-such-goal
	is "its exit code stays" "$code" 2
else
	skip "what sudo make makes is the user's" "needs root"
fi
done_testing
