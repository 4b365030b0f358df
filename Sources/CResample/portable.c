#include "kernels.h"

void rc_portable_row(const rc_axis *axis, const uint8_t *in, uint8_t *out) {
    const uint32_t count = axis->groups * 4;
    const int16_t *taps = axis->taps;
    for (uint32_t x = 0; x < axis->out_size; x++, taps += (size_t)axis->groups * GROUP) {
        const uint8_t *p = in + (size_t)axis->starts[x] * 3;
        uint32_t r = 1u << (FRACTION_BITS - 1), g = r, b = r;
        for (uint32_t k = 0; k < count; k++, p += 3) {
            uint32_t w = (uint32_t)coefficient(taps, k);
            r += w * p[0];
            g += w * p[1];
            b += w * p[2];
        }
        *out++ = clip((int32_t)r);
        *out++ = clip((int32_t)g);
        *out++ = clip((int32_t)b);
    }
}

static void horizontal(const rc_axis *axis, const void *plan, const uint8_t *const *in,
                       uint8_t *const *out, uint32_t rows) {
    (void)plan;
    for (uint32_t r = 0; r < rows; r++) rc_portable_row(axis, in[r], out[r]);
}

void rc_portable_vertical_from(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                               uint8_t *out, size_t from, size_t count) {
    const int16_t *taps = axis->taps + (size_t)index * axis->groups * GROUP;
    for (size_t i = from; i < count; i++) {
        uint32_t sum = 1u << (FRACTION_BITS - 1);
        for (uint32_t k = 0; k < axis->groups * 4; k++)
            sum += (uint32_t)coefficient(taps, k) * rows[k][i];
        out[i] = clip((int32_t)sum);
    }
}

void rc_portable_vertical(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                          uint8_t *out, size_t count) {
    rc_portable_vertical_from(axis, index, rows, out, 0, count);
}

void rc_portable_normalize(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b) {
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        r[i] = 2 * ((float)rgb[0] / 255.0f) - 1;
        g[i] = 2 * ((float)rgb[1] / 255.0f) - 1;
        b[i] = 2 * ((float)rgb[2] / 255.0f) - 1;
    }
}

const rc_kernels rc_portable_kernels = {
    "portable", NULL, NULL, horizontal, rc_portable_vertical, rc_portable_normalize};
