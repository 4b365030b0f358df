#ifndef REDCAPS_CJPEG_ERRORS_H
#define REDCAPS_CJPEG_ERRORS_H

#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>

/// libjpeg's error manager with the place to jump to and the message that libjpeg made.
typedef struct {
    struct jpeg_error_mgr base;  // first, so that libjpeg's pointer is also ours
    jmp_buf escape;
    int out_of_memory, cannot_suspend;
    char message[JMSG_LENGTH_MAX];
} rc_jpeg_errors;

/// Fills in an error manager that jumps on errors and keeps quiet about warnings, as Pillow does:
/// corrupt entropy-coded data is decoded as far as it makes sense.
void rc_jpeg_errors_init(rc_jpeg_errors *errors);

#endif
