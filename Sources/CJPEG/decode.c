#include "cjpeg.h"
#include "errors.h"

#include <stdlib.h>
#include <string.h>
#include <jerror.h>

enum { ROW_PADDING = 128, LEAST_COLUMNS = 64 };

// Where rows begin, mod 64. libjpeg-turbo's vector code (2.1.5, jdcolext-*.asm and jdmrgext-*.asm)
// writes RGB around the cache if a row begins at a multiple of 16 or 32 bytes; rows are read at once
// here, and would come back from memory.
enum { ROW_START = 8 };

struct rc_jpeg_decoder {
    struct jpeg_decompress_struct info;
    rc_jpeg_errors errors;
    struct jpeg_source_mgr source;
    const uint8_t *begin, *end;     // of the file's bytes
    const uint8_t *limit;           // of the bytes that libjpeg has been given
    size_t skip;                    // bytes behind the limit that it doesn't want
    const uint8_t *scan;            // where the first scan's entropy-coded data begin
    int is_complete;                // nothing in or behind the scan can be refused
    int asked_past_end;             // libjpeg wanted more bytes than the file has
    uint8_t *memory;                // what rows lie in
    uint8_t *rows;                  // RC_JPEG_ROWS decoded rows, each with padding
    size_t row_stride, capacity;
    uint32_t skipped_columns;       // decoded to the left of the rectangle
    uint32_t rectangle_width;
};

// Pillow feeds libjpeg in blocks of so many bytes, counted from the file's start.
enum { BLOCK = 65536 };

// The source is the whole file in memory, or as much of it as Pillow would have read by now. At its
// end it suspends, which is how a short file is told from a complete one; libjpeg's own source would
// invent an end-of-image marker instead.
static void source_init(j_decompress_ptr info) { (void)info; }

static boolean source_fill(j_decompress_ptr info) {
    rc_jpeg_decoder *d = info->client_data;
    if (d->limit == d->end) d->asked_past_end = 1;
    return FALSE;
}

static void source_skip(j_decompress_ptr info, long count) {
    rc_jpeg_decoder *d = info->client_data;
    if (count <= 0) return;
    if ((size_t)count > info->src->bytes_in_buffer) {
        d->skip = (size_t)count - info->src->bytes_in_buffer;
        if (d->limit == d->end) d->asked_past_end = 1;
        count = (long)info->src->bytes_in_buffer;
    }
    info->src->next_input_byte += count;
    info->src->bytes_in_buffer -= (size_t)count;
}

/// From now on there is nothing behind the block that the last byte read lies in.
static void feed_blocks(rc_jpeg_decoder *d) {
    const size_t read = (size_t)(d->source.next_input_byte - d->begin);
    const size_t size = (size_t)(d->end - d->begin);
    const size_t limit = (read + BLOCK - 1) / BLOCK * BLOCK;
    d->limit = limit < size ? d->begin + limit : d->end;
    d->source.bytes_in_buffer = (size_t)(d->limit - d->source.next_input_byte);
}

/// Reads another block, or returns 0 at the end of the file.
static int next_block(rc_jpeg_decoder *d) {
    if (d->limit == d->end) return 0;
    const size_t left = (size_t)(d->end - d->limit);
    const size_t count = left < BLOCK ? left : BLOCK;
    d->limit += count;
    d->source.bytes_in_buffer += count;
    const size_t skip = d->skip;
    d->skip = 0;
    source_skip(&d->info, (long)skip);
    return 1;
}

static void source_term(j_decompress_ptr info) { (void)info; }

static rc_jpeg_status fail(rc_jpeg_decoder *d, rc_jpeg_status status, const char *message) {
    snprintf(d->errors.message, sizeof d->errors.message, "%s", message);
    return status;
}

static rc_jpeg_status truncated(rc_jpeg_decoder *d) {
    return fail(d, RC_JPEG_TRUNCATED, "the file ends before the image does");
}

static rc_jpeg_status caught(rc_jpeg_decoder *d) {
    if (d->errors.cannot_suspend) {
        if (d->limit == d->end) return truncated(d);
        snprintf(d->errors.message, sizeof d->errors.message,
                 "arithmetic-coded data go on behind byte %zu: Pillow reads blocks of %d bytes, "
                 "and refuses them as well (jpegtran writes the same image with Huffman codes)",
                 (size_t)(d->limit - d->begin), BLOCK);
        return RC_JPEG_UNSUPPORTED;
    }
    return d->errors.out_of_memory ? RC_JPEG_NO_MEMORY : RC_JPEG_INVALID;
}

rc_jpeg_decoder *rc_jpeg_decoder_create(void) {
    rc_jpeg_decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    rc_jpeg_errors_init(&d->errors);
    d->source.init_source = source_init;
    d->source.fill_input_buffer = source_fill;
    d->source.skip_input_data = source_skip;
    d->source.resync_to_restart = jpeg_resync_to_restart;
    d->source.term_source = source_term;
    return d;
}

void rc_jpeg_decoder_destroy(rc_jpeg_decoder *d) {
    rc_jpeg_decoder_reset(d);
    free(d->memory);
    free(d);
}

// libjpeg's object is made anew for every image: an aborted one keeps its quantization and Huffman
// tables, and would lend them to the next image that forgot its own.
void rc_jpeg_decoder_reset(rc_jpeg_decoder *d) {
    jpeg_destroy_decompress(&d->info);  // harmless when there is none
    d->source.next_input_byte = NULL;
    d->source.bytes_in_buffer = 0;
    d->begin = d->end = d->limit = d->scan = NULL;
    d->skip = 0;
}

const char *rc_jpeg_decoder_message(const rc_jpeg_decoder *d) { return d->errors.message; }

rc_jpeg_status rc_jpeg_decoder_begin(rc_jpeg_decoder *d, const uint8_t *data, size_t size,
                                     rc_jpeg_header *header) {
    rc_jpeg_decoder_reset(d);
    d->errors.message[0] = 0;
    d->errors.out_of_memory = d->errors.cannot_suspend = 0;
    d->asked_past_end = 0;
    d->begin = data;
    d->end = d->limit = data + size;
    d->source.next_input_byte = data;
    d->source.bytes_in_buffer = size;
    d->info.err = &d->errors.base;
    if (setjmp(d->errors.escape)) return caught(d);
    jpeg_create_decompress(&d->info);
    d->info.client_data = d;
    d->info.src = &d->source;
    // Pillow lets an image follow that has nothing but tables.
    int read = JPEG_HEADER_TABLES_ONLY;
    while (read == JPEG_HEADER_TABLES_ONLY) read = jpeg_read_header(&d->info, FALSE);
    if (read != JPEG_HEADER_OK || d->asked_past_end) return truncated(d);
    d->scan = d->source.next_input_byte;
    struct jpeg_decompress_struct *info = &d->info;
    if (info->num_components != 1 && info->num_components != 3 && info->num_components != 4)
        return fail(d, RC_JPEG_UNSUPPORTED, "only images of 1, 3 or 4 components are decoded");
    header->width = info->image_width;
    header->height = info->image_height;
    header->components = (uint32_t)info->num_components;
    header->is_progressive = info->progressive_mode;
    return RC_JPEG_OK;
}

static int reserve_rows(rc_jpeg_decoder *d, size_t stride) {
    d->row_stride = stride;
    const size_t size = stride * RC_JPEG_ROWS;
    if (size <= d->capacity) return 1;
    free(d->memory);
    d->capacity = 0;
    d->memory = aligned_alloc(64, size + 64);
    if (!d->memory) return 0;
    memset(d->memory, 0, size + 64);
    d->rows = d->memory + ROW_START;
    d->capacity = size;
    return 1;
}

/// Whether scans are missing, so that libjpeg guesses the low frequencies from neighbouring blocks.
/// Those must be decoded too, then: neither columns nor rows can be left out.
static int smooths_blocks(const struct jpeg_decompress_struct *info) {
    enum { PREDICTED = 9 };  // the coefficients that libjpeg predicts
    if (!info->progressive_mode || !info->coef_bits) return 0;
    for (int c = 0; c < info->num_components; c++)
        for (int i = 1; i <= PREDICTED; i++)
            if (info->coef_bits[c][i] != 0) return 1;
    return 0;
}

/// Whether the first marker in the entropy-coded data, but for restarts, is the end of the image.
/// Then the decoder can neither run out of bytes nor meet anything to refuse.
static int scan_ends_in_eoi(const uint8_t *p, const uint8_t *end) {
    while (p < end && (p = memchr(p, 0xFF, (size_t)(end - p)))) {
        while (p < end && *p == 0xFF) p++;
        if (p == end) return 0;
        if (*p != 0 && !(*p >= 0xD0 && *p <= 0xD7)) return *p == 0xD9;
    }
    return 0;
}

/// Decodes rows into the decoder's buffer. To be called under a live setjmp.
static int read_rows(rc_jpeg_decoder *d, uint32_t count) {
    JSAMPROW rows[RC_JPEG_ROWS];
    for (uint32_t r = 0; r < count; r++) rows[r] = d->rows + r * d->row_stride;
    for (uint32_t done = 0; done < count;) {
        const JDIMENSION read = jpeg_read_scanlines(&d->info, rows + done, count - done);
        if ((read == 0 && !next_block(d)) || d->asked_past_end) return 0;
        done += read;
    }
    return 1;
}

rc_jpeg_status rc_jpeg_decoder_start(rc_jpeg_decoder *d, uint32_t shrink, uint32_t x, uint32_t y,
                                     uint32_t width, uint32_t height) {
    struct jpeg_decompress_struct *info = &d->info;
    const uint32_t full_width = (info->image_width + shrink - 1) / shrink;
    const uint32_t full_height = (info->image_height + shrink - 1) / shrink;
    if (width == 0 || height == 0 || x > full_width || y > full_height ||
        width > full_width - x || height > full_height - y)
        return fail(d, RC_JPEG_INVALID, "the region lies outside the image");
    if (setjmp(d->errors.escape)) return caught(d);
    info->scale_num = 1;
    info->scale_denom = shrink;
    // Everything else is libjpeg's default: accurate integer DCT, fancy upsampling, smoothing.
    info->out_color_space = info->num_components == 4 ? JCS_CMYK : JCS_RGB;
    // Blocks matter to arithmetic coding, whose decoder can't be suspended and fails where one ends,
    // and to what may be met behind the last row. With several scans all is read, and judged, here.
    if (info->arith_code) feed_blocks(d);
    d->is_complete = jpeg_has_multiple_scans(info) || scan_ends_in_eoi(d->scan, d->limit);
    if (!d->is_complete) feed_blocks(d);
    while (!jpeg_start_decompress(info))
        if (!next_block(d)) return truncated(d);
    // Nor can libjpeg be suspended while it leaves rows or columns out.
    const int needs_all = smooths_blocks(info) || (!d->is_complete && !info->arith_code);
    JDIMENSION left = 0, columns = info->output_width;
    if (!needs_all && width < full_width) {
        // One column more on each side: fancy upsampling looks at the neighbours.
        // And never just a few: libjpeg's upsampling isn't made for rows of one or two samples.
        left = x > 0 ? x - 1 : 0;
        uint32_t right = x + width < full_width ? x + width + 1 : full_width;
        if (right - left < LEAST_COLUMNS) {
            right = left + LEAST_COLUMNS < full_width ? left + LEAST_COLUMNS : full_width;
            left = right > LEAST_COLUMNS ? right - LEAST_COLUMNS : 0;
        }
        columns = right - left;
        jpeg_crop_scanline(info, &left, &columns);
    }
    d->skipped_columns = x - left;
    d->rectangle_width = width;
    size_t bytes = (size_t)info->output_width * (size_t)info->output_components;
    if (!reserve_rows(d, (bytes + ROW_PADDING + 63) / 64 * 64))
        return fail(d, RC_JPEG_NO_MEMORY, "no memory for a row of pixels");
    if (needs_all) {
        for (uint32_t row = 0; row < y; row++)
            if (!read_rows(d, 1)) return truncated(d);
    } else if (y > 0 && jpeg_skip_scanlines(info, y) != y) {
        return truncated(d);
    }
    return d->asked_past_end ? truncated(d) : RC_JPEG_OK;
}

/// Pillow's CMYK to RGB, in place; libjpeg gives the samples as they are stored.
static void rgb_from_cmyk(uint8_t *row, uint32_t width) {
    const uint8_t *in = row;
    uint8_t *out = row;
    for (uint32_t i = 0; i < width; i++, in += 4, out += 3) {
        int not_black = in[3];
        uint8_t stored[3] = {in[0], in[1], in[2]};
        for (int c = 0; c < 3; c++) {
            int t = (255 - stored[c]) * not_black + 128;
            int value = not_black - (((t >> 8) + t) >> 8);
            out[c] = (uint8_t)(value < 0 ? 0 : value);
        }
    }
}

rc_jpeg_status rc_jpeg_decoder_next_rows(rc_jpeg_decoder *d, uint32_t count,
                                         const uint8_t **rows) {
    if (setjmp(d->errors.escape)) return caught(d);
    if (count > RC_JPEG_ROWS || count > d->info.output_height - d->info.output_scanline)
        return fail(d, RC_JPEG_INVALID, "asked for more rows than the image has");
    if (!read_rows(d, count)) return truncated(d);
    for (uint32_t r = 0; r < count; r++) {
        uint8_t *first = d->rows + r * d->row_stride +
                         (size_t)d->skipped_columns * (size_t)d->info.output_components;
        if (d->info.output_components == 4) rgb_from_cmyk(first, d->rectangle_width);
        rows[r] = first;
    }
    return RC_JPEG_OK;
}

/// Whether a marker is one of SOF0 to SOF15; DHT, JPG and DAC lie between them.
static int begins_frame(int marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

rc_jpeg_status rc_jpeg_decoder_finish(rc_jpeg_decoder *d) {
    if (d->is_complete) {
        rc_jpeg_decoder_reset(d);
        return RC_JPEG_OK;
    }
    if (setjmp(d->errors.escape)) return caught(d);
    while (d->info.output_scanline < d->info.output_height)
        if (!read_rows(d, 1)) return truncated(d);
    // It may suspend: all lines are out, so that is no failure, but for a second frame: libjpeg-turbo 3.2.0,
    // which Pillow 13.0.0 has, refuses it at its marker, 2.1.5 only once it has read its header.
    if (!jpeg_finish_decompress(&d->info) && begins_frame(d->info.unread_marker))
        return fail(d, RC_JPEG_INVALID, "a second frame begins behind the image");
    rc_jpeg_decoder_reset(d);
    return RC_JPEG_OK;
}
