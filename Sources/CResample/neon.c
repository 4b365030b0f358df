#include "kernels.h"

#if defined(__aarch64__)
#include <arm_neon.h>

/// Adds four taps of three channels: each 32-bit lane is a tap, to be summed across at the end.
static void one_row(const rc_axis *axis, const uint8_t *in, uint8_t *out) {
    const uint32_t groups = axis->groups;
    const int16_t *taps = axis->taps;
    for (uint32_t x = 0; x < axis->out_size; x++) {
        const uint8_t *p = in + (size_t)axis->starts[x] * 3;
        int32x4_t high[3], low[3];
        for (int c = 0; c < 3; c++) high[c] = low[c] = vdupq_n_s32(0);
        for (uint32_t k = 0; k < groups; k++, p += 12, taps += GROUP) {
            // Reads 24 bytes for 12: the row's padding covers the rest.
            uint8x8x3_t pixels = vld3_u8(p);
            int16x4_t h = vld1_s16(taps), l = vld1_s16(taps + 4);
            for (int c = 0; c < 3; c++) {
                int16x4_t v = vget_low_s16(vreinterpretq_s16_u16(vmovl_u8(pixels.val[c])));
                high[c] = vmlal_s16(high[c], v, h);
                low[c] = vmlal_s16(low[c], v, l);
            }
        }
        for (int c = 0; c < 3; c++) {
            uint32_t sum = (uint32_t)vaddvq_s32(vaddq_s32(vshlq_n_s32(high[c], LOW_BITS), low[c]));
            *out++ = clip((int32_t)(sum + (1u << (FRACTION_BITS - 1))));
        }
    }
}

static void horizontal(const rc_axis *axis, const void *plan, const uint8_t *const *in,
                       uint8_t *const *out, uint32_t rows) {
    (void)plan;
    for (uint32_t r = 0; r < rows; r++) one_row(axis, in[r], out[r]);
}

static void vertical(const rc_axis *axis, uint32_t index, const uint8_t *const *rows, uint8_t *out,
                     size_t count) {
    const int16_t *taps = axis->taps + (size_t)index * axis->groups * GROUP;
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        int32x4_t h0 = vdupq_n_s32(0), h1 = h0, l0 = h0, l1 = h0;
        for (uint32_t k = 0; k < axis->groups * 4; k++) {
            const int16_t *group = taps + (size_t)(k / 4) * GROUP + k % 4;
            int16x8_t v = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(rows[k] + i)));
            h0 = vmlal_n_s16(h0, vget_low_s16(v), group[0]);
            h1 = vmlal_n_s16(h1, vget_high_s16(v), group[0]);
            l0 = vmlal_n_s16(l0, vget_low_s16(v), group[4]);
            l1 = vmlal_n_s16(l1, vget_high_s16(v), group[4]);
        }
        const int32x4_t half = vdupq_n_s32(1 << (FRACTION_BITS - 1));
        l0 = vaddq_s32(vaddq_s32(l0, half), vshlq_n_s32(h0, LOW_BITS));
        l1 = vaddq_s32(vaddq_s32(l1, half), vshlq_n_s32(h1, LOW_BITS));
        int16x8_t words = vcombine_s16(
            vqmovn_s32(vshrq_n_s32(l0, FRACTION_BITS)), vqmovn_s32(vshrq_n_s32(l1, FRACTION_BITS)));
        vst1_u8(out + i, vqmovun_s16(words));
    }
    if (i < count) rc_portable_vertical_from(axis, index, rows, out, i, count);
}

static inline void store_plane(uint8x8_t bytes, float *plane) {
    const float32x4_t scale = vdupq_n_f32(255.0f), two = vdupq_n_f32(2.0f), one = vdupq_n_f32(1.0f);
    uint16x8_t words = vmovl_u8(bytes);
    float32x4_t a = vcvtq_f32_u32(vmovl_u16(vget_low_u16(words)));
    float32x4_t b = vcvtq_f32_u32(vmovl_u16(vget_high_u16(words)));
    vst1q_f32(plane, vsubq_f32(vmulq_f32(vdivq_f32(a, scale), two), one));
    vst1q_f32(plane + 4, vsubq_f32(vmulq_f32(vdivq_f32(b, scale), two), one));
}

static void normalize(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b) {
    size_t i = 0;
    for (; i + 8 <= pixels; i += 8, rgb += 24) {
        uint8x8x3_t v = vld3_u8(rgb);
        store_plane(v.val[0], r + i);
        store_plane(v.val[1], g + i);
        store_plane(v.val[2], b + i);
    }
    rc_portable_normalize(rgb, pixels - i, r + i, g + i, b + i);
}

const rc_kernels rc_neon_kernels = {"neon", NULL, NULL, horizontal, vertical, normalize};
#endif
