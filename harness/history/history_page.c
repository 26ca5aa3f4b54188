/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Curves as one HTML page that opens from disk: a picture for each, drawn here as SVG, because a
 * page of fifty curves is to be had without a plotter. A point is a run, told when it is pointed
 * at; a step is a line across with what it changed.
 */
#include "lib/base.h"
#include "harness/history/history.h"

#include <math.h>
#include <string.h>

#include "lib/printable.h"
#include "lib/strbuf.h"
#include "lib/xml.h"

enum { WIDTH = 760, HEIGHT = 160, LEFT = 80, MARGIN = 14 };

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<title>beebench: history</title><style>\n"
	":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;"
	"margin:2rem auto;padding:0 1rem}h2{font-size:1rem;margin:1.6rem 0 .2rem}"
	"p{margin:.1rem 0;font-size:.87rem}svg{max-width:100%;height:auto;color:inherit}"
	"svg text{font-size:11px;fill:currentColor}.band{fill:currentColor;opacity:.12}"
	".curve{fill:none;stroke:currentColor;stroke-width:1.5}.point{fill:currentColor}"
	".step{stroke:#b3261e;stroke-dasharray:4 3}.worse{color:#b3261e}.better{color:#00805c}\n"
	"</style></head><body><h1>History</h1>\n";

static void put(FILE *out, const char *s)
{
	struct strbuf clean = STRBUF_INIT;

	printable_add_line(&clean, s);
	xml_put(out, clean.s);
	strbuf_release(&clean);
}

/* Where things lie in the picture. */
struct scale {
	double low, high;
	size_t n;
};

static void scale_of(const struct history_series *s, struct scale *sc)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < s->n; i++) {
		const struct history_point *p = &s->points[i];

		low = fmin(low, isfinite(p->low) ? p->low : p->value);
		high = fmax(high, isfinite(p->high) ? p->high : p->value);
	}
	/* One level alone lies in the middle. */
	if (!(high > low)) {
		low -= 1;
		high += 1;
	}
	*sc = (struct scale){low, high, s->n};
}

static double at_x(const struct scale *sc, size_t i)
{
	double step = sc->n > 1 ? (double)i / (double)(sc->n - 1) : 0.5;

	return LEFT + step * (WIDTH - LEFT - MARGIN);
}

static double at_y(const struct scale *sc, double v)
{
	return MARGIN + (sc->high - v) / (sc->high - sc->low) * (HEIGHT - 2 * MARGIN);
}

static void put_points(const struct history_series *s, const struct scale *sc, FILE *out)
{
	fputs("<polyline class=\"curve\" points=\"", out);
	for (size_t i = 0; i < s->n; i++)
		fprintf(out, "%s%.1f,%.1f", i ? " " : "", at_x(sc, i),
			at_y(sc, s->points[i].value));
	fputs("\"/>\n", out);
	for (size_t i = 0; i < s->n; i++) {
		const struct history_point *p = &s->points[i];

		if (isfinite(p->low) && isfinite(p->high))
			fprintf(out,
				"<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"4\" "
				"height=\"%.1f\"/>\n",
				at_x(sc, i) - 2, at_y(sc, p->high),
				at_y(sc, p->low) - at_y(sc, p->high));
		fprintf(out, "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"><title>",
			at_x(sc, i), at_y(sc, p->value));
		put(out, p->commit ? p->commit : "no revision");
		fprintf(out, "%s: %.6g ", p->dirty ? " with changes" : "", p->value);
		put(out, s->unit);
		fputs(", ", out);
		put(out, p->started);
		fputs(", run ", out);
		put(out, p->run);
		fputs("</title></circle>\n", out);
	}
}

static void put_picture(const struct history_series *s, FILE *out)
{
	struct scale sc;

	scale_of(s, &sc);
	fprintf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", WIDTH, HEIGHT);
	fprintf(out, "<text x=\"4\" y=\"%d\">%.6g</text><text x=\"4\" y=\"%d\">%.6g</text>\n",
		MARGIN + 4, sc.high, HEIGHT - MARGIN, sc.low);
	for (size_t i = 0; i < s->nsteps; i++) {
		double x = (at_x(&sc, s->steps[i] - 1) + at_x(&sc, s->steps[i])) / 2;

		fprintf(out, "<line class=\"step\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/>\n",
			x, x, HEIGHT);
	}
	put_points(s, &sc, out);
	fputs("</svg>\n", out);
}

static void put_steps(const struct history_series *s, FILE *out)
{
	for (size_t i = 0; i < s->nsteps; i++) {
		const struct history_point *p = &s->points[s->steps[i]];
		double before = history_before(s, i), after = history_after(s, i);

		fprintf(out, "<p class=\"%s\">step: %.6g to %.6g at ",
			after > before ? "worse" : "better", before, after);
		put(out, p->commit ? p->commit : p->run);
		fputs("</p>\n", out);
	}
}

void history_page(const struct history_curves *c, FILE *out)
{
	fputs(head, out);
	if (!c->n)
		fputs("<p>There is no such figure.</p>\n", out);
	for (size_t i = 0; i < c->n; i++) {
		const struct history_series *s = &c->v[i];

		fputs("<h2>", out);
		put(out, s->monitor);
		fputc(' ', out);
		put(out, s->figure);
		fputs("</h2>\n<p>", out);
		put(out, s->unit);
		fputs(", Linux ", out);
		put(out, s->kernel);
		if (s->machine) {
			fputs(", ", out);
			put(out, s->machine);
		}
		fprintf(out, "; %zu runs</p>\n", s->n);
		put_picture(s, out);
		put_steps(s, out);
	}
	fputs("</body></html>\n", out);
}
