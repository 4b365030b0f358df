// What RedCaps is measured against: libjpeg-turbo with nothing around it, and Pillow's arithmetic
// written down loop by loop.
#ifndef CLIMIT_H
#define CLIMIT_H

#include <stddef.h>
#include <stdint.h>

/// Decodes a JPEG to RGB (or gray, or CMYK) rows and forgets them. With `side` above 0 only a square
/// of that side, `offset` pixels from the left of a wide image or the top of a tall one, is decoded.
/// Returns the number of rows, 0 for a file that libjpeg refuses.
uint32_t climit_decode(const uint8_t *jpeg, size_t size, uint32_t side, uint32_t offset);

/// Resamples a square of `in_size` RGB pixels to one of `out_size`: bicubic, 22-bit fixed point, a
/// plain loop for each pass. Returns 0 if there is no memory.
int climit_resample(const uint8_t *in, uint32_t in_size, uint8_t *out, uint32_t out_size);

#endif
