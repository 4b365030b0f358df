#include "kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdlib.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vnni")))

// A row is made sixteen bytes at a time, whatever pixels and channels they belong to: each lane of
// 32 bits adds up one byte, two taps with each multiply-add. A permutation fetches the inputs.

enum {
    LANES = 16,
    CHUNK = 4,          // pairs of taps for which the same input vectors are permuted
    NARROW = 64, WIDE = 128,
    PAIR_BYTES = 6,     // from a pair of taps to the next
};

/// Sixteen bytes of a row: where their inputs lie, and the halves of their coefficients.
typedef struct {
    uint8_t index[64];  // of the first pair's inputs, from the block's base
    int16_t taps[];     // [pairs][high 32, low 32]
} block;

/// What the kernel wants to know of an axis.
typedef struct {
    uint32_t blocks, pairs;
    int is_wide;        // inputs of a block span more than one vector
    size_t stride;
    uint32_t *bases;    // [blocks] byte of a row from which a block's inputs are counted
    uint8_t *memory;    // [blocks] of `stride` bytes
} plan;

static void release(void *memory) {
    plan *p = memory;
    if (!p) return;
    free(p->bases);
    free(p->memory);
    free(p);
}

static block *block_at(const plan *p, uint32_t b) {
    return (block *)(void *)(p->memory + p->stride * b);
}

/// Fills in a block. Returns 0 if its inputs lie too far apart.
static int fill(plan *p, uint32_t b, const rc_axis *axis) {
    block *k = block_at(p, b);
    const uint32_t first = b * LANES, end = axis->out_size * 3;
    uint32_t least = UINT32_MAX;
    for (uint32_t v = first; v < first + LANES && v < end; v++)
        if (axis->starts[v / 3] < least) least = axis->starts[v / 3];
    p->bases[b] = least * 3;
    for (uint32_t j = 0; j < LANES; j++) {
        const uint32_t v = first + j, x = v < end ? v / 3 : 0;
        const size_t at = v < end ? (size_t)(axis->starts[x] - least) * 3 + v % 3 : 0;
        const size_t last = at + 3 + PAIR_BYTES * (CHUNK - 1);
        if (last >= WIDE) return 0;
        if (last >= NARROW) p->is_wide = 1;
        k->index[4 * j] = (uint8_t)at;
        k->index[4 * j + 2] = (uint8_t)(at + 3);
        k->index[4 * j + 1] = k->index[4 * j + 3] = 0;
        for (uint32_t tap = 0; tap < p->pairs * 2; tap++) {
            const int16_t *group = axis->taps + ((size_t)x * axis->groups + tap / 4) * GROUP + tap % 4;
            int16_t *pair = k->taps + (size_t)(tap / 2) * 64 + 2 * j + tap % 2;
            pair[0] = v < end ? group[0] : 0;
            pair[32] = v < end ? group[4] : 0;
        }
    }
    return 1;
}

static void *make_plan(const rc_axis *axis) {
    plan *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->pairs = axis->groups * 2;
    p->blocks = (axis->out_size * 3 + LANES - 1) / LANES;
    p->stride = sizeof(block) + (size_t)p->pairs * 128;
    p->bases = calloc(p->blocks, sizeof *p->bases);
    p->memory = aligned_alloc(64, p->stride * p->blocks);
    int fits = p->bases && p->memory;
    for (uint32_t b = 0; fits && b < p->blocks; b++) fits = fill(p, b, axis);
    if (fits) return p;
    release(p);
    return NULL;
}

AVX512 static inline __m512i pick(__m512i a, __m512i b, __m512i index, int is_wide) {
    const __mmask64 even = 0x5555555555555555;
    return is_wide ? _mm512_maskz_permutex2var_epi8(even, a, index, b)
                   : _mm512_maskz_permutexvar_epi8(even, index, a);
}

AVX512 static inline __m128i finished(__m512i high, __m512i low) {
    const __m512i half = _mm512_set1_epi32(1 << (FRACTION_BITS - 1));
    __m512i sum = _mm512_add_epi32(_mm512_add_epi32(low, half), _mm512_slli_epi32(high, LOW_BITS));
    sum = _mm512_srai_epi32(sum, FRACTION_BITS);
    return _mm512_cvtusepi32_epi8(_mm512_max_epi32(sum, _mm512_setzero_si512()));
}

/// `count` rows at a time, so that a block's coefficients are loaded once for all of them. To be
/// inlined with constants.
AVX512 __attribute__((always_inline)) static inline void rows_of(
    const plan *p, const uint8_t *const *in, uint8_t *const *out, const int count,
    const int is_wide) {
    const __m512i step = _mm512_set1_epi8(PAIR_BYTES);
    for (uint32_t b = 0; b < p->blocks; b++) {
        const block *k = block_at(p, b);
        const int16_t *taps = k->taps;
        __m512i high[RC_ROWS], low[RC_ROWS];
        for (int r = 0; r < count; r++) high[r] = low[r] = _mm512_setzero_si512();
        for (uint32_t done = 0; done < p->pairs; done += CHUNK) {
            __m512i index = _mm512_load_si512(k->index), a[RC_ROWS], z[RC_ROWS];
            for (int r = 0; r < count; r++) {
                const uint8_t *from = in[r] + p->bases[b] + (size_t)done * PAIR_BYTES;
                a[r] = _mm512_loadu_si512(from);
                z[r] = is_wide ? _mm512_loadu_si512(from + NARROW) : a[r];
            }
            const uint32_t end = p->pairs - done < CHUNK ? p->pairs - done : CHUNK;
            for (uint32_t q = 0; q < end; q++, taps += 64) {
                const __m512i h = _mm512_load_si512(taps), l = _mm512_load_si512(taps + 32);
                for (int r = 0; r < count; r++) {
                    const __m512i v = pick(a[r], z[r], index, is_wide);
                    high[r] = _mm512_dpwssd_epi32(high[r], v, h);
                    low[r] = _mm512_dpwssd_epi32(low[r], v, l);
                }
                index = _mm512_add_epi8(index, step);
            }
        }
        for (int r = 0; r < count; r++)
            _mm_storeu_si128((__m128i *)(void *)(out[r] + (size_t)b * LANES),
                             finished(high[r], low[r]));
    }
}

AVX512 static void horizontal(const rc_axis *axis, const void *memory, const uint8_t *const *in,
                              uint8_t *const *out, uint32_t count) {
    const plan *p = memory;
    if (!p) {
        rc_avx2_kernels.horizontal(axis, NULL, in, out, count);
    } else if (count == RC_ROWS) {
        if (p->is_wide) rows_of(p, in, out, RC_ROWS, 1);
        else rows_of(p, in, out, RC_ROWS, 0);
    } else {
        for (uint32_t r = 0; r < count; r++) {
            if (p->is_wide) rows_of(p, in + r, out + r, 1, 1);
            else rows_of(p, in + r, out + r, 1, 0);
        }
    }
}

AVX512 static void vertical(const rc_axis *axis, uint32_t index, const uint8_t *const *rows,
                            uint8_t *out, size_t count) {
    const int16_t *taps = axis->taps + (size_t)index * axis->groups * GROUP;
    const __m512i half = _mm512_set1_epi32(1 << (FRACTION_BITS - 1));
    const __m512i zero = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += 64) {
        const __mmask64 kept = count - i >= 64 ? ~0ull : (1ull << (count - i)) - 1;
        __m512i high[4], low[4];
        for (int j = 0; j < 4; j++) high[j] = zero, low[j] = half;
        for (uint32_t k = 0; k < axis->groups * 2; k++) {
            const int16_t *pair = taps + (size_t)(k / 2) * GROUP + (k % 2) * 2;
            int32_t halves[2];
            __builtin_memcpy(&halves[0], pair, 4);
            __builtin_memcpy(&halves[1], pair + 4, 4);
            const __m512i h = _mm512_set1_epi32(halves[0]), l = _mm512_set1_epi32(halves[1]);
            const __m512i a = _mm512_maskz_loadu_epi8(kept, rows[2 * k] + i);
            const __m512i b = _mm512_maskz_loadu_epi8(kept, rows[2 * k + 1] + i);
            const __m512i first = _mm512_unpacklo_epi8(a, b), second = _mm512_unpackhi_epi8(a, b);
            const __m512i v[4] = {
                _mm512_unpacklo_epi8(first, zero), _mm512_unpackhi_epi8(first, zero),
                _mm512_unpacklo_epi8(second, zero), _mm512_unpackhi_epi8(second, zero)};
            for (int j = 0; j < 4; j++) {
                high[j] = _mm512_dpwssd_epi32(high[j], v[j], h);
                low[j] = _mm512_dpwssd_epi32(low[j], v[j], l);
            }
        }
        for (int j = 0; j < 4; j++) {
            low[j] = _mm512_add_epi32(low[j], _mm512_slli_epi32(high[j], LOW_BITS));
            low[j] = _mm512_srai_epi32(low[j], FRACTION_BITS);
        }
        const __m512i bytes = _mm512_packus_epi16(
            _mm512_packs_epi32(low[0], low[1]), _mm512_packs_epi32(low[2], low[3]));
        _mm512_mask_storeu_epi8(out + i, kept, bytes);
    }
}

/// `2 * (v / 255) - 1`, each step rounded. The quotient is the correctly rounded one for every byte (as
/// tests try): a product with the reciprocal alone would differ for 111 of the 256.
AVX512 static __m512 normalized(__m512 v) {
    const __m512 divisor = _mm512_set1_ps(255.0f), reciprocal = _mm512_set1_ps(1.0f / 255.0f);
    const __m512 estimate = _mm512_mul_ps(v, reciprocal);
    const __m512 rest = _mm512_fnmadd_ps(estimate, divisor, v);
    const __m512 quotient = _mm512_fmadd_ps(rest, reciprocal, estimate);
    return _mm512_fmsub_ps(quotient, _mm512_set1_ps(2.0f), _mm512_set1_ps(1.0f));
}

AVX512 static void normalize(const uint8_t *rgb, size_t pixels, float *r, float *g, float *b) {
    const __mmask64 lowest = 0x1111111111111111;
    uint8_t thirds[64] = {0};
    for (int i = 0; i < LANES; i++) thirds[4 * i] = (uint8_t)(3 * i);
    __m512i index[3];
    for (int c = 0; c < 3; c++)
        index[c] = _mm512_add_epi8(_mm512_loadu_si512(thirds), _mm512_set1_epi8((char)c));
    float *const planes[3] = {r, g, b};
    size_t i = 0;
    for (; i + LANES <= pixels; i += LANES, rgb += 3 * LANES) {
        const __m512i v = _mm512_maskz_loadu_epi8((1ull << (3 * LANES)) - 1, rgb);
        for (int c = 0; c < 3; c++) {
            _mm512_storeu_ps(
                planes[c] + i,
                normalized(_mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi8(lowest, index[c], v))));
        }
    }
    if (i < pixels) {
        const __mmask16 kept = (__mmask16)((1u << (pixels - i)) - 1);
        const __m512i v = _mm512_maskz_loadu_epi8((1ull << (3 * (pixels - i))) - 1, rgb);
        for (int c = 0; c < 3; c++)
            _mm512_mask_storeu_ps(
                planes[c] + i, kept,
                normalized(
                    _mm512_cvtepi32_ps(_mm512_maskz_permutexvar_epi8(lowest, index[c], v))));
    }
}

const rc_kernels rc_avx512_kernels = {
    "avx512", make_plan, release, horizontal, vertical, normalize};
#endif
