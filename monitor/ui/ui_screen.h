/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of the screens only: their hooks, what they share, and how they draw. */
#ifndef MONITOR_UI_SCREEN_H
#define MONITOR_UI_SCREEN_H

#include "lib/base.h" /* curses has wide characters only with its feature macros */

#include <curses.h>
#include <wchar.h>

#include "lib/strbuf.h"
#include "monitor/ui/ui.h"
#include "monitor/ui/ui_keys.h"
#include "monitor/ui/ui_term.h"
#include "monitor/view/query.h"

/* How a text looks. Each has attributes for terminals without colours too (ui_draw.c). */
enum style {
	STYLE_NORMAL,
	STYLE_TITLE,  /* the first line */
	STYLE_HEADER, /* titles of columns */
	STYLE_SORTED, /* the title of the column that is sorted by */
	STYLE_CURSOR, /* the line of the cursor */
	STYLE_DIM,    /* context, what is known to be over */
	STYLE_LABEL,  /* names of figures */
	STYLE_NOTICE, /* what one should know: paused, filtered */
	STYLE_GROWS,  /* a process that grows */
	STYLE_LOSS,   /* what was not seen */
	STYLE_ERROR,
	STYLE_BAR,
	STYLE_COUNT,
};

/* In a text for ui_print(): what follows has style @s, until the next or STYLE_END. Never part of
 * data: control bytes of names are replaced before (column_text()). */
#define STYLE_MARK(s) (16 + (s))
#define STYLE_END     31

/* Text of many lines that can be scrolled. */
struct page {
	struct strbuf text;
	size_t lines;
	size_t top; /* first line shown */
};

enum { PROMPT_CELLS = 256 };

/* A line being typed (ui_prompt.c). */
struct prompt {
	bool open;
	const char *label;
	const char *hint; /* what may be typed */
	wchar_t text[PROMPT_CELLS];
	size_t length, at; /* characters; the cursor is before text[at] */
	/* Says what is wrong with @text in @e and returns false; without @e given nothing is taken
	 * over. */
	bool (*check)(struct ui *u, const char *text, struct query_error *e);
	void (*take)(struct ui *u, const char *text);
	struct query_error error;
	bool wrong;
};

struct layout {
	const struct column *columns[64];
	int x[64], width[64];
	size_t n;
};

/* What was chosen of the columns. */
struct table_choice {
	const struct column *chosen[64]; /* @nchosen; 0: those by default */
	size_t nchosen;
	const struct column *sort;
	bool descending;
};

/* The process table (ui_table.c). */
struct table {
	struct view view;
	struct view_sums sums; /* for the query */
	enum tool shows;       /* whose columns these are */
	struct table_choice other;
	enum group_by opened; /* the filter is for a group of these: Esc goes back to them */
	char *before;	      /* the filter that there was; owned */
	struct view_options opts;
	struct query *query;
	char *filter; /* its text, or NULL */
	bool costly;  /* it was told that the filter gave up */
	bool stale;   /* the view must be built before it is drawn */
	bool fresh;   /* a frame came: its visible rows have not been read yet */
	size_t cursor, top;
	size_t search_from; /* the line where a search begins */
	bool searched;	    /* there was one */
	bool follow;
	uint32_t pid;			 /* the process that is followed */
	uint64_t start_ns;		 /* of it */
	const struct column *chosen[64]; /* @nchosen; 0: those by default */
	size_t nchosen;
	struct layout layout;
	int title_line, first_line, lines; /* where they are on the screen */
	uint32_t *visible;		   /* scratch: rows to refine */
	size_t visible_cap;
};

/* One event as kept for scrolling back. */
struct seen {
	struct event record;
	uint64_t time_ns; /* CLOCK_REALTIME */
	bool matches;	  /* the filter; types and sizes are looked at when drawn */
};

enum { EVENTS_KEPT = 8192, EVENT_TYPES = 8 };

/* Whether a process matches the filter. */
struct event_match {
	uint32_t pid;
	bool matches;
};

/* The events (ui_events.c). */
struct events {
	struct seen *ring;	/* of EVENTS_KEPT, NULL until the screen is opened */
	uint64_t added;		/* since it was; the latest is ring[(added - 1) % EVENTS_KEPT] */
	uint64_t end;		/* the line below the last one shown, as a number of @added */
	bool tail;		/* the latest are shown as they come */
	unsigned int hidden;	/* bit type: not shown */
	unsigned int size_step; /* index of the least size shown */
	double rate[EVENT_TYPES];
	bool full; /* the latest frame kept as many as it can: the rates are lower bounds */
	struct event_match *match; /* of the latest frame, by pid; owned */
	size_t nmatch;		   /* 0 without a filter */
	uint64_t wanted;	   /* 0: not looking; else how many screens look */
	bool touched;		   /* source_events() was called */
	bool switched_on;	   /* by us, and so to be switched off by us */
	int error;		   /* of source_events() */
	int lines;
};

/* One process (ui_detail.c). */
struct detail {
	struct proc_row row;   /* latest known */
	double v[FIELD_COUNT]; /* its figures */
	uint32_t sizes[SIZE_BUCKETS];
	bool has_sizes, ended;
	struct proc_detail proc;
	int proc_error;
	uint64_t proc_time_ns; /* CLOCK_REALTIME of @proc */
	struct page page;
	bool stale;
	int width;
};

/* A list to choose from (ui_menu.c). */
struct menu {
	size_t cursor, top, n;
	const struct column *columns[64];
	int first_line;
};

struct screen;

struct binding {
	enum key_action action;
	void (*fn)(struct ui *u, int arg);
	int arg;
};

/* A screen. Hooks may be NULL. */
struct screen {
	const char *name;
	enum key_screen bit;
	int (*open)(struct ui *u);   /* 0, or -errno after ui_note() */
	void (*close)(struct ui *u); /* left, for good or for another one */
	void (*frame)(struct ui *u); /* u->frame is new */
	void (*draw)(struct ui *u);  /* all but the status line */
	void (*status)(struct ui *u, struct strbuf *left, struct strbuf *right);
	void (*go)(struct ui *u, enum key_action action); /* KEY_ACT_UP to _LAST; never NULL */
	void (*mouse)(struct ui *u, const MEVENT *e);
	const struct binding *bindings; /* the other keys, ended by a NULL fn; before the common */
};

extern const struct screen table_screen, events_screen, detail_screen, help_screen, menu_screen;

enum { SCREENS_DEEP = 8, MIN_WIDTH = 40, MIN_HEIGHT = 8 };

struct ui {
	struct ui_options o;
	SCREEN *term;
	const struct screen *stack[SCREENS_DEEP];
	size_t depth;	      /* the last one is shown */
	struct frame *frame;  /* shown: the source's latest, or the copy while paused */
	struct frame *latest; /* the source's */
	struct frame *kept;   /* the copy, owned; NULL when not paused */
	uint64_t held;	      /* frames that came while paused */
	double interval_s;
	bool human, dirty, dead, open;
	bool stepping; /* through a recording, by keys */
	int width, height;
	uint64_t goal_ns;    /* of UI_TO_TIME */
	enum ui_action wish; /* what ui_input() returns */
	uint64_t alert_ns;   /* of the alert that was told last */
	char note[1024];     /* at the bottom */
	bool note_said;	     /* ui_note() was called from outside */
	uint64_t note_until_ns;
	struct term_input input;
	struct prompt prompt;
	struct table table;
	struct events events;
	struct detail detail;
	struct page help;
	struct menu menu;
};

/* --- ui.c: moving between screens --- */

const struct screen *ui_shown(const struct ui *u);
void ui_push(struct ui *u, const struct screen *s);
void ui_pop(struct ui *u);
void ui_pause(struct ui *u, int arg);
void ui_toggle_screen(struct ui *u, const struct screen *s); /* opens it, or goes back from it */

void ui_tell(struct ui *u, const char *text); /* a note that a key brought about */

/* Puts a column among those that are shown, or takes it away. */
void table_choose(struct ui *u, const struct column *c);
/* Moves a column that is shown by @step places. */
void table_move_column(struct ui *u, const struct column *c, int step);
bool table_shows(const struct ui *u, const struct column *c);

/* --- ui_draw.c --- */

void draw_start(const struct ui *u); /* colours */
attr_t draw_attr(const struct ui *u, enum style s);
/* Prints @text (UTF-8, with STYLE_MARKs) in at most @cells cells; returns those used. */
int ui_print(struct ui *u, int y, int x, int cells, enum style base, const char *text);
/* The same, filled up to @cells with blanks of the style. */
void ui_fill(struct ui *u, int y, int x, int cells, enum style base, const char *text);
/* As ui_fill(), cut between words (two blanks) instead of within one. */
void ui_fill_words(struct ui *u, int y, int x, int cells, enum style base, const char *text);
int ui_cells(const char *text);		      /* that @text takes on the screen, marks aside */
size_t ui_bytes(const char *text, int cells); /* of @text, that fit into @cells */
void style_begin(struct strbuf *sb, enum style s);
void style_end(struct strbuf *sb);
/* "1.2 GiB" of kB; "-" for NAN. */
void add_kb(struct strbuf *sb, double kb);
void add_number(struct strbuf *sb, double v); /* "12.3k" above 99,999; "-" for NAN */
void add_clock(struct strbuf *sb, uint64_t realtime_ns, bool micros); /* "12:58:03" */

void page_reset(struct page *p);
/* Ends the line that was appended to p->text. */
void page_line(struct page *p);
void page_draw(struct ui *u, struct page *p, int y, int lines);
bool page_scroll(struct page *p, enum key_action action, int lines);
void page_release(struct page *p);
/* Where a list's cursor goes by @action, of @n lines, @page at a time. */
size_t list_move(size_t at, size_t n, size_t page, enum key_action action);

/* --- ui_header.c --- */

/* Draws the lines at the top: @title, then as many of state, losses, own cost and machine as the
 * height allows. Returns the first line that is free. */
int header_draw(struct ui *u, const char *title, bool whole);

/* --- ui_columns.c --- */

enum { TREE_CELLS_MAX = 17, BRANCH_CELLS = 2 };

bool table_is_number(const struct column *c);
void table_layout(struct ui *u);
/* What is read of all processes, because lines show sums. */
unsigned int table_sum_reads(const struct ui *u);
/* Shows the columns of the other tool. */
void table_other(struct ui *u);

/* --- ui_table.c --- */

void table_init(struct ui *u);
void table_release(struct table *t);
const struct proc_row *table_row(struct ui *u);	   /* at the cursor, or NULL */
bool row_wants_refining(const struct proc_row *r); /* by source_refine() */
/* Columns that this tool and source have something for, at most @max; the defaults first. */
size_t table_columns(const struct ui *u, const struct column **out, size_t max);
/* The same, those that were not chosen too. */
size_t table_all_columns(const struct ui *u, const struct column **out, size_t max);

void table_sort(struct ui *u, const struct column *c); /* again by the same: turned round */
void table_filter(struct ui *u, int arg);
void table_unfilter(struct ui *u, int arg);

/* --- ui_events.c --- */

void events_want(struct ui *u, bool on); /* for a screen that shows what the ring brings */
void events_refilter(struct ui *u);	 /* the filter has changed */
void events_release(struct events *e);

/* --- ui_prompt.c --- */

void prompt_open(struct ui *u, const char *label, const char *hint, const char *text,
		 bool (*check)(struct ui *, const char *, struct query_error *),
		 void (*take)(struct ui *, const char *));
/* @code as wget_wch() gave it with @function: a function key. */
void prompt_key(struct ui *u, wint_t code, bool function);
void prompt_draw(struct ui *u);

#endif
