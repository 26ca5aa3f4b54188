/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Plain hyperfine on the pairs of the calibration. */
#include "lib/base.h"
#include "harness/calibrate/cal_hyperfine.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/calibrate/cal_stats.h"
#include "harness/timing/estimate.h"
#include "harness/timing/hyperfine.h"
#include "collector/collect.h"
#include "lib/log.h"
#include "lib/stats.h"

enum { RUNS = 15, RUNS_FOR_ONE = 15, CALLS = 500000, COMPARISONS = 20 };

bool cal_welch(const double *a, size_t na, const double *b, size_t nb)
{
	double va, vb, se, df;

	if (na < 2 || nb < 2)
		return false;
	va = pow(stats_sd(a, na), 2) / (double)na;
	vb = pow(stats_sd(b, nb), 2) / (double)nb;
	se = sqrt(va + vb);
	if (!(se > 0))
		return stats_mean(a, na) != stats_mean(b, nb);
	/* Welch and Satterthwaite's degrees of freedom */
	df = pow(va + vb, 2) / (va * va / (double)(na - 1) + vb * vb / (double)(nb - 1));
	return fabs(stats_mean(a, na) - stats_mean(b, nb)) / se > stats_t_quantile(0.95, df);
}

/* The runs beside one monitor; @out is to be released. */
static int beside(const char *monitor, const char *command, struct hyperfine_results *out)
{
	static const struct monitor_target everything = {0};
	const struct hyperfine_pass nothing = {0};
	struct strbuf why = STRBUF_INIT;
	struct monitor *m = NULL;
	int err = monitor_open(&m, monitor, &everything, NULL);

	*out = (struct hyperfine_results){0};
	if (!err)
		err = monitor_attach(m);
	if (!err)
		err = hyperfine_run(command, RUNS, &nothing, out, &why);
	if (why.len)
		log_err("hyperfine: %s", why.s);
	monitor_close(m);
	strbuf_release(&why);
	return err;
}

/* The command that is timed: this program itself, at nothing but calls. */
static int make_command(struct strbuf *out)
{
	char self[4096], calls[16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		return -errno;
	self[n] = '\0';
	snprintf(calls, sizeof(calls), "%d", CALLS);
	hyperfine_quote((const char *const[]){self, "calls", "brk", calls, NULL}, out);
	return 0;
}

int cal_hyperfine(struct cal *c, const char *a, const char *b, unsigned int runs, const char *name,
		  struct json_object *record)
{
	unsigned int n = MIN(runs / RUNS_FOR_ONE, (unsigned int)COMPARISONS), counted = 0,
		     other = 0;
	struct samples diff_ns = {0};
	struct strbuf command = STRBUF_INIT;
	char *version = hyperfine_version();
	int err = version ? make_command(&command) : 0;

	/* As a person would, on any CPU: not on that of whoever reads the records. */
	sched_setaffinity(0, sizeof(c->cpus), &c->cpus);
	for (unsigned int i = 0; i < n && version && !err; i++) {
		struct hyperfine_results x, y = {0};

		if (run_interrupted())
			err = -EINTR;
		cal_tell(c, version);
		x = (struct hyperfine_results){0};
		if (!err)
			err = beside(a, command.s, &x);
		if (!err)
			err = beside(b, command.s, &y);
		if (!err) {
			const struct hyperfine_result *p = x.v, *q = y.v;

			counted++;
			other += cal_welch(p->wall_s, p->n, q->wall_s, q->n);
			samples_add(&diff_ns,
				    (stats_mean(q->wall_s, q->n) - stats_mean(p->wall_s, p->n)) /
					    CALLS * NSEC_PER_SEC);
		}
		hyperfine_results_release(&x);
		hyperfine_results_release(&y);
	}
	placement_pin(c->place.consumer_cpu);
	if (counted)
		cal_add(record,
			&(struct cal_figure){.name = name,
					     .value = cal_share(other, counted, 0.95),
					     .unit = "share",
					     .n = counted,
					     .reached = CAL_NO_TARGET},
			"%u of %u by Welch's test at 5 %%, runs read %+.2f to %+.2f ns", other,
			counted, stats_quantile(diff_ns.v, diff_ns.n, 0),
			stats_quantile(diff_ns.v, diff_ns.n, 1));
	samples_release(&diff_ns);
	strbuf_release(&command);
	free(version);
	return err;
}
