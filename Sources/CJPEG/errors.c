#include "errors.h"
#include <jerror.h>

static void error_exit(j_common_ptr info) {
    rc_jpeg_errors *errors = (rc_jpeg_errors *)info->err;
    errors->out_of_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
    errors->cannot_suspend = info->err->msg_code == JERR_CANT_SUSPEND;
    info->err->format_message(info, errors->message);
    longjmp(errors->escape, 1);
}

static void emit_message(j_common_ptr info, int level) {
    if (level < 0) info->err->num_warnings++;
}

static void output_message(j_common_ptr info) { (void)info; }

void rc_jpeg_errors_init(rc_jpeg_errors *errors) {
    jpeg_std_error(&errors->base);
    errors->base.error_exit = error_exit;
    errors->base.emit_message = emit_message;
    errors->base.output_message = output_message;
    errors->out_of_memory = errors->cannot_suspend = 0;
    errors->message[0] = 0;
}
