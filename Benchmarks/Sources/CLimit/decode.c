#include "climit.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <jpeglib.h>

typedef struct {
    struct jpeg_error_mgr base;
    jmp_buf escape;
} jumping_errors;

static void jump(j_common_ptr info) { longjmp(((jumping_errors *)info->err)->escape, 1); }
static void ignore(j_common_ptr info) { (void)info; }

uint32_t climit_decode(const uint8_t *jpeg, size_t size, uint32_t side, uint32_t offset) {
    struct jpeg_decompress_struct info;
    jumping_errors errors;
    uint8_t *volatile row = NULL;
    info.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = jump;
    errors.base.output_message = ignore;
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&info);
        free(row);
        return 0;
    }
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, jpeg, size);
    jpeg_read_header(&info, TRUE);
    if (info.num_components == 3) info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    JDIMENSION rows = info.output_height;
    if (side > 0) {
        JDIMENSION x = offset, width = side;
        if (info.output_width > info.output_height) {
            jpeg_crop_scanline(&info, &x, &width);
        } else {
            jpeg_skip_scanlines(&info, offset);
        }
        rows = side;
    }
    row = malloc((size_t)info.output_width * (size_t)info.output_components);
    JDIMENSION done = 0;
    while (row && done < rows) {
        JSAMPROW rows_out[1] = {row};
        done += jpeg_read_scanlines(&info, rows_out, 1);
    }
    jpeg_destroy_decompress(&info);
    free(row);
    return done;
}
