#include "cjpeg.h"
#include "errors.h"

#include <jerror.h>
#include <stdlib.h>

// Where the compressed bytes go. libjpeg's own destination in memory leaves a dangling pointer behind
// when memory runs out while it grows; this one owns its bytes until they are handed over.
typedef struct {
    struct jpeg_destination_mgr base;
    unsigned char *bytes;
    size_t capacity;
} rc_jpeg_memory;

static void rc_jpeg_memory_begin(j_compress_ptr info) {
    rc_jpeg_memory *memory = (rc_jpeg_memory *)info->dest;
    memory->capacity = 1 << 16;
    memory->bytes = malloc(memory->capacity);
    if (!memory->bytes) ERREXIT1(info, JERR_OUT_OF_MEMORY, 10);
    memory->base.next_output_byte = memory->bytes;
    memory->base.free_in_buffer = memory->capacity;
}

static boolean rc_jpeg_memory_grow(j_compress_ptr info) {
    rc_jpeg_memory *memory = (rc_jpeg_memory *)info->dest;
    size_t filled = memory->capacity;  // libjpeg calls this when the buffer is full
    unsigned char *larger =
        filled > SIZE_MAX / 2 ? NULL : realloc(memory->bytes, memory->capacity * 2);
    if (!larger) ERREXIT1(info, JERR_OUT_OF_MEMORY, 11);
    memory->bytes = larger;
    memory->capacity *= 2;
    memory->base.next_output_byte = larger + filled;
    memory->base.free_in_buffer = memory->capacity - filled;
    return TRUE;
}

static void rc_jpeg_memory_end(j_compress_ptr info) { (void)info; }

rc_jpeg_status rc_jpeg_encode(const uint8_t *rgb, uint32_t width, uint32_t height,
                              const rc_jpeg_options *options, uint8_t **out, size_t *out_size,
                              char *message, size_t message_size) {
    struct jpeg_compress_struct info;
    rc_jpeg_errors errors;
    rc_jpeg_memory memory = {
        .base = {.init_destination = rc_jpeg_memory_begin,
                 .empty_output_buffer = rc_jpeg_memory_grow,
                 .term_destination = rc_jpeg_memory_end},
    };
    // What changes between setjmp and longjmp is only reached through this pointer, which doesn't.
    rc_jpeg_memory *const destination = &memory;
    *out = NULL;
    *out_size = 0;
    rc_jpeg_errors_init(&errors);
    info.err = &errors.base;
    if (setjmp(errors.escape)) {
        snprintf(message, message_size, "%s", errors.message);
        jpeg_destroy_compress(&info);
        free(destination->bytes);
        return errors.out_of_memory ? RC_JPEG_NO_MEMORY : RC_JPEG_INVALID;
    }
    jpeg_create_compress(&info);
    info.dest = &destination->base;
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
    *out = destination->bytes;
    *out_size = destination->capacity - destination->base.free_in_buffer;
    return RC_JPEG_OK;
}
