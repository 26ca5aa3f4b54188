#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 38: what seems to grow. A heap that is collected fills up before its first collection, memory that comes and goes
# nearly as often as frames are made is caught higher from frame to frame: neither is called growing. A program that takes
# memory all the time is. With a real Java where there is one, else with its name alone.
# timeout: 150
. tests/lib.sh
need_bpf
need_tool perl perl-base
need_tool jq jq

memmon=$B/memmon
# A megabyte a second, in 100 steps, up to 200 of them; $ARGV[0] begins.
cat >"$tmp/grow.pl" <<'EOP'
my @kept;
while (@kept < 20000) { vec(my $x = "", 10_000, 8) = 1; push @kept, $x; select(undef, undef, undef, 0.01) }
sleep 600;
EOP
# 20 MB in 50 steps, given back, in 51 looks of 21 ms: slow against frames of a second.
cat >"$tmp/saw.pl" <<'EOP'
use Time::HiRes qw(time sleep);
my @kept;
my $begin = time;
for (my $i = 1;; $i++) {
	@kept = () if $i % 50 == 0;
	vec(my $x = "", 400_000, 8) = 1;
	push @kept, $x;
	my $wait = $begin + $i * 0.021 - time;
	sleep($wait) if $wait > 0;
}
EOP
cp "$(command -v perl)" "$tmp/java"
cp "$(command -v perl)" "$tmp/leak-$$"
"$tmp/java" "$tmp/grow.pl" &
java=$!
"$tmp/leak-$$" "$tmp/grow.pl" &
leak=$!
perl "$tmp/saw.pl" &
saw=$!
at_exit "kill $java $leak $saw 2>/dev/null"
real=$leak
cat >"$tmp/Fill.java" <<'EOJ'
public class Fill {
	public static void main(String[] a) throws Exception {
		byte[][] kept = new byte[64][];
		for (int i = 0;; i++) {
			byte[] b = new byte[20000];
			java.util.Arrays.fill(b, (byte) 1);
			kept[i % 64] = b;
			Thread.sleep(10);
		}
	}
}
EOJ
if have javac && javac -d "$tmp" "$tmp/Fill.java" 2>"$tmp/javac.err"; then
	java -Xms512m -XX:+UseSerialGC -cp "$tmp" Fill &
	real=$!
	at_exit "kill $real 2>/dev/null"
fi
"$memmon" --batch -n 32 -i 1 --json --filter "pid = $java or pid = $leak or pid = $saw or pid = $real" >"$tmp/frames"
# verdicts PID: those there were, in their order
verdicts() {
	jq -r --argjson pid "$1" '.processes[] | select(.pid == $pid) | .verdict' "$tmp/frames" | uniq
}
has "a program that takes memory all the time grows" "$(verdicts $leak)" growing
is "under the name of a collector it is not called so" "$(verdicts $java | grep -c growing)" 0
has "but unsure" "$(verdicts $java)" unsure
is "a sawtooth of nearly the frames' interval is not called growing" "$(verdicts $saw | grep -c growing)" 0
if [ "$real" != "$leak" ]; then
	is "a real Java before its first collection" "$(verdicts "$real" | grep -c growing)" 0
	is "which took memory meanwhile" "$(jq -s --argjson pid "$real" 'map(.processes[] | select(.pid == $pid) | .rss_kb) | .[-1] > .[3]' "$tmp/frames")" true
else
	skip "a real Java" "no javac; sudo apt-get install default-jdk-headless"
fi
done_testing
