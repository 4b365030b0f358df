#include "climit.h"

#include <math.h>
#include <stdlib.h>

enum { FRACTION = 22 };

/// Taps of an axis: for each output, the first input, how many, and their weights.
typedef struct {
    uint32_t *first, *count;
    int32_t *weights;
    uint32_t most;
} taps;

static double bicubic(double x) {
    x = fabs(x);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * -0.5;
    return 0;
}

static void free_taps(taps *t) {
    free(t->first);
    free(t->count);
    free(t->weights);
}

static int plan(taps *t, uint32_t in, uint32_t out) {
    double scale = (double)in / out, stretch = scale < 1 ? 1 : scale, support = 2 * stretch;
    t->most = (uint32_t)ceil(support) * 2 + 1;
    t->first = malloc(out * sizeof *t->first);
    t->count = malloc(out * sizeof *t->count);
    t->weights = malloc((size_t)out * t->most * sizeof *t->weights);
    double *weights = malloc(t->most * sizeof *weights);
    int ok = t->first && t->count && t->weights && weights;
    for (uint32_t i = 0; ok && i < out; i++) {
        double center = (i + 0.5) * scale, sum = 0;
        int from = (int)(center - support + 0.5), to = (int)(center + support + 0.5);
        if (from < 0) from = 0;
        if (to > (int)in) to = (int)in;
        for (int j = from; j < to; j++)
            sum += weights[j - from] = bicubic((j - center + 0.5) / stretch);
        for (int j = from; j < to; j++) {
            double weight = weights[j - from] / sum * (1 << FRACTION);
            t->weights[(size_t)i * t->most + (uint32_t)(j - from)] =
                (int32_t)(weight < 0 ? weight - 0.5 : weight + 0.5);
        }
        t->first[i] = (uint32_t)from;
        t->count[i] = (uint32_t)(to - from);
    }
    free(weights);
    return ok;
}

static uint8_t clip(int32_t sum) {
    sum >>= FRACTION;
    return (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
}

/// `out[line][i][c] = sum of in[line][first + j][c]`, with the strides of a row or a column pass.
static void pass(const taps *t, const uint8_t *in, size_t in_line, size_t in_step, uint8_t *out,
                 size_t out_line, size_t out_step, uint32_t lines, uint32_t outputs) {
    for (uint32_t line = 0; line < lines; line++)
        for (uint32_t i = 0; i < outputs; i++) {
            const uint8_t *source = in + line * in_line + t->first[i] * in_step;
            const int32_t *weights = t->weights + (size_t)i * t->most;
            int32_t r = 1 << (FRACTION - 1), g = r, b = r;
            for (uint32_t j = 0; j < t->count[i]; j++, source += in_step) {
                r += weights[j] * source[0];
                g += weights[j] * source[1];
                b += weights[j] * source[2];
            }
            uint8_t *target = out + line * out_line + i * out_step;
            target[0] = clip(r), target[1] = clip(g), target[2] = clip(b);
        }
}

int climit_resample(const uint8_t *in, uint32_t in_size, uint8_t *out, uint32_t out_size) {
    taps t = {0};
    uint8_t *narrow = malloc((size_t)in_size * out_size * 3);
    int ok = narrow && plan(&t, in_size, out_size);
    if (ok) {
        pass(&t, in, (size_t)in_size * 3, 3, narrow, (size_t)out_size * 3, 3, in_size, out_size);
        pass(&t, narrow, 3, (size_t)out_size * 3, out, 3, (size_t)out_size * 3, out_size, out_size);
    }
    free_taps(&t);
    free(narrow);
    return ok;
}
