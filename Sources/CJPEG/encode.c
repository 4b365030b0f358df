#include "cjpeg.h"
#include "errors.h"

#include <jerror.h>
#include <stdlib.h>
#include <string.h>

struct rc_jpeg_encoder {
    struct jpeg_compress_struct info;
    rc_jpeg_errors errors;
    // Where the compressed bytes go. libjpeg's own destination in memory leaves a dangling pointer
    // behind when memory runs out while it grows; this one always owns its bytes.
    struct jpeg_destination_mgr destination;
    uint8_t *bytes;
    size_t capacity;
};

static void destination_begin(j_compress_ptr info) {
    rc_jpeg_encoder *e = info->client_data;
    if (!e->bytes) {
        e->bytes = malloc(1 << 16);
        if (!e->bytes) ERREXIT1(info, JERR_OUT_OF_MEMORY, 10);
        e->capacity = 1 << 16;
    }
    e->destination.next_output_byte = e->bytes;
    e->destination.free_in_buffer = e->capacity;
}

static boolean destination_grow(j_compress_ptr info) {
    rc_jpeg_encoder *e = info->client_data;
    const size_t filled = e->capacity;  // libjpeg calls this when the buffer is full
    uint8_t *larger = filled > SIZE_MAX / 2 ? NULL : realloc(e->bytes, filled * 2);
    if (!larger) ERREXIT1(info, JERR_OUT_OF_MEMORY, 11);
    e->bytes = larger;
    e->capacity = filled * 2;
    e->destination.next_output_byte = larger + filled;
    e->destination.free_in_buffer = e->capacity - filled;
    return TRUE;
}

static void destination_end(j_compress_ptr info) { (void)info; }

static rc_jpeg_status caught(rc_jpeg_encoder *e) {
    return e->errors.out_of_memory ? RC_JPEG_NO_MEMORY : RC_JPEG_INVALID;
}

rc_jpeg_encoder *rc_jpeg_encoder_create(void) {
    rc_jpeg_encoder *e = calloc(1, sizeof *e);
    if (!e) return NULL;
    rc_jpeg_errors_init(&e->errors);
    e->destination.init_destination = destination_begin;
    e->destination.empty_output_buffer = destination_grow;
    e->destination.term_destination = destination_end;
    return e;
}

void rc_jpeg_encoder_destroy(rc_jpeg_encoder *e) {
    jpeg_destroy_compress(&e->info);  // harmless when there is none
    free(e->bytes);
    free(e);
}

const char *rc_jpeg_encoder_message(const rc_jpeg_encoder *e) { return e->errors.message; }

rc_jpeg_status rc_jpeg_encoder_begin(rc_jpeg_encoder *e, uint32_t width, uint32_t height,
                                     const rc_jpeg_options *options) {
    jpeg_destroy_compress(&e->info);
    e->errors.message[0] = 0;
    e->errors.out_of_memory = 0;
    struct jpeg_compress_struct *info = &e->info;
    info->err = &e->errors.base;
    if (setjmp(e->errors.escape)) return caught(e);
    jpeg_create_compress(info);
    info->client_data = e;
    info->dest = &e->destination;
    info->image_width = width;
    info->image_height = height;
    info->input_components = 3;
    info->in_color_space = JCS_RGB;
    jpeg_set_defaults(info);
    jpeg_set_quality(info, options->quality, TRUE);
    if (options->is_grayscale) {
        jpeg_set_colorspace(info, JCS_GRAYSCALE);
    } else {
        info->comp_info[0].h_samp_factor = options->h_sampling;
        info->comp_info[0].v_samp_factor = options->v_sampling;
    }
    info->optimize_coding = options->optimizes_coding ? TRUE : FALSE;
    info->restart_interval = options->restart_interval;
    if (options->is_progressive) jpeg_simple_progression(info);
    jpeg_start_compress(info, TRUE);
    return RC_JPEG_OK;
}

rc_jpeg_status rc_jpeg_encoder_segment(rc_jpeg_encoder *e, int marker, const uint8_t *body,
                                       size_t size) {
    if (setjmp(e->errors.escape)) return caught(e);
    jpeg_write_marker(&e->info, marker, body, (unsigned)size);
    return RC_JPEG_OK;
}

rc_jpeg_status rc_jpeg_encoder_profile(rc_jpeg_encoder *e, const uint8_t *profile, size_t size) {
    if (setjmp(e->errors.escape)) return caught(e);
    jpeg_write_icc_profile(&e->info, profile, (unsigned)size);
    return RC_JPEG_OK;
}

rc_jpeg_status rc_jpeg_encoder_row(rc_jpeg_encoder *e, const uint8_t *rgb) {
    if (setjmp(e->errors.escape)) return caught(e);
    JSAMPROW row = (JSAMPROW)rgb;
    jpeg_write_scanlines(&e->info, &row, 1);
    return RC_JPEG_OK;
}

rc_jpeg_status rc_jpeg_encoder_finish(rc_jpeg_encoder *e, const uint8_t **out, size_t *size) {
    if (setjmp(e->errors.escape)) return caught(e);
    jpeg_finish_compress(&e->info);
    *out = e->bytes;
    *size = e->capacity - e->destination.free_in_buffer;
    return RC_JPEG_OK;
}
