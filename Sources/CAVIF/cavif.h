// libavif, and what is written otherwise against its versions 0.11 (Debian 12) and 1: Swift has no
// preprocessor to tell them apart.
#ifndef REDCAPS_CAVIF_H
#define REDCAPS_CAVIF_H

#include <avif/avif.h>

/// The EXIF orientation that an image's turning and mirroring amount to, 1 to 8.
static inline int rc_avif_orientation(const avifImage *image) {
#if AVIF_VERSION_MAJOR >= 1
    const int axis = image->imir.axis;
#else
    const int axis = image->imir.mode;
#endif
    const int mirrored = (image->transformFlags & AVIF_TRANSFORM_IMIR) != 0;
    const int angle = image->transformFlags & AVIF_TRANSFORM_IROT ? image->irot.angle : 0;
    switch (angle) {
        case 1: return !mirrored ? 8 : axis ? 7 : 5;
        case 2: return !mirrored ? 3 : axis ? 4 : 2;
        case 3: return !mirrored ? 6 : axis ? 5 : 7;
        default: return !mirrored ? 1 : axis ? 2 : 4;
    }
}

/// The planes that an image has with samples of 8 bits in place of more, colours cut, alpha
/// rounded. NULL if memory lacks; to be destroyed.
static inline avifImage *rc_avif_image_of_8_bits(const avifImage *image) {
    avifImage *small = avifImageCreate(image->width, image->height, 8, image->yuvFormat);
    if (!small) return NULL;
    small->yuvRange = image->yuvRange;
    small->colorPrimaries = image->colorPrimaries;
    small->transferCharacteristics = image->transferCharacteristics;
    small->matrixCoefficients = image->matrixCoefficients;
    small->alphaPremultiplied = image->alphaPremultiplied;
    avifImageAllocatePlanes(small, image->alphaPlane ? AVIF_PLANES_ALL : AVIF_PLANES_YUV);
    avifPixelFormatInfo format;
    avifGetPixelFormatInfo(image->yuvFormat, &format);
    const uint32_t most = (1u << image->depth) - 1;
    for (int p = 0; p < 4; p++) {
        const int is_alpha = p == 3, is_chroma = p == 1 || p == 2;
        const uint8_t *from = is_alpha ? image->alphaPlane : image->yuvPlanes[p];
        uint8_t *to = is_alpha ? small->alphaPlane : small->yuvPlanes[p];
        if (!from) continue;
        const uint32_t from_step = is_alpha ? image->alphaRowBytes : image->yuvRowBytes[p];
        const uint32_t to_step = is_alpha ? small->alphaRowBytes : small->yuvRowBytes[p];
        const uint32_t x_shift = is_chroma ? (uint32_t)format.chromaShiftX : 0;
        const uint32_t y_shift = is_chroma ? (uint32_t)format.chromaShiftY : 0;
        const uint32_t width = (image->width + x_shift) >> x_shift;
        const uint32_t height = (image->height + y_shift) >> y_shift;
        if (!to || from_step / 2 < width || to_step < width) {
            avifImageDestroy(small);
            return NULL;
        }
        for (uint32_t y = 0; y < height; y++) {
            const uint16_t *in = (const uint16_t *)(const void *)(from + (size_t)y * from_step);
            uint8_t *out = to + (size_t)y * to_step;
            for (uint32_t x = 0; x < width; x++) {
                const uint32_t sample = in[x] < most ? in[x] : most;
                out[x] = (uint8_t)(is_alpha ? (sample * 255 + most / 2) / most
                                            : sample >> (image->depth - 8));
            }
        }
    }
    return small;
}

#endif
