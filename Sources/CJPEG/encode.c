#include "cjpeg.h"
#include "errors.h"

#include <stdlib.h>

rc_jpeg_status rc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height,
                              const rc_jpeg_options *options, uint8_t **out, size_t *out_size,
                              char *message, size_t message_size) {
    struct jpeg_compress_struct info;
    rc_jpeg_errors errors;
    // Changed between setjmp and longjmp, therefore volatile.
    unsigned char *volatile bytes = NULL;
    volatile unsigned long size = 0;
    *out = NULL;
    *out_size = 0;
    rc_jpeg_errors_init(&errors);
    info.err = &errors.base;
    if (setjmp(errors.escape)) {
        snprintf(message, message_size, "%s", errors.message);
        jpeg_destroy_compress(&info);
        free(bytes);
        return errors.out_of_memory ? RC_JPEG_NO_MEMORY : RC_JPEG_INVALID;
    }
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, (unsigned char **)&bytes, (unsigned long *)&size);
    info.image_width = width;
    info.image_height = height;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, options->quality, TRUE);
    if (options->is_grayscale) {
        jpeg_set_colorspace(&info, JCS_GRAYSCALE);
    } else {
        info.comp_info[0].h_samp_factor = options->h_sampling;
        info.comp_info[0].v_samp_factor = options->v_sampling;
    }
    info.optimize_coding = options->optimizes_coding ? TRUE : FALSE;
    info.restart_interval = options->restart_interval;
    if (options->is_progressive) jpeg_simple_progression(&info);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(rgb + (size_t)info.next_scanline * width * 3);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    *out = bytes;
    *out_size = size;
    return RC_JPEG_OK;
}
