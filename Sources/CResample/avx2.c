#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/// Four taps for three channels, as dwords (tap 0, tap 1), (tap 2, tap 3) of red, green | blue, unused.
AVX2 static inline __m256i spread(const uint8_t *p) {
    const __m256i order = _mm256_setr_epi8(
        0, -1, 3, -1, 6, -1, 9, -1, 1, -1, 4, -1, 7, -1, 10, -1,
        2, -1, 5, -1, 8, -1, 11, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    return _mm256_shuffle_epi8(
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)p)), order);
}

AVX2 static inline __m256i broadcast_taps(const int16_t *p) {
    return _mm256_broadcastq_epi64(_mm_loadl_epi64((const __m128i *)p));
}

/// The sums of one output pixel: r, r, g, g | b, b, 0, 0, each pair still to be added.
AVX2 static inline __m256i pixel_sums(const uint8_t *p, const int16_t *taps, uint32_t groups) {
    __m256i high = _mm256_setzero_si256(), low = high;
    for (uint32_t k = 0; k < groups; k++, p += 12, taps += GROUP) {
        __m256i v = spread(p);
        high = _mm256_add_epi32(high, _mm256_madd_epi16(v, broadcast_taps(taps)));
        low = _mm256_add_epi32(low, _mm256_madd_epi16(v, broadcast_taps(taps + 4)));
    }
    return _mm256_add_epi32(_mm256_slli_epi32(high, LOW_BITS), low);
}

AVX2 static void one_row(const rc_axis *axis, const uint8_t *in, uint8_t *out) {
    const uint32_t groups = axis->groups;
    const size_t step = (size_t)groups * GROUP;
    const int16_t *taps = axis->taps;
    const uint32_t *starts = axis->starts;
    const __m256i half = _mm256_set1_epi32(1 << (FRACTION_BITS - 1));
    // After packing, a lane holds r g of four pixels, or b and zero: put them side by side.
    const __m128i order_rg =
        _mm_setr_epi8(0, 1, -1, 2, 3, -1, 4, 5, -1, 6, 7, -1, -1, -1, -1, -1);
    const __m128i order_b =
        _mm_setr_epi8(-1, -1, 0, -1, -1, 2, -1, -1, 4, -1, -1, 6, -1, -1, -1, -1);
    uint32_t x = 0;
    for (; x + 4 <= axis->out_size; x += 4, taps += 4 * step, out += 12) {
        __m256i s0 = pixel_sums(in + (size_t)starts[x] * 3, taps, groups);
        __m256i s1 = pixel_sums(in + (size_t)starts[x + 1] * 3, taps + step, groups);
        __m256i s2 = pixel_sums(in + (size_t)starts[x + 2] * 3, taps + 2 * step, groups);
        __m256i s3 = pixel_sums(in + (size_t)starts[x + 3] * 3, taps + 3 * step, groups);
        __m256i a = _mm256_hadd_epi32(s0, s1), b = _mm256_hadd_epi32(s2, s3);
        a = _mm256_srai_epi32(_mm256_add_epi32(a, half), FRACTION_BITS);
        b = _mm256_srai_epi32(_mm256_add_epi32(b, half), FRACTION_BITS);
        __m256i words = _mm256_packs_epi32(a, b);
        __m256i bytes = _mm256_packus_epi16(words, words);
        __m128i rgb = _mm_or_si128(
            _mm_shuffle_epi8(_mm256_castsi256_si128(bytes), order_rg),
            _mm_shuffle_epi8(_mm256_extracti128_si256(bytes, 1), order_b));
        _mm_storeu_si128((__m128i *)out, rgb);  // 12 of the 16 bytes count
    }
    if (x < axis->out_size) {
        rc_axis rest = {axis->in_size, axis->out_size - x, groups, starts + x, taps};
        rc_portable_row(&rest, in, out);
    }
}

static void horizontal(const rc_axis *axis, const void *plan, const uint8_t *const *in,
                       uint8_t *const *out, uint32_t rows) {
    (void)plan;
    for (uint32_t r = 0; r < rows; r++) one_row(axis, in[r], out[r]);
}

AVX2 static void vertical(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                          uint8_t *out, size_t count) {
    const uint32_t groups = axis->groups;
    const int16_t *taps = axis->taps + (size_t)index * groups * GROUP;
    const __m256i half = _mm256_set1_epi32(1 << (FRACTION_BITS - 1));
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m256i h0 = _mm256_setzero_si256(), h1 = h0, l0 = h0, l1 = h0;
        for (uint32_t k = 0; k < groups * 2; k++) {
            const int16_t *pair = taps + (size_t)(k / 2) * GROUP + (k % 2) * 2;
            __m256i high = _mm256_broadcastd_epi32(_mm_loadu_si32(pair));
            __m256i low = _mm256_broadcastd_epi32(_mm_loadu_si32(pair + 4));
            __m256i p = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(rows[2 * k] + i)));
            __m256i q = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(rows[2 * k + 1] + i)));
            __m256i v0 = _mm256_unpacklo_epi16(p, q), v1 = _mm256_unpackhi_epi16(p, q);
            h0 = _mm256_add_epi32(h0, _mm256_madd_epi16(v0, high));
            h1 = _mm256_add_epi32(h1, _mm256_madd_epi16(v1, high));
            l0 = _mm256_add_epi32(l0, _mm256_madd_epi16(v0, low));
            l1 = _mm256_add_epi32(l1, _mm256_madd_epi16(v1, low));
        }
        l0 = _mm256_add_epi32(_mm256_add_epi32(l0, half), _mm256_slli_epi32(h0, LOW_BITS));
        l1 = _mm256_add_epi32(_mm256_add_epi32(l1, half), _mm256_slli_epi32(h1, LOW_BITS));
        __m256i words = _mm256_packs_epi32(
            _mm256_srai_epi32(l0, FRACTION_BITS), _mm256_srai_epi32(l1, FRACTION_BITS));
        __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(words, words), 0x08);
        _mm_storeu_si128((__m128i *)(out + i), _mm256_castsi256_si128(bytes));
    }
    if (i < count) rc_portable_vertical_from(axis, index, rows, out, i, count);
}

AVX2 static inline void store_plane(__m128i bytes, float *plane) {
    const __m256 scale = _mm256_set1_ps(255.0f), two = _mm256_set1_ps(2.0f),
                 one = _mm256_set1_ps(1.0f);
    __m256 a = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes));
    __m256 b = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)));
    // Divided, not multiplied by a reciprocal, which would differ for 111 of the 256 values.
    _mm256_storeu_ps(plane, _mm256_sub_ps(_mm256_mul_ps(_mm256_div_ps(a, scale), two), one));
    _mm256_storeu_ps(plane + 8, _mm256_sub_ps(_mm256_mul_ps(_mm256_div_ps(b, scale), two), one));
}

AVX2 static void normalize(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b) {
#define PICK(m0, m1, m2)                                                        \
    _mm_or_si128(_mm_or_si128(_mm_shuffle_epi8(v0, m0), _mm_shuffle_epi8(v1, m1)), \
                 _mm_shuffle_epi8(v2, m2))
    const __m128i r0 = _mm_setr_epi8(0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i r1 = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14, -1, -1, -1, -1, -1);
    const __m128i r2 = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1, 4, 7, 10, 13);
    const __m128i g0 = _mm_setr_epi8(1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i g1 = _mm_setr_epi8(-1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15, -1, -1, -1, -1, -1);
    const __m128i g2 = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 2, 5, 8, 11, 14);
    const __m128i b0 = _mm_setr_epi8(2, 5, 8, 11, 14, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m128i b1 = _mm_setr_epi8(-1, -1, -1, -1, -1, 1, 4, 7, 10, 13, -1, -1, -1, -1, -1, -1);
    const __m128i b2 = _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 3, 6, 9, 12, 15);
    size_t i = 0;
    for (; i + 16 <= pixels; i += 16, rgb += 48) {
        __m128i v0 = _mm_loadu_si128((const __m128i *)rgb);
        __m128i v1 = _mm_loadu_si128((const __m128i *)(rgb + 16));
        __m128i v2 = _mm_loadu_si128((const __m128i *)(rgb + 32));
        store_plane(PICK(r0, r1, r2), r + i);
        store_plane(PICK(g0, g1, g2), g + i);
        store_plane(PICK(b0, b1, b2), b + i);
    }
#undef PICK
    rc_portable_normalize(rgb, pixels - i, r + i, g + i, b + i);
}

const rc_kernels rc_avx2_kernels = {"avx2", NULL, NULL, horizontal, vertical, normalize};
#endif
