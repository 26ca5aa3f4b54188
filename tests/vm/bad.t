#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What goes wrong around a guest, with a QEMU and an apt of our own making: exit codes and what is said.
set -u
. tests/lib.sh

need_tool jq jq
abs=$(cd "$B" && pwd)
bee=$abs/beebench
fake=$tmp/fake
mkdir "$fake" "$tmp/empty"

# image FILE: what passes for a kernel
image() {
	{
		head -c 514 /dev/zero
		printf HdrS
		head -c 100 /dev/zero
	} >"$1"
}
image "$tmp/vmlinuz"

# qemu: what the machine does instead of booting; $args are its arguments
qemu() {
	{
		echo '#!/bin/sh'
		cat
	} >"$fake/qemu-system-x86_64"
	chmod +x "$fake/qemu-system-x86_64"
}
# exact ARGS..: with the fake QEMU
exact() {
	PATH=$fake:$PATH run "$bee" exact -q -m nop -k "$tmp/vmlinuz" "$@"
}

run env PATH="$tmp/empty" "$bee" exact -q -m nop -k "$tmp/vmlinuz"
is "no QEMU: cannot run here" "$code" 77
has "the command that cures it" "$err" "apt-get install --no-install-recommends qemu-system-x86"

qemu <<'E2'
echo "qemu: could not set up host memory" >&2
exit 1
E2
exact
is "QEMU dies: environment" "$code" 2
has "how it ended" "$err" "QEMU: exit code 1"
has "what it said" "$err" "could not set up host memory"

qemu <<'E2'
kill -SEGV $$
E2
exact
is "QEMU is killed: environment" "$code" 2
has "by which signal" "$err" "killed by signal 11"

qemu <<'E2'
for a; do case $a in file:*) echo "Kernel panic - not syncing: no init" >"${a#file:}" ;; esac; done
E2
exact
is "a kernel that panics: environment" "$code" 2
has "the end of its console" "$err" "Kernel panic - not syncing: no init"

qemu <<'E2'
echo $$ >"$PIDFILE"
exec sleep 100
E2
PIDFILE=$tmp/pid
export PIDFILE
exact -o timeout=1
is "a guest that hangs: environment" "$code" 2
has "how long it was given" "$err" "ended after 1 s"
if kill -0 "$(cat "$tmp/pid")" 2>/dev/null; then fail "it was ended"; else pass "it was ended"; fi

rm -f "$tmp/pid"
PATH=$fake:$PATH "$bee" exact -q -m nop -k "$tmp/vmlinuz" >/dev/null 2>&1 &
while ! [ -s "$tmp/pid" ]; do sleep 0.1; done
kill -TERM $!
wait $!
is "interrupted: inconclusive" $? 3
if kill -0 "$(cat "$tmp/pid")" 2>/dev/null; then fail "its QEMU is ended"; else pass "its QEMU is ended"; fi

qemu <<'E2'
echo "@K 9.9"
echo "garbage"
echo '@R {"arm":"object","object":7,"path":"mmap","calls":1,"halves":[1,1],"values":[[1,1]]}'
echo "@X 0"
E2
exact
is "a guest that says nonsense: environment" "$code" 2
has "what of it" "$err" "makes no sense"

qemu <<'E2'
echo "@K 9.9"
printf '%s\n' '@R {"arm":"object","object":0,"error":"cannot load nop: Invalid argument\nkernel BTF is missing"}'
echo "@X 1"
E2
exact --json
is "an object that the kernel refuses: failed" "$code" 1
has "why" "$err" "kernel BTF is missing"
is "and in the record" "$(printf '%s' "$out" | jq -r '.records[0] | .status, .kernel')" "fail
9.9"

qemu <<'E2'
echo "@F this kernel cannot mount tracefs: No such device"
echo "@X 127"
E2
exact
is "a kernel without tracing: environment" "$code" 2
has "what it lacks" "$err" "cannot mount tracefs"

# count ARM OBJECT MODE TAKEN
qemu <<'E2'
count() {
	printf '@R {"arm":"%s","object":%s,"path":"brk","same_as":"brk","calls":400,"halves":[%s,%s],' "$1" "$2" "$3" "$3"
	printf '"values":[[%s,%s],[777,%s]]}\n' "$3" "$4" $((400 - $4))
}
echo "@K 9.9"
count none -1 300 390
count nop 0 700 390
count object 0 900 390
count none-again -1 301 390
echo "@X 0"
E2
exact --json
is "a guest that drifts: inconclusive" "$code" 3
is "its figures are void" "$(printf '%s' "$out" | jq -r '[.records[].status] | unique | join(" ")')" void

PATH=$fake:$PATH run "$bee" exact -q -m nop -k "$tmp/nothere/vmlinuz"
is "no such kernel file: usage" "$code" 2
has "which" "$err" "$tmp/nothere/vmlinuz"
echo x >"$tmp/text"
PATH=$fake:$PATH run "$bee" exact -q -m nop -k "$tmp/text"
is "no kernel image: usage" "$code" 2
has "what to give" "$err" "/boot/vmlinuz"
PATH=$fake:$PATH run "$bee" exact -q -m nop -k six
is "no version: usage" "$code" 2
PATH=$fake:$PATH run "$bee" exact -q -m nop -o calls=5 -k "$tmp/vmlinuz"
is "too few calls: usage" "$code" 2
PATH=$fake:$PATH run "$bee" exact -q -m nosuch -k "$tmp/vmlinuz"
is "no such monitor: usage" "$code" 2

# --- the cache: a package of our own, tools of our own that know only it ---
BEEBENCH_CACHE=$tmp/cache/deep
export BEEBENCH_CACHE
mkdir -p "$tmp/pkg/boot" "$tmp/pkg/DEBIAN"
image "$tmp/pkg/boot/vmlinuz-7.7.9-cloud-amd64"
printf 'Package: linux-image-7.7.9-cloud-amd64\nVersion: 7.7.9-1\nArchitecture: amd64\nMaintainer: test\nDescription: test\n' \
	>"$tmp/pkg/DEBIAN/control"
have dpkg-deb || skip_all "no dpkg-deb"
dpkg-deb -b "$tmp/pkg" "$tmp/kernel.deb" >/dev/null
apt() {
	cat >"$fake/$1"
	chmod +x "$fake/$1"
}
sum=$(sha256sum "$tmp/kernel.deb" | cut -c 1-64)
apt apt-cache <<E2
#!/bin/sh
for last; do :; done
case " \$* " in
*" pkgnames "*) printf 'linux-image-7.7.9-cloud-amd64\nlinux-image-7.7.10-amd64\nlinux-image-7.7-cloud-amd64\n' ;;
*" show "*) printf 'Package: %s\nVersion: 7.7.9-1\nSHA256: %s\n' "\$last" "\$(cat "$tmp/sum")" ;;
esac
E2
apt apt-get <<E2
#!/bin/sh
case " \$* " in
*" download linux-image-7.7.9-cloud-amd64=7.7.9-1 "*) cp "$tmp/kernel.deb" . ;;
*) echo "E: no network" >&2; exit 100 ;;
esac
E2
# where VERSION
where() {
	PATH=$fake:$PATH run "$bee" vm -k "$1" --where
}

echo 0000 >"$tmp/sum"
where 7.7
is "a wrong checksum: cannot run here" "$code" 77
has "both are told" "$err" "$sum"
is "nothing of it is kept" "$(ls "$BEEBENCH_CACHE/kernels")" ""

echo "$sum" >"$tmp/sum"
where 7.7
is "a kernel is fetched" "$code" 0
check "and is the package's" cmp "$out" "$tmp/pkg/boot/vmlinuz-7.7.9-cloud-amd64"
kernel=$out
like "the note says which package" "$(cat "${kernel%/vmlinuz}/note")" "^package linux-image-7.7.9-cloud-amd64 7.7.9-1$"
is "no download is left" "$(ls "$BEEBENCH_CACHE/kernels")" 7.7

# Offline: no apt at all.
rm "$fake/apt-get" "$fake/apt-cache"
where 7.7
is "offline it is used again" "$code" 0
is "without a word" "$err" ""
echo damage >>"$kernel"
mkdir "$tmp/few"
for t in sh sha256sum rm cat; do ln -s "$(command -v $t)" "$tmp/few/$t"; done
PATH=$tmp/few run "$bee" vm -k 7.7 --where
is "a damaged one without apt: cannot run here" "$code" 77
has "that it is damaged" "$err" "damaged"
has "what to do" "$err" "-k /boot/vmlinuz"

apt apt-cache <<'E2'
#!/bin/sh
exit 0
E2
apt apt-get <<'E2'
#!/bin/sh
echo "E: no network" >&2
exit 100
E2
where 7.8
is "a package that apt does not know: cannot run here" "$code" 77
has "the command that cures it" "$err" "sudo apt-get update"
is "nothing is left" "$(ls "$BEEBENCH_CACHE/kernels")" 7.7
if ! is_root; then
	BEEBENCH_CACHE=/proc/nowhere where 7.8
	has "a cache that cannot be written is named" "$err" "/proc/nowhere"
fi

PATH=$fake:$PATH run "$bee" vm
is "vm without a command: usage" "$code" 2
PATH=$fake:$PATH run "$bee" vm -m 1 -- beebench doctor
is "vm with no memory: usage" "$code" 2
done_testing
