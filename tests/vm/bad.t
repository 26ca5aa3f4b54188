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

# gone NAME PID: the process ends within 2 s; one that nobody has reaped has ended
gone() {
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		case $(sed 's/.*) //; s/ .*//' "/proc/$2/stat" 2>/dev/null) in
		"" | Z | X) break ;;
		esac
		sleep 0.1
	done
	if [ "$i" -lt 20 ]; then pass "$1"; else fail "$1" "process $2 is there"; fi
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
for a; do echo "<$a>"; done >&2
exit 1
E2
PATH=$fake:$PATH run "$bee" vm -k "$tmp/vmlinuz" --append "preempt=full quiet" -- beebench --version
like "words of the kernel's command line come behind ours" "$err" '<.*console=[^>]* preempt=full quiet>'

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
gone "it was ended" "$(cat "$tmp/pid")"

qemu <<'E2'
echo $$ >"$PIDFILE"
echo "@K 9.9"
kill -STOP $$
E2
exact -o timeout=1
is "a QEMU that is stopped: environment" "$code" 2
has "it is bounded as well" "$err" "ended after 1 s"
gone "and ended" "$(cat "$tmp/pid")"

qemu <<'E2'
echo $$ >"$PIDFILE"
while :; do echo "@N words without end"; done
E2
exact -o timeout=1
is "a guest that talks without end: environment" "$code" 2
has "it is bounded too" "$err" "ended after 1 s"
gone "and ended" "$(cat "$tmp/pid")"

qemu <<'E2'
echo "@K 9.9"
printf '@R {"arm":"none","object":-1,"path":"brk","same_as":"brk","calls":40,"halves":[3,3],'
kill -KILL $$
E2
exact --json
is "QEMU is killed in the middle: environment" "$code" 2
has "by what" "$err" "killed by signal 9"
is "half a boot gives no record" "$(printf '%s' "$out" | jq -c .records)" "[]"

qemu <<'E2'
for a; do case $a in file:*)
	echo "[    1.2] Out of memory and no killable processes..." >"${a#file:}"
	echo "[    1.3] Kernel panic - not syncing: System is deadlocked on memory" >>"${a#file:}" ;;
esac; done
E2
exact -o memory=128
is "a guest that runs out of memory: environment" "$code" 2
has "how much it had, and how to give it more" "$err" "the guest's 128 MiB of memory were too few (more: vm -m N, exact -o memory=N): Out of memory"

# Nothing stays behind, also where a source was compiled first.
mkdir "$tmp/t"
qemu <<'E2'
exit 1
E2
PATH=$fake:$PATH run env TMPDIR="$tmp/t" "$bee" exact -q -m bpf/memmon/memmon.ex -k "$tmp/vmlinuz"
is "QEMU dies after a source was compiled: environment" "$code" 2
is "no object is left" "$(ls "$tmp/t")" ""

qemu <<'E2'
echo $$ >"$PIDFILE"
exec sleep 100
E2
rm -f "$tmp/pid"
PATH=$fake:$PATH "$bee" exact -q -m nop -k "$tmp/vmlinuz" >/dev/null 2>&1 &
while ! [ -s "$tmp/pid" ]; do sleep 0.1; done
kill -TERM $!
wait $!
is "interrupted: inconclusive" $? 3
gone "its QEMU is ended" "$(cat "$tmp/pid")"

qemu <<'E2'
echo "@K 9.9"
echo "garbage"
echo '@R {"arm":"object","object":7,"path":"mmap","calls":1,"halves":[1,1],"values":[[1,1]]}'
echo "@X 0"
E2
exact
is "a guest that says nonsense: environment" "$code" 2
has "what of it" "$err" "makes no sense"

# Issue 13: an object that is cut is found before anything boots, whoever would boot it.
: >"$tmp/booted"
qemu <<'E2'
echo "$*" >>"$BOOTED"
E2
whole=$abs/bpf/memmon/memmon.bpf.o
head -c 3000 "$whole" >"$tmp/cut.bpf.o"
: >"$tmp/empty.bpf.o"
head -c 3 "$whole" >"$tmp/short.bpf.o"
for object in cut:truncated short:truncated empty:empty; do
	file=$tmp/${object%:*}.bpf.o
	for words in "exact -q -m $file" "vm -l $file" "gate -q -l exact --base $whole --head $file" \
		"gate -q -l exact --base $file --head $whole" "verify -q -m $file -w brk" "compare -q $file $whole"; do
		# shellcheck disable=SC2086 # several words
		BOOTED=$tmp/booted PATH=$fake:$PATH run "$bee" $words -k "$tmp/vmlinuz"
		is "${words%% *}: an object that is ${object#*:} is a fault of input" "$code" 2
		has "which, and how" "$err" "$file: ${object#*:}"
	done
	BOOTED=$tmp/booted PATH=$fake:$PATH run "$bee" matrix -q -m "$file" -k "$tmp/vmlinuz" --out "$tmp/matrix-${object%:*}"
	has "matrix says so of its cell" "$(printf '%s' "$out" | tr -s '\n ' ' ')" "$file: ${object#*:}"
done
is "nothing was booted for it" "$(grep -vx -e --version "$tmp/booted" | head -3)" ""

qemu <<'E2'
echo "@K 9.9"
printf '%s\n' '@R {"arm":"object","object":0,"error":"cannot load /bpf/0/nop.bpf.o: Invalid argument\nkernel BTF is missing"}'
echo "@X 1"
E2
exact --json
is "an object that the kernel refuses: failed" "$code" 1
has "why" "$err" "kernel BTF is missing"
like "which, by where it lies here" "$err" "cannot load /[^:]*/bpf/[a-z]*/nop.bpf.o: Invalid"
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

# Damaged in the cache, and apt is there: fetched again.
echo damage >>"$kernel"
where 7.7
is "a damaged kernel is fetched again" "$code" 0
has "which is said" "$err" "is damaged; it is fetched again"
check "and is whole" cmp "$out" "$tmp/pkg/boot/vmlinuz-7.7.9-cloud-amd64"
rm "$kernel"
where 7.7
is "so is one that is not there" "$code" 0
echo nonsense >"${kernel%/vmlinuz}/note"
where 7.7
is "and one without its checksum" "$code" 0
is "no download is left by any" "$(ls "$BEEBENCH_CACHE/kernels")" 7.7

# Which package is the newest, where the kernel lies in it, and where lists come from: an apt with several packages.
multi=$tmp/multi
mkdir -p "$multi/debs" "$multi/etc"
# package NAME VERSION FILE [DEPENDS]: one with a kernel in FILE, or without one where FILE is empty
package() {
	rm -rf "$tmp/p"
	mkdir -p "$tmp/p/DEBIAN"
	[ -z "$3" ] || { mkdir -p "$tmp/p/${3%/*}" && image "$tmp/p/$3" && printf "\n%s\n" "$1" >>"$tmp/p/$3"; }
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: test\nDescription: test\n%s' "$1" "$2" "${4:+Depends: $4
}" >"$tmp/p/DEBIAN/control"
	dpkg-deb -b "$tmp/p" "$multi/debs/$1.deb" >/dev/null
	{
		cat "$tmp/p/DEBIAN/control"
		echo "SHA256: $(sha256sum "$multi/debs/$1.deb" | cut -c 1-64)"
	} >"$multi/debs/$1.show"
}
for n in 9 56 48; do package "linux-image-6.1.0-$n-cloud-amd64" "6.1.$n-1" "boot/vmlinuz-6.1.0-$n-cloud-amd64"; done
package linux-image-6.1.0-99-cloud-amd64-dbg 1 boot/vmlinuz-x
package linux-image-6.1.0-98-cloud-amd64-unsigned 1 boot/vmlinuz-x
package linux-image-6.1.0-97-amd64 1 boot/vmlinuz-x
package linux-image-6.12.117+deb12-cloud-amd64 1 boot/vmlinuz-y
package linux-image-8.1-cloud-amd64 1 boot/vmlinuz-x
package linux-image-7.2.13+deb14-cloud-amd64 7.2.13-1 "" "kmod, linux-binary-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), x"
package linux-binary-7.2.13+deb14-cloud-amd64 7.2.13-1 usr/lib/modules/7.2.13+deb14-cloud-amd64/vmlinuz
printf 'Types: deb\nURIs: http://security.invalid/debian-security\nSuites: s\nSigned-By: /no\n\n%s' \
	"Types: deb
URIs: http://deb.invalid/debian
Suites: bookworm
Signed-By: /key.gpg
" >"$multi/etc/debian.sources"
apt apt-config <<E2
#!/bin/sh
echo "list='$multi/none' parts='$multi/etc'"
E2
cp "$fake/apt-cache" "$fake/apt-get" "$tmp/"
# Only the newer suites have 7.x.
apt apt-cache <<E2
#!/bin/sh
for last; do :; done
cd "$multi/debs"
case " \$* " in
*" pkgnames "*) for f in "\$last"*.show; do
	case \$f in
	*7.2*) case " \$* " in *"SourceList=$multi/cache/apt-newer/newer.list"*) echo "\${f%.show}" ;; esac ;;
	*) [ ! -e "\$f" ] || echo "\${f%.show}" ;;
	esac
done ;;
*" show "*) cat "\$last.show" ;;
esac
E2
apt apt-get <<E2
#!/bin/sh
for last; do :; done
case " \$* " in
*" download "*) cp "$multi/debs/\${last%%=*}.deb" . ;;
*" update "*) echo "\$*" >>"$multi/updates" ;;
esac
E2
BEEBENCH_CACHE=$multi/cache where 6.1
is "the newest by number, not by letter" "$(tail -n 1 "$out")" linux-image-6.1.0-56-cloud-amd64
rm -r "$multi/cache/kernels/6.1" "$multi/debs/linux-image-6.1.0-56-cloud-amd64.deb"
BEEBENCH_CACHE=$multi/cache where 6.1
is "where the archive has not what its lists have, the next newest" "$(tail -n 1 "$out")" linux-image-6.1.0-48-cloud-amd64
BEEBENCH_CACHE=$multi/cache where 6.12
is "6.12 is not 6.1" "$(tail -n 1 "$out")" linux-image-6.12.117+deb12-cloud-amd64
BEEBENCH_CACHE=$multi/cache where 8.1
is "a package without a version of its own holds no kernel" "$code" 77
has "no Debian has one" "$err" "apt knows no package linux-image-8.1.*-cloud-amd64, here or in newer Debians; give a kernel by path: -k /boot/vmlinuz-.."
# Who does not reach the archive asks it once.
cp "$fake/apt-get" "$multi/apt-get"
apt apt-get <<E2
#!/bin/sh
echo "\$*" >>"$multi/asked"
echo "E: Failed to fetch http://deb.invalid/x.deb Temporary failure resolving 'deb.invalid'" >&2
exit 100
E2
rm -r "$multi/cache/kernels/6.1"
BEEBENCH_CACHE=$multi/cache where 6.1
is "no network: cannot run here" "$code:$(wc -l <"$multi/asked")" 77:1
has "which package, why, and what to do" "$err" "cannot download linux-image-6.1.0-56-cloud-amd64=6.1.56-1: E: Failed to fetch http://deb.invalid/x.deb \
Temporary failure resolving 'deb.invalid'; where there is a network run: beebench vm -k 6.1/x86-64 --where   and copy that folder to \
$multi/cache/kernels/6.1, or let BEEBENCH_CACHE be a folder that both see (or give a kernel by path: -k /boot/vmlinuz-..)"
mv "$multi/apt-get" "$fake/apt-get"
rm -f "$multi/updates"
BEEBENCH_CACHE=$multi/cache where 7.2
is "issue 13, number 43: 7.2 by name" "$code" 0
is "its kernel comes out of linux-binary" "$(tail -n 1 "$out")" linux-binary-7.2.13+deb14-cloud-amd64
has "the note says so" "$(cat "${out%/vmlinuz}/note")" "package linux-binary-7.2.13+deb14-cloud-amd64 7.2.13-1"
has "it is said where the lists are from" "$err" "fetching lists of newer Debians into $multi/cache/apt-newer"
is "from where this machine takes Debian" "$(cat "$multi/cache/apt-newer/newer.list")" \
	"deb [signed-by=/key.gpg] http://deb.invalid/debian trixie main
deb [signed-by=/key.gpg] http://deb.invalid/debian sid main"
is "after its own suites were asked" "$(wc -l <"$multi/updates")" 2
package linux-binary-7.2.13+deb14-cloud-amd64 7.2.13-1 usr/lib/modules/nothing/here
rm -r "$multi/cache/kernels/7.2"
BEEBENCH_CACHE=$multi/cache where 7.2
is "a package without a kernel: cannot run here" "$code" 77
has "which" "$err" "there is no kernel in it"
BEEBENCH_CACHE=$multi/cache where "$multi/debs/linux-image-6.12.117+deb12-cloud-amd64.deb"
is "a package by its file: its kernel" "$(tail -n 1 "$out")" linux-image-6.12.117+deb12-cloud-amd64
BEEBENCH_CACHE=$multi/cache where "$multi/debs/linux-image-7.2.13+deb14-cloud-amd64.deb"
is "one without a kernel: cannot run here" "$code" 77
has "which file" "$err" "cannot unpack $multi/debs/linux-image-7.2.13+deb14-cloud-amd64.deb: there is no kernel in it"
where 6.12/mips
is "a processor that no guest has: usage" "$code" 2
has "which there are" "$err" "x86-64, arm64, arm64-16k, s390x"
cp "$tmp/apt-cache" "$tmp/apt-get" "$fake/"
rm "$fake/apt-config"

# Half of an image, or of none: a guest of it would say nothing, and not end.
# put FILE AT TEXT: as printf writes it
put() {
	# shellcheck disable=SC2059
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}
head -c 70000 /dev/urandom >"$tmp/Image"
for at in "0 MZ" "60 \\100\\0\\0\\0" "64 PE\\0\\0" "70 \\1\\0" "84 \\0\\0" "104 \\0\\20\\1\\0" "108 \\160\\1\\0\\0" "514 HdrS"; do
	put "$tmp/Image" "${at%% *}" "${at#* }"
done
where "$tmp/Image"
is "an image as long as its header says" "$code:$out" "0:$tmp/Image"
head -c 69999 "$tmp/Image" >"$tmp/half"
where "$tmp/half"
is "one that was cut short: usage" "$code:$out:$err" \
	"2::beebench: error: the kernel $tmp/half is cut short: it has 69999 bytes of 70000; copy it again"
put "$tmp/Image" 56 ARMd
put "$tmp/Image" 514 "...."
gzip -c "$tmp/Image" >"$tmp/Image.gz"
where "$tmp/Image.gz"
is "one of arm64 that is packed by gzip" "$code:$out" "0:$tmp/Image.gz"
head -c 60000 "$tmp/Image.gz" >"$tmp/half.gz"
where "$tmp/half.gz"
is "half of that: usage" "$code:$out:$err" \
	"2::beebench: error: the kernel $tmp/half.gz is cut short or damaged: gzip cannot unpack it; copy it again"
gzip -c "$0" >"$tmp/other.gz"
where "$tmp/other.gz"
is "what is packed and no kernel: usage" "$code" 2
has "what it is not" "$err" "$tmp/other.gz is no kernel image of a processor that a guest can have"

# A cache that is there and cannot be written is good for what it holds.
BEEBENCH_CACHE=/dev/null/cache where 7.7
is "a cache that cannot be made: environment" "$code" 2
has "it is named, and what to set" "$err" "cannot write to the cache /dev/null/cache; choose another with BEEBENCH_CACHE: Not a directory"
if is_root && have setpriv; then
	chmod -R a+rX "$tmp"
	cp -r "$abs" "$tmp/build"
	PATH=$fake:$PATH run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/build/beebench" vm -k 7.7 --where
	is "a kernel in a cache of somebody else is used" "$code" 0
	PATH=$fake:$PATH run setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/build/beebench" vm -k 7.8 --where
	is "one that is not in it: environment" "$code" 2
	has "why" "$err" "Permission denied"
	mkdir -m 700 "$tmp/locked"
	PATH=$fake:$PATH BEEBENCH_CACHE=$tmp/locked/cache run setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$tmp/build/beebench" vm -k 7.7 --where
	is "a cache that one may not look into is named" "$code:$out:$err" \
		"2::beebench: error: cannot look into the cache, at $tmp/locked/cache; choose another with BEEBENCH_CACHE: Permission denied"
	rm -r "$tmp/build"
else
	skip "a kernel in a cache of somebody else is used" "needs root to be somebody else"
fi
# One that is named from here is found from where the script works, too.
back=$PWD
cd "$tmp" || exit 2
BEEBENCH_CACHE=near where "$multi/debs/linux-image-6.12.117+deb12-cloud-amd64.deb"
cd "$back" || exit 2
is "a cache that is named from the working folder" "$code:${out#"$tmp"/near/kernels/}" "0:${out##*/kernels/}"

# --- issue 13, number 3: what somebody else could have put there is not booted ---

if is_root; then
	# foreign NAME COMMAND..: after COMMAND the cache is refused
	foreign() {
		name=$1
		shift
		rm -rf "$tmp/own"
		mkdir -p "$tmp/own/kernels"
		cp -r "$BEEBENCH_CACHE/kernels/7.7" "$tmp/own/kernels/"
		"$@"
		BEEBENCH_CACHE=$tmp/own where 7.7
		is "$name: environment" "$code:$out" 2:
		has "$name: nothing is taken" "$err" "no kernel is taken from there"
	}
	foreign "a cache of somebody else" chown 65534 "$tmp/own"
	foreign "one that others may write" chmod 777 "$tmp/own"
	foreign "its folder of kernels" chmod g+w "$tmp/own/kernels"
	foreign "the folder of one" chown 65534 "$tmp/own/kernels/7.7"
	foreign "the kernel itself" chmod o+w "$tmp/own/kernels/7.7/vmlinuz"
	foreign "its note" chown 65534 "$tmp/own/kernels/7.7/note"
	foreign "a link of somebody else" sh -c "mv '$tmp/own' '$tmp/own2' && ln -s own2 '$tmp/own' && chown -h 65534 '$tmp/own'"
	chown -h 0 "$tmp/own"
	BEEBENCH_CACHE=$tmp/own where 7.7
	is "a link of our own leads to what is ours" "$code" 0
	rm -rf "$tmp/own" "$tmp/own2"
	(
		umask 0
		BEEBENCH_CACHE=$tmp/open where "$multi/debs/linux-image-6.12.117+deb12-cloud-amd64.deb"
	)
	BEEBENCH_CACHE=$tmp/open where "$multi/debs/linux-image-6.12.117+deb12-cloud-amd64.deb"
	is "one that was made with an open umask: ours alone" "$code:$(find "$tmp/open" -perm /022)" 0:
	# Without a home: a folder in /tmp, made by root's own hand or not at all.
	fallback=/tmp/beebench-cache-0
	if [ -e "$fallback" ]; then
		skip "without a home: a cache that is ours" "$fallback is there"
	else
		at_exit "rm -rf $fallback"
		PATH=$fake:$PATH run env -u HOME -u XDG_CACHE_HOME -u BEEBENCH_CACHE "$bee" vm -k 7.7 --where
		is "without a home: a cache that is ours" "$code:$(stat -c '%u %a' $fallback)" "0:0 700"
		chown -R 65534 $fallback
		PATH=$fake:$PATH run env -u HOME -u XDG_CACHE_HOME -u BEEBENCH_CACHE "$bee" vm -k 7.7 --where
		is "or that is somebody else's, and refused" "$code:$out" 2:
		rm -rf $fallback
	fi
else
	skip "what somebody else could have put there" "needs root to be somebody else"
fi

# Interrupted while it fetches.
cp "$fake/apt-get" "$tmp/apt-get"
apt apt-get <<'E2'
#!/bin/sh
echo $$ >"$PIDFILE"
exec sleep 100
E2
rm -f "$tmp/pid"
rm "$kernel"
PATH=$fake:$PATH "$bee" vm -k 7.7 --where >/dev/null 2>"$tmp/said" &
while ! [ -s "$tmp/pid" ]; do sleep 0.1; done
kill -TERM $!
wait $!
is "interrupted while fetching: inconclusive" $? 3
gone "apt is ended" "$(cat "$tmp/pid")"
is "no half of a download is left" "$(ls "$BEEBENCH_CACHE/kernels")" 7.7
cp "$tmp/apt-get" "$fake/apt-get"
where 7.7
is "the next one fetches it" "$code" 0

# Damaged, and no network.
cp "$fake/apt-get" "$tmp/apt-get"
apt apt-get <<'E2'
#!/bin/sh
echo "E: no network" >&2
exit 100
E2
echo damage >>"$kernel"
where 7.7
is "a damaged one without a network: cannot run here" "$code" 77
has "both are said" "$err" "is damaged"
has "what apt said and what to do" "$err" "E: no network; where there is a network run: beebench vm -k 7.7/x86-64 --where   and copy that folder to $BEEBENCH_CACHE/kernels/7.7, or"
cp "$tmp/apt-get" "$fake/apt-get"
where 7.7
is "with a network it is whole again" "$code" 0

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
has "that its lists could not be had" "$err" \
	"cannot fetch apt's lists, and those that are here have no linux-image-7.8.*-cloud-amd64: E: no network"
has "the command that cures it, and where it goes" "$err" "where there is a network run: beebench vm -k 7.8/x86-64 --where   and copy that folder to $BEEBENCH_CACHE/kernels/7.8, or"
is "nothing is left" "$(ls "$BEEBENCH_CACHE/kernels")" 7.7
PATH=$fake:$PATH run "$bee" vm
is "vm without a command: usage" "$code" 2
PATH=$fake:$PATH run "$bee" vm -m 1 -- beebench doctor
is "vm with no memory: usage" "$code" 2

# --- the real QEMU, killed and stopped in the middle of a boot ---
unset BEEBENCH_CACHE
if have qemu-system-x86_64 && run "$bee" vm -k 6.12 --where && [ "$code" -eq 0 ]; then
	vmlinuz=$out
	# hurt SIGNAL SECONDS: starts a boot that may take so long, sends SIGNAL to its QEMU; $code and $err are beebench's
	hurt() {
		"$bee" exact -q -m nop -k "$vmlinuz" -o timeout="$2" >"$tmp/out" 2>"$tmp/err" &
		own=$!
		while ! qemu=$(pgrep -P $own qemu-system); do sleep 0.1; done
		sleep 1
		kill -"$1" "$qemu"
		code=0
		wait $own || code=$?
		err=$(cat "$tmp/err")
	}
	hurt KILL 100
	is "QEMU killed while it boots: environment" "$code" 2
	has "the signal is named" "$err" "killed by signal 9"
	hurt STOP 6
	is "QEMU stopped while it boots: environment" "$code" 2
	has "it is given up in time" "$err" "ended after 6 s"
	gone "no QEMU is left" "$qemu"
	run "$bee" vm -k "$vmlinuz" -m 128 -t 100 -- /init
	is "a command that is none: its exit code" "$code" 127
else
	skip "QEMU killed and stopped while it boots" "no QEMU, or no kernel 6.12"
fi
done_testing
