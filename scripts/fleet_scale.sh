#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What many cells and machines cost, the figures of docs/scale.md: a plan of N cells, their results (copies of one that is measured here, of
# N / 10 machines), what is missing, the merge, its report; and one scrape of memmon. Usage: fleet_scale.sh [N..] (1000 10000).
# Env: B. Root for the scrape; without it that is left out.
set -eu
B=${B:-build}
build=$(cd "$B" && pwd)
bee=$build/beebench
[ $# -gt 0 ] || set -- 1000 10000
tmp=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill $pid; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# timed NAME CMD..: seconds of CPU, which other load moves little, and kilobytes of memory at most; its exit code does not matter
timed() {
	name=$1
	shift
	perl -e 'my $p = fork; if (!$p) { open STDOUT, ">", shift; open STDERR, ">", "/dev/null"; exec @ARGV }
		shift; my $kb = 0;
		while (waitpid($p, 1) == 0) {
			if (open my $f, "<", "/proc/$p/status") { while (<$f>) { $kb = $1 if /^VmHWM:\s+(\d+)/ && $1 > $kb } }
			select undef, undef, undef, 0.005;
		}
		my (undef, undef, $user, $system) = times; printf "%.2f s %d kB\n", $user + $system, $kb' "$tmp/out" "$@" >"$tmp/took"
	printf '%-34s %s\n' "  $name" "$(cat "$tmp/took")"
}

cd "$tmp"
mkdir one
echo '{"schema": 1, "suites": {"s": {"monitors": ["memmon"], "workloads": ["mmap"]}}}' >one/beebench.json
(cd one && "$bee" run -q --cell "$("$bee" plan --format ids)" --out r >/dev/null)
result=$(find one/r -name '*.json')
echo "a result of a cell (verify, memmon, one workload): $(wc -c <"$result") bytes, $(wc -l <"$result") records"
for n; do
	echo "$n cells:"
	rm -rf r all p
	mkdir r p
	perl -e 'my $n = shift; print "{\"schema\": 1, \"suites\": {\"s\": {\"monitors\": [\"none\"], \"workloads\": [", join(", ", map { "\"brk:count=$_\"" } 1 .. $n), "]}}}\n"' \
		"$n" >p/beebench.json
	timed "plan --cells" sh -c "cd p && exec '$bee' plan --cells"
	mv out plan.tsv
	echo "    $(wc -c <plan.tsv) bytes"
	# Another id, cell, machine, and figure each.
	perl -e 'my ($result, $n) = @ARGV; local $/; open my $f, "<", $result; my $text = <$f>; open my $plan, "<", "plan.tsv"; my $i = 0;
		for (split /\n/, <$plan>) { my ($id) = split /\t/; my $m = sprintf "%016x", $i % (1 + $n / 10); my $run = sprintf "20261130T000000Z-%016x", $i++;
			my $t = $text; $t =~ s/"id":"2[^"]*"/"id":"$run"/; $t =~ s/"host":\{"id":[^,]*/"host":{"id":"$m"/; $t =~ s/("cell":\{"id":)"[^"]*"/$1"$id"/;
			open my $o, ">", "r/$id.json"; print $o $t; close $o }' "$result" "$n"
	timed "plan --missing" sh -c "cd p && exec '$bee' plan --missing ../r"
	timed "merge --cells" "$bee" merge r --cells plan.tsv --out all
	echo "    $(head -n 1 out)"
	echo "    $(wc -c <all/run.json) bytes"
	timed "report" "$bee" report all
done
if [ "$(id -u)" -eq 0 ]; then
	"$build/memmon" --batch --interval 0.5 --serve 0 >/dev/null 2>err &
	pid=$!
	until grep -q serving err; do sleep 0.1; done
	address=$(sed -n 's,.*http://\([^/]*\)/metrics.*,\1,p' err)
	sleep 1
	perl -e 'use IO::Socket::INET; use Time::HiRes "time"; my ($at, @t, $text) = shift;
		for (1 .. 50) { my $t = time; my $s = IO::Socket::INET->new($at) or die $!; print $s "GET /metrics HTTP/1.0\r\n\r\n"; local $/; $text = <$s>; push @t, time - $t }
		@t = sort { $a <=> $b } @t; $text =~ s/.*?\r\n\r\n//s; my $n = grep { !/^#/ } split /\n/, $text;
		printf "a scrape of memmon: %d series, %d bytes, %.1f ms\n", $n, length $text, 1000 * $t[25]' "$address"
fi
