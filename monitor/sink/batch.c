/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames on a stream, in the form asked for. */
#include "lib/base.h"
#include "monitor/sink/batch.h"

#include "lib/log.h"
#include "monitor/sink/batch_form.h"

void batch_frame(enum batch_format format, const struct frame *f, const struct view *v, bool first,
		 struct strbuf *out)
{
	switch (format) {
	case BATCH_TEXT: batch_text(f, v, first, out); break;
	case BATCH_JSON: batch_json(f, v, out); break;
	case BATCH_CSV: batch_csv(f, v, first, out); break;
	}
}

int batch_write(FILE *stream, const struct strbuf *text)
{
	int err;

	errno = 0;
	if (fwrite(text->s, 1, text->len, stream) == text->len && !fflush(stream))
		return 0;
	err = errno ? -errno : -EIO;
	if (err == -EPIPE)
		clearerr(stream); /* nobody misses it */
	else
		log_err_sys(err, "cannot write the output");
	return err;
}
