// The part of libjpeg that Swift can't call: its API is made of macros over a struct whose size is
// checked at run time, and it reports errors by longjmp. Every function here catches that jump, so
// no error of libjpeg leaves C, and no callback runs Swift code.
#ifndef REDCAPS_CJPEG_H
#define REDCAPS_CJPEG_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum {
    RC_JPEG_OK = 0,
    RC_JPEG_TRUNCATED = 1,    // the file ends before the last scan line
    RC_JPEG_INVALID = 2,      // libjpeg refuses it; see rc_jpeg_decoder_message
    RC_JPEG_UNSUPPORTED = 3,  // valid, but of a kind that isn't decoded; see the message
    RC_JPEG_NO_MEMORY = 4,
} rc_jpeg_status;

typedef struct {
    uint32_t width, height;
    uint32_t components;      // 1 gray, 3 colour, 4 CMYK or YCCK
    int is_progressive;
} rc_jpeg_header;

typedef struct rc_jpeg_decoder rc_jpeg_decoder;

rc_jpeg_decoder *_Nullable rc_jpeg_decoder_create(void);
void rc_jpeg_decoder_destroy(rc_jpeg_decoder *decoder);

/// Reads the header of a JPEG of `size` bytes. `data` must stay where it is until the decoder is
/// reset or begins another image.
rc_jpeg_status rc_jpeg_decoder_begin(rc_jpeg_decoder *decoder, const uint8_t *data, size_t size,
                                     rc_jpeg_header *header);

/// Starts decoding the rectangle, which must lie inside the image and not be empty. The image is
/// shrunk by 1, 2, 4 or 8 while it is decoded, its edges rounded up; the rectangle is one of the
/// shrunk image.
rc_jpeg_status rc_jpeg_decoder_start(rc_jpeg_decoder *decoder, uint32_t shrink, uint32_t x,
                                     uint32_t y, uint32_t width, uint32_t height);

enum { RC_JPEG_ROWS = 4 };

/// The next `count` rows of the rectangle, at most RC_JPEG_ROWS and no more than are left: `width`
/// RGB pixels each, followed by at least 128 readable bytes, valid until the next call.
rc_jpeg_status rc_jpeg_decoder_next_rows(rc_jpeg_decoder *decoder, uint32_t count,
                                         const uint8_t *_Nullable *_Nonnull rows);

/// Ends the image: refuses it when it is too short for its last scan line, wherever the rectangle
/// ended, or when libjpeg refuses what follows the scan. Decodes the remaining rows only if it must.
rc_jpeg_status rc_jpeg_decoder_finish(rc_jpeg_decoder *decoder);

/// Forgets the image at hand. The decoder can be used again.
void rc_jpeg_decoder_reset(rc_jpeg_decoder *decoder);

/// What libjpeg said of the last failure.
const char *rc_jpeg_decoder_message(const rc_jpeg_decoder *decoder);

typedef struct {
    int quality;               // 1 ... 100
    int h_sampling, v_sampling;  // of luma against chroma: 1x1 is 4:4:4, 2x2 is 4:2:0
    int is_progressive, is_grayscale, optimizes_coding;
    uint32_t restart_interval;   // in MCUs, 0 for none
} rc_jpeg_options;

typedef struct rc_jpeg_encoder rc_jpeg_encoder;

rc_jpeg_encoder *_Nullable rc_jpeg_encoder_create(void);
void rc_jpeg_encoder_destroy(rc_jpeg_encoder *encoder);

/// Begins an image, whatever became of the last one.
rc_jpeg_status rc_jpeg_encoder_begin(rc_jpeg_encoder *encoder, uint32_t width, uint32_t height,
                                     const rc_jpeg_options *options);

/// Adds a segment of metadata, before the first row: at most 65533 bytes.
rc_jpeg_status rc_jpeg_encoder_segment(rc_jpeg_encoder *encoder, int marker, const uint8_t *body,
                                       size_t size);

/// Adds a colour profile, before the first row.
rc_jpeg_status rc_jpeg_encoder_profile(rc_jpeg_encoder *encoder, const uint8_t *profile,
                                       size_t size);

/// Encodes the next row: `width` RGB pixels.
rc_jpeg_status rc_jpeg_encoder_row(rc_jpeg_encoder *encoder, const uint8_t *rgb);

/// Ends the image. The file stays the encoder's, until it begins another one.
rc_jpeg_status rc_jpeg_encoder_finish(rc_jpeg_encoder *encoder,
                                      const uint8_t *_Nullable *_Nonnull out, size_t *size);

/// What libjpeg said of the last failure.
const char *rc_jpeg_encoder_message(const rc_jpeg_encoder *encoder);

#pragma clang assume_nonnull end
#endif
