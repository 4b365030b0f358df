// The inner loops of resampling and normalising. They are C because run-time choice between SIMD
// instruction sets (`__attribute__((target))`) and the multiply-add intrinsics aren't in Swift.
//
// Arithmetic is Pillow's: a coefficient k is a fixed-point number of 22 fraction bits, a sum of
// k * pixel is rounded by adding 2^21, shifted right by 22 and clipped to 0 ... 255. A coefficient
// is stored as two 16-bit halves, k = high * 2048 + low with 0 <= low < 2048, so that both products
// fit multiply-adds of 16-bit lanes: |k| < 2^26 keeps high within 16 bits, and the sums are those of
// Pillow's 32-bit accumulator, also where it would wrap.
#ifndef REDCAPS_CRESAMPLE_H
#define REDCAPS_CRESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

enum {
    /// Readable bytes that must follow a row handed to `horizontal`.
    RC_ROW_PADDING = 128,
    /// Rows that are best handed to it together, and the most that may be.
    RC_ROWS = 4,
};

/// Taps of one axis, padded with zeros to groups of four.
typedef struct {
    uint32_t in_size, out_size;
    uint32_t groups;           // groups of four taps for each output
    const uint32_t *starts;    // [out_size] first input of each output
    const int16_t *taps;       // [out_size][groups][high x 4, low x 4]
} rc_axis;

typedef struct {
    const char *name;
    /// What `horizontal` likes to know of an axis beforehand, or NULL, which does as well.
    void *_Nullable (*_Nullable make_plan)(const rc_axis *axis);
    void (*_Nullable release_plan)(void *_Nullable plan);
    /// Rows of in_size RGB pixels to rows of out_size. `out` has RC_ROW_PADDING spare bytes too.
    void (*horizontal)(const rc_axis *axis, const void *_Nullable plan,
                       const uint8_t *_Nonnull const *_Nonnull in,
                       uint8_t *_Nonnull const *_Nonnull out, uint32_t rows);
    /// One output row from `axis->groups * 4` rows of `count` bytes: the taps of output `index`.
    void (*vertical)(const rc_axis *axis, uint32_t index, const uint8_t *_Nonnull const *_Nonnull rows,
                     uint8_t *out, size_t count);
    /// RGB bytes to three planes of 2 * (v / 255) - 1, rounded as in single precision.
    void (*normalize)(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b);
} rc_kernels;

typedef enum {
    RC_AUTOMATIC = 0,
    RC_PORTABLE = 1,
    RC_AVX2 = 2,
    RC_NEON = 3,
    RC_AVX512 = 4,
} rc_instruction_set;

/// The kernels of an instruction set, or NULL if this processor or build lacks it. Automatic is the
/// fastest of those that can run.
const rc_kernels *_Nullable rc_resample_kernels(rc_instruction_set set);

// Rows of RGB bytes to what a batch holds, besides `normalize`. Types of 16 bits have 256 values for
// the 256 bytes, which come in a table.

/// 2 * (v / 255) - 1 of each byte, in their order.
void rc_store_interleaved_f32(const uint8_t *rgb, size_t pixels, float *out);
/// Bytes to three planes.
void rc_store_planes_u8(const uint8_t *rgb, size_t pixels, uint8_t *r, uint8_t *g, uint8_t *b);
/// Each byte's value, in three planes.
void rc_store_planes_u16(const uint16_t *table, const uint8_t *rgb, size_t pixels, uint16_t *r,
                         uint16_t *g, uint16_t *b);
/// Each byte's value, in their order.
void rc_store_interleaved_u16(const uint16_t *table, const uint8_t *rgb, size_t pixels,
                              uint16_t *out);

#pragma clang assume_nonnull end
#endif
