/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* peers: what process monitors cost beside the same crowd, in one run, in shuffled order. */
#include "lib/base.h"

#include <ftw.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/bench/crowd.h"
#include "tests/bench/peers.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "lib/stats.h"
#include "lib/std.h"
#include "lib/strbuf.h"

enum { CROWDS = 8, TOOLS = 16 };

struct peers_options {
	const char *processes;
	double seconds;
	uint64_t rounds, seed;
	struct opt_list only;
	const char *than;
};

static const struct opt options[] = {
	{'p', "processes", "N,..", "idle processes beside (default 100,1000,10000)", OPT_STRING,
	 offsetof(struct peers_options, processes)},
	{'t', "time", "SECONDS", "measured for each tool and crowd, in all rounds (default 10)",
	 OPT_DOUBLE, offsetof(struct peers_options, seconds)},
	{'r', "rounds", "N", "rounds, each in an order of its own (default 2)", OPT_U64,
	 offsetof(struct peers_options, rounds)},
	{0, "only", "TOOL", "only this program (may be repeated): memmon, cpumon, top, htop, ..",
	 OPT_LIST, offsetof(struct peers_options, only)},
	{0, "than", "DIR",
	 "our monitors of the build in DIR, too, and the ratio of each to its twin", OPT_STRING,
	 offsetof(struct peers_options, than)},
	{'s', "seed", "N", "seed of the orders (default 1)", OPT_U64,
	 offsetof(struct peers_options, seed)},
	{0},
};

struct peers_run {
	struct peers_options o;
	struct rng rng;
	size_t crowds[CROWDS], ncrowds;
	size_t machine[CROWDS]; /* processes in all, as seen */
	struct peer all[TOOLS]; /* peers[], then those of another build; without a name: the end */
	char name[TOOLS][64];	/* of those of another build */
	unsigned int twin[TOOLS]; /* of all[i]: 1 + its index in this build; 0: it is of this one */
	unsigned int tool[TOOLS]; /* indexes into all[] */
	char path[TOOLS][4096];	  /* of all[i] */
	unsigned int ntools;
	struct peer_cell cell[CROWDS][TOOLS];
	char home[64]; /* of the tools, so that nobody's configuration counts */
};

static volatile int stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int parse_crowds(struct peers_run *r)
{
	const char *at = r->o.processes;
	char *end;

	for (; *at; at = *end ? end + 1 : end) {
		unsigned long n = strtoul(at, &end, 10);

		if (end == at || (*end && *end != ',') || r->ncrowds == CROWDS ||
		    (r->ncrowds && n <= r->crowds[r->ncrowds - 1])) {
			log_err("--processes: '%s': give at most %d rising numbers, as 100,1000",
				r->o.processes, CROWDS);
			return -EINVAL;
		}
		r->crowds[r->ncrowds++] = n;
	}
	return r->ncrowds ? 0 : -EINVAL;
}

static void list_tools(struct peers_run *r)
{
	unsigned int n = 0, ours;

	for (; peers[n].name; n++)
		r->all[n] = peers[n];
	ours = r->o.than ? n : 0;
	for (unsigned int i = 0; i < ours; i++) {
		if (peers[i].package)
			continue;
		snprintf(r->name[n], sizeof(r->name[n]), "its %s", peers[i].name);
		r->all[n] = peers[i];
		r->all[n].name = r->name[n];
		r->twin[n] = i + 1;
		n++;
	}
}

static bool chosen(const struct peers_options *o, const struct peer *p)
{
	for (size_t i = 0; i < o->only.n; i++)
		if (!strcmp(o->only.item[i], p->program))
			return true;
	return !o->only.n;
}

static bool find(struct peers_run *r, unsigned int i)
{
	if (!r->twin[i])
		return peer_find(&r->all[i], r->path[i], sizeof(r->path[i]));
	snprintf(r->path[i], sizeof(r->path[i]), "%s/%s", r->o.than, r->all[i].program);
	return !access(r->path[i], X_OK);
}

static int find_tools(struct peers_run *r)
{
	for (unsigned int i = 0; r->all[i].name; i++) {
		const struct peer *p = &r->all[i];

		if (!chosen(&r->o, p))
			continue;
		if (find(r, i)) {
			r->tool[r->ntools++] = i;
			continue;
		}
		r->path[i][0] = '\0';
		if (r->twin[i])
			printf("missing: %s in %s (its make)\n", p->program, r->o.than);
		else if (p->package)
			printf("missing: %s (sudo apt-get install %s)\n", p->name, p->package);
		else
			printf("missing: %s (make)\n", p->name);
	}
	if (r->ntools)
		return 0;
	log_err("none of the tools is there");
	return -ENOENT;
}

/* btop takes its interval from a file. */
static int make_home(struct peers_run *r)
{
	char path[128];
	FILE *f;

	snprintf(r->home, sizeof(r->home), "/tmp/beebench-peers.XXXXXX");
	if (!mkdtemp(r->home))
		goto error;
	snprintf(path, sizeof(path), "%s/btop", r->home);
	if (mkdir(path, 0700))
		goto error;
	snprintf(path, sizeof(path), "%s/btop/btop.conf", r->home);
	f = fopen(path, "we");
	if (!f)
		goto error;
	fputs("update_ms = 1000\n", f);
	fclose(f);
	return 0;
error:
	log_err_sys(errno, "cannot make %s", r->home);
	return -EIO;
}

static void print_machine(void)
{
	struct strbuf cpu = STRBUF_INIT;
	const char *model = NULL;
	char load[64] = "?";
	struct utsname u;
	FILE *f;

	uname(&u);
	if (!strbuf_read_file(&cpu, "/proc/cpuinfo") && (model = strstr(cpu.s, "model name")))
		model = strchr(model, ':');
	f = fopen("/proc/loadavg", "re");
	if (f && !fgets(load, sizeof(load), f))
		load[0] = '\0';
	if (f)
		fclose(f);
	printf("machine: Linux %s, %ld CPUs,%.*s, %ld MiB; load before: %.*s\n", u.release,
	       sysconf(_SC_NPROCESSORS_ONLN), model ? (int)strcspn(model + 1, "\n") : 2,
	       model ? model + 1 : " ?",
	       (long)(sysconf(_SC_PHYS_PAGES) / 1024 * sysconf(_SC_PAGESIZE) / 1024), 14, load);
	strbuf_release(&cpu);
}

static int measure_crowd(struct peers_run *r, struct crowd *crowd, size_t at)
{
	double seconds = r->o.seconds / (double)r->o.rounds;
	int err = crowd_grow(crowd, r->crowds[at]);

	if (err)
		return err;
	r->machine[at] = crowd_machine();
	for (uint64_t round = 0; round < r->o.rounds; round++) {
		rng_shuffle(&r->rng, r->tool, r->ntools);
		for (unsigned int i = 0; i < r->ntools && !stop; i++) {
			unsigned int t = r->tool[i];
			struct peer_cell *c = &r->cell[at][t];
			struct peer_sample *s = &c->s[c->n];

			if (peer_measure(&r->all[t], r->path[t], r->home, seconds, &r->rng, &stop,
					 s))
				continue;
			s->round = round;
			c->n++;
			log_info("%zu processes, round %" PRIu64 ": %-14s %6.2f %% CPU, %5.1f MiB, "
				 "first screen %4.0f ms",
				 r->machine[at], round + 1, r->all[t].name, s->cpu_pct, s->rss_mb,
				 s->first_ms);
		}
	}
	return stop ? -EINTR : 0;
}

static void number(double v, int width, int digits)
{
	if (isnan(v))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, v);
}

static void print_row(const struct peers_run *r, size_t at, unsigned int t, double base)
{
	const struct peer_cell *c = &r->cell[at][t];
	double median, worst, cpu = peer_mean(c, offsetof(struct peer_sample, cpu_pct));

	peer_keys(c, &median, &worst);
	printf("%9zu  %-15s", r->machine[at], r->all[t].name);
	number(cpu, 8, 2);
	number(cpu / base, 9, 1);
	number(peer_mean(c, offsetof(struct peer_sample, rss_mb)), 8, 1);
	number(peer_mean(c, offsetof(struct peer_sample, first_ms)), 13, 0);
	number(median, 9, 1);
	number(worst, 9, 1);
	printf("  %4zu\n", c->n);
}

static void print_table(const struct peers_run *r)
{
	printf("\nrefresh 1 s, terminal 80x24, %.3g s measured in %" PRIu64 " rounds\n\n",
	       r->o.seconds, r->o.rounds);
	printf("processes  %-15s %8s %9s %8s %13s %9s %9s  %4s\n", "tool", "% of CPU",
	       peers[0].name, "RSS MiB", "1st screen ms", "key ms", "worst", "n");
	for (size_t at = 0; at < r->ncrowds; at++) {
		double base = peer_mean(&r->cell[at][0], offsetof(struct peer_sample, cpu_pct));

		if (!r->machine[at])
			continue;
		for (unsigned int t = 0; r->all[t].name; t++)
			if (r->path[t][0])
				print_row(r, at, t, base);
		puts("");
	}
	printf("%% of CPU: of one, user and system, all threads; the column after it is the ratio "
	       "to %s. key: from a cursor key to the\nfirst output after it, median and worst. "
	       "n: looks that worked. -: not measured.\n",
	       peers[0].name);
}

/* How many times the twin's figure this build's is, looks of one round held against each other. */
static void print_ratio(const struct peers_run *r, size_t at, unsigned int t, size_t member,
			const char *what)
{
	const struct peer_cell *theirs = &r->cell[at][t], *ours = &r->cell[at][r->twin[t] - 1];
	double logs[PEER_ROUNDS], mean, half;
	size_t n = 0;

	for (size_t i = 0; i < theirs->n; i++)
		for (size_t j = 0; j < ours->n; j++) {
			double now = *(const double *)((const char *)&ours->s[j] + member),
			       was = *(const double *)((const char *)&theirs->s[i] + member);

			if (theirs->s[i].round == ours->s[j].round && now > 0 && was > 0)
				logs[n++] = log(now / was);
		}
	if (!n)
		return;
	mean = stats_mean(logs, n);
	half = n < 2 ? INFINITY
		     : stats_t_quantile(0.95, (double)n - 1) * stats_sd(logs, n) / sqrt((double)n);
	printf("%9zu  %-15s %-14s %8.3f [%.3f, %.3f]  %4zu\n", r->machine[at],
	       r->all[r->twin[t] - 1].name, what, exp(mean), exp(mean - half), exp(mean + half), n);
}

static void print_ratios(const struct peers_run *r)
{
	printf("\nthis build, times that in %s: geometric mean over rounds, 95 %% interval\n\n"
	       "processes  %-15s %-14s %8s %-14s  %4s\n",
	       r->o.than, "tool", "", "times", "", "n");
	for (size_t at = 0; at < r->ncrowds; at++)
		for (unsigned int t = 0; r->machine[at] && r->all[t].name; t++) {
			if (!r->twin[t])
				continue;
			print_ratio(r, at, t, offsetof(struct peer_sample, cpu_pct), "CPU");
			print_ratio(r, at, t, offsetof(struct peer_sample, rss_mb), "RSS");
			print_ratio(r, at, t, offsetof(struct peer_sample, first_ms),
				    "first screen");
		}
}

/* The figures that the first tool is built for, beside the largest crowd. */
static void print_targets(const struct peers_run *r)
{
	size_t at = r->ncrowds - 1;
	const struct peer_cell *c = &r->cell[at][0];
	double median, worst;
	struct target {
		const char *what;
		double got, limit;
	};

	if (!c->n)
		return;
	peer_keys(c, &median, &worst);
	printf("\n%s beside %zu processes:\n", peers[0].name, r->machine[at]);
	for (const struct target *t =
		     (const struct target[]){
			     {"% of one CPU", peer_mean(c, offsetof(struct peer_sample, cpu_pct)),
			      1},
			     {"MiB resident", peer_mean(c, offsetof(struct peer_sample, rss_mb)),
			      10},
			     {"ms to the first screen",
			      peer_mean(c, offsetof(struct peer_sample, first_ms)), 200},
			     {"ms to answer a key, at worst", worst, 50},
			     {0}};
	     t->what; t++)
		printf("  %8.2f %-30s limit %3.0f: %s\n", t->got, t->what, t->limit,
		       isnan(t->got)	    ? "not measured"
		       : t->got <= t->limit ? "held"
					    : "MISSED");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void remove_home(const struct peers_run *r)
{
	if (r->home[0] && nftw(r->home, remove_one, 8, FTW_DEPTH | FTW_PHYS))
		log_warn("cannot remove %s", r->home);
}

static int run_all(struct peers_run *r)
{
	struct crowd crowd = {0};
	int err = make_home(r);

	for (size_t at = 0; !err && at < r->ncrowds; at++)
		err = measure_crowd(r, &crowd, at);
	crowd_end(&crowd);
	remove_home(r);
	print_table(r);
	if (r->o.than)
		print_ratios(r);
	print_targets(r);
	return err;
}

static int run(int argc, char *argv[])
{
	static struct peers_run r = {
		.o = {.processes = "100,1000,10000", .seconds = 10, .rounds = 2, .seed = 1}};
	struct sigaction act = {.sa_handler = on_signal};
	int rest, err;

	log_init("peers", LOG_INFO);
	err = opt_parse(options, "peers", argc, argv, &r.o, &rest, NULL);
	if (err == OPT_HELP) {
		puts("usage: peers [options]\nWhat process monitors cost beside the same crowd of "
		     "idle processes, in one run.\n");
		opt_print(options, stdout);
		return EXIT_OK;
	}
	if (!err &&
	    (!r.o.rounds || r.o.rounds > PEER_ROUNDS || r.o.seconds / (double)r.o.rounds < 2)) {
		log_err("--rounds: 1 to %d, and at least 2 s (--time) for each", PEER_ROUNDS);
		err = -EINVAL;
	}
	if (err || parse_crowds(&r))
		return EXIT_USAGE;
	r.rng.state = r.o.seed;
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	print_machine();
	list_tools(&r);
	if (find_tools(&r))
		return EXIT_USAGE;
	err = run_all(&r);
	return err == -EINTR ? 130 : err ? EXIT_USAGE : EXIT_OK;
}

int main(int argc, char *argv[])
{
	std_open();
	return std_close(run(argc, argv));
}
