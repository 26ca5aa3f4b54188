/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Does the interval hold the truth as often as it says? Of A against A the truth is 0; of A with a
 * known cost it is the mean of all runs. Alone, and beside memory hogs: children that read and
 * write more than the caches hold, so that the measurement has company.
 */
#include "lib/base.h"
#include "harness/calibrate/calibrate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/calibrate/cal_stats.h"
#include "lib/subproc.h"

enum { LINE_BYTES = 64, END_MS = 200 };

struct hogs {
	unsigned int n;
	size_t bytes;
	cpu_set_t cpus;
	struct subproc child[];
};

static int walk(void *arg)
{
	const struct hogs *h = arg;
	volatile unsigned char *m;

	sched_setaffinity(0, sizeof(h->cpus), &h->cpus);
	m = mmap(NULL, h->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (m == MAP_FAILED)
		return 1;
	for (;;)
		for (size_t i = 0; i < h->bytes; i += LINE_BYTES)
			m[i]++;
}

/* Kills and reaps each by its own id. Accepts NULL. */
static void hogs_stop(struct hogs *h)
{
	if (!h)
		return;
	for (unsigned int i = 0; i < h->n; i++) {
		subproc_kill(&h->child[i], END_MS);
		subproc_release(&h->child[i]);
	}
	free(h);
}

/*
 * Starts @n children of the calling thread, each walking through @bytes of its own for ever, on any
 * CPU of @cpus. They end with hogs_stop(), or when the calling thread ends. Returns 0, or -errno
 * after saying why.
 */
static int hogs_start(struct hogs **out, unsigned int n, size_t bytes, const cpu_set_t *cpus)
{
	struct subproc_opts opts = SUBPROC_OPTS_INIT;
	struct hogs *h = calloc(1, sizeof(*h) + n * sizeof(h->child[0]));
	int err = 0;

	if (!h)
		return -ENOMEM;
	h->bytes = bytes;
	h->cpus = *cpus;
	opts.child = walk;
	opts.arg = h;
	while (h->n < n && !err) {
		h->child[h->n] = (struct subproc)SUBPROC_INIT;
		err = subproc_start(&h->child[h->n], &opts);
		h->n += !err;
	}
	if (err)
		hogs_stop(h);
	else
		*out = h;
	return err;
}

#define RUN_S 1.0
enum { HOG_BYTES = 64 << 20 };
#define SHARE_LOW  0.93
#define SHARE_HIGH 0.97
#define BIAS_NS	   0.1

/* "woken": whole monitors, whose consumer is awake. "shared": the timed process has an ordinary
 * priority, so that the hogs take its CPU as well. */
const char *const cal_regimes[] = {"quiet", "hogs", "woken", "hogs-shared", NULL};

/* All runs of a regime. */
struct runs {
	struct samples aa, aa_low, aa_high;
	struct samples ns, ns_low, ns_high;
	struct samples cycles, cycles_low, cycles_high;
	size_t made, unclean;
};

static void keep(struct runs *all, const struct cal_run *r)
{
	all->made++;
	all->unclean += r->why_void != NULL;
	if (!isfinite(r->aa.centre) || !isfinite(r->diff.centre))
		return;
	samples_add(&all->aa, r->aa.centre);
	samples_add(&all->aa_low, r->aa.low);
	samples_add(&all->aa_high, r->aa.high);
	samples_add(&all->ns, r->diff.centre);
	samples_add(&all->ns_low, r->diff.low);
	samples_add(&all->ns_high, r->diff.high);
	samples_add(&all->cycles, r->diff_cycles.centre);
	samples_add(&all->cycles_low, r->diff_cycles.low);
	samples_add(&all->cycles_high, r->diff_cycles.high);
}

static void release(struct runs *all)
{
	struct samples *const s[] = {&all->aa,	   &all->aa_low,     &all->aa_high,
				     &all->ns,	   &all->ns_low,     &all->ns_high,
				     &all->cycles, &all->cycles_low, &all->cycles_high};

	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		samples_release(s[i]);
}

static struct stats_interval covered(const struct samples *low, const struct samples *high,
				     double truth)
{
	uint64_t hits = 0;

	for (size_t i = 0; i < low->n; i++)
		hits += low->v[i] <= truth && truth <= high->v[i];
	return cal_share(hits, low->n, 0.95);
}

static void add_coverage(struct json_object *record, const char *name, const char *target,
			 struct stats_interval share, size_t n)
{
	bool good = share.centre >= SHARE_LOW && share.centre <= SHARE_HIGH;

	cal_add(record,
		&(struct cal_figure){.name = name,
				     .target = target,
				     .value = share,
				     .unit = "share",
				     .n = n,
				     .reached = !target ? CAL_NO_TARGET
						: good	? CAL_REACHED
							: CAL_MISSED},
		"%.1f %% [%.1f, %.1f]", 100 * share.centre, 100 * share.low, 100 * share.high);
}

/* The mean over all runs of what should be 0, without the farthest tenth on each side, as the lane
 * has it over loads; and the spread of one. */
static void add_bias(struct json_object *record, const struct runs *all, const char *regime,
		     bool promised)
{
	struct stats_interval mean =
		stats_trimmed_interval(all->aa.v, all->aa.n, EXCHANGE_LOAD_TRIM, 0.95);
	char name[64];

	snprintf(name, sizeof(name), "A/A bias, %s", regime);
	cal_add(record,
		&(struct cal_figure){.name = name,
				     .target = promised ? "under 0.1 ns" : NULL,
				     .value = mean,
				     .unit = "ns",
				     .n = all->aa.n,
				     .reached = !promised		      ? CAL_NO_TARGET
						: fabs(mean.centre) < BIAS_NS ? CAL_REACHED
									      : CAL_MISSED},
		"%+.3f ns [%+.3f, %+.3f]", mean.centre, mean.low, mean.high);
	snprintf(name, sizeof(name), "A/A spread of runs, %s", regime);
	cal_add(record,
		&(struct cal_figure){.name = name,
				     .value = cal_plain(stats_sd(all->aa.v, all->aa.n)),
				     .unit = "ns",
				     .n = all->aa.n,
				     .reached = CAL_NO_TARGET},
		"sd %.3f ns, farthest %+.3f and %+.3f ns", stats_sd(all->aa.v, all->aa.n),
		stats_quantile(all->aa.v, all->aa.n, 0), stats_quantile(all->aa.v, all->aa.n, 1));
}

static void add_figures(struct json_object *record, const struct runs *all, const char *regime)
{
	bool promised = strcmp(regime, "hogs-shared") != 0;
	struct stats_interval aa = covered(&all->aa_low, &all->aa_high, 0);
	char name[64];

	record_put_interval(record, "coverage", aa);
	snprintf(name, sizeof(name), "coverage of 95 %% intervals, A/A, %s", regime);
	add_coverage(record, name, promised ? "93-97 %" : NULL, aa, all->aa.n);
	snprintf(name, sizeof(name), "coverage, A+16 multiplies, ns, %s", regime);
	add_coverage(record, name, NULL,
		     covered(&all->ns_low, &all->ns_high,
			     stats_trimmed_mean(all->ns.v, all->ns.n, EXCHANGE_LOAD_TRIM)),
		     all->ns.n);
	snprintf(name, sizeof(name), "coverage, A+16 multiplies, cycles, %s", regime);
	if (isfinite(stats_mean(all->cycles.v, all->cycles.n)))
		add_coverage(record, name, NULL,
			     covered(&all->cycles_low, &all->cycles_high,
				     stats_trimmed_mean(all->cycles.v, all->cycles.n,
							EXCHANGE_LOAD_TRIM)),
			     all->cycles.n);
	add_bias(record, all, regime, promised && !strcmp(regime, "hogs"));
	cal_add_void(record, all->unclean, all->made,
		     all->made == all->aa.n ? "counted above"
					    : "counted above where something was measured");
}

static int measure(struct cal *c, struct json_object *record, struct runs *all, const char *regime)
{
	bool woken = !strcmp(regime, "woken");
	const struct cal_ask ask = {.a = woken ? "calib-ring" : "calib",
				    .b = woken ? "calib-ring-16" : "calib-16",
				    .seconds = RUN_S,
				    .woken = woken};
	int err = 0;

	for (unsigned int i = 0; i < c->plan.part[CAL_COVERAGE].runs && !err; i++) {
		struct cal_run r;
		struct exchange s;

		cal_tell(c, regime);
		err = cal_compare(c, &ask, &s, &r);
		if (!err) {
			keep(all, &r);
			json_object_array_add(cal_list(record, "runs"), cal_run_json(&r));
		}
		exchange_release(&s);
	}
	return err;
}

int cal_coverage(struct cal *c, struct json_object *record, const char *regime)
{
	bool realtime = c->realtime;
	struct hogs *hogs = NULL;
	struct runs all = {0};
	int err = 0;

	record_put_str(record, "regime", regime);
	if (!strncmp(regime, "hogs", strlen("hogs")))
		err = hogs_start(&hogs, c->hogs, HOG_BYTES, &c->cpus);
	if (!strcmp(regime, "hogs-shared"))
		c->realtime = false;
	record_put_bool(record, "realtime", c->realtime);
	record_put_i64(record, "hogs", hogs ? (int)c->hogs : 0);
	if (!err)
		err = measure(c, record, &all, regime);
	hogs_stop(hogs);
	c->realtime = realtime;
	/* Of fewer there is no mean with an interval. */
	if (all.aa.n >= 4)
		add_figures(record, &all, regime);
	release(&all);
	return err;
}
