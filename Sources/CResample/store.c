#include "cresample.h"

void rc_store_interleaved_f32(const uint8_t *rgb, size_t pixels, float *out) {
    for (size_t i = 0; i < pixels * 3; i++) out[i] = 2 * ((float)rgb[i] / 255.0f) - 1;
}

void rc_store_planes_u8(const uint8_t *rgb, size_t pixels, uint8_t *r, uint8_t *g, uint8_t *b) {
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        r[i] = rgb[0];
        g[i] = rgb[1];
        b[i] = rgb[2];
    }
}

void rc_store_planes_u16(const uint16_t *table, const uint8_t *rgb, size_t pixels, uint16_t *r,
                         uint16_t *g, uint16_t *b) {
    for (size_t i = 0; i < pixels; i++, rgb += 3) {
        r[i] = table[rgb[0]];
        g[i] = table[rgb[1]];
        b[i] = table[rgb[2]];
    }
}

void rc_store_interleaved_u16(const uint16_t *table, const uint8_t *rgb, size_t pixels,
                              uint16_t *out) {
    for (size_t i = 0; i < pixels * 3; i++) out[i] = table[rgb[i]];
}
