# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# For awk programs of scripts: the median of figures and the interval that holds it with a confidence of 95 % by order statistics (with
# fewer than 6 figures it is the least and the most, and the confidence is less than that).
# awk "$(cat scripts/interval.awk)"'PROGRAM': take(x) takes a figure; interval() sets median, low, high of what was taken, and forgets it.
function take(x,    k) {
	for (k = ++taken; k > 1 && s[k - 1] > x; k--) s[k] = s[k - 1]
	s[k] = x
}
# The k-th least and the k-th most hold the median unless fewer than k of n fall on one side of it.
function interval(    n, c, p, k) {
	n = taken
	c = p = 0.5 ^ n
	for (k = 0; 2 * c <= 0.05; c += p) { k++; p = p * (n - k + 1) / k }
	if (!k) k = 1
	median = n % 2 ? s[(n + 1) / 2] : (s[n / 2] + s[n / 2 + 1]) / 2
	low = s[k]
	high = s[n + 1 - k]
	taken = 0
}
