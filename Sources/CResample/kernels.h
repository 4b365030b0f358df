#ifndef REDCAPS_CRESAMPLE_KERNELS_H
#define REDCAPS_CRESAMPLE_KERNELS_H

#include "cresample.h"

enum { FRACTION_BITS = 22, LOW_BITS = 11, GROUP = 8 };

static inline uint8_t clip(int32_t sum) {
    int32_t v = sum >> FRACTION_BITS;
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/// The coefficient of tap `k` of an output whose groups begin at `taps`.
static inline int32_t coefficient(const int16_t *taps, uint32_t k) {
    const int16_t *group = taps + (size_t)(k / 4) * GROUP;
    return (int32_t)((uint32_t)group[k % 4] << LOW_BITS) + group[4 + k % 4];
}

/// One row.
void rc_portable_row(const rc_axis *axis, const uint8_t *in, uint8_t *out);
void rc_portable_vertical(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                          uint8_t *out, size_t count);
/// The columns from `from` on, for the ends that SIMD kernels leave over.
void rc_portable_vertical_from(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                               uint8_t *out, size_t from, size_t count);
void rc_portable_normalize(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b);

extern const rc_kernels rc_portable_kernels;
#if defined(__x86_64__)
extern const rc_kernels rc_avx2_kernels;
extern const rc_kernels rc_avx512_kernels;
#endif
#if defined(__aarch64__)
extern const rc_kernels rc_neon_kernels;
#endif

#endif
