#include "kernels.h"

const rc_kernels *rc_resample_kernels(rc_instruction_set set) {
#if defined(__x86_64__)
    if ((set == RC_AVX512 || set == RC_AUTOMATIC) && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni"))
        return &rc_avx512_kernels;
    if ((set == RC_AVX2 || set == RC_AUTOMATIC) && __builtin_cpu_supports("avx2"))
        return &rc_avx2_kernels;
#endif
#if defined(__aarch64__)
    if (set == RC_NEON || set == RC_AUTOMATIC) return &rc_neon_kernels;
#endif
    if (set == RC_PORTABLE || set == RC_AUTOMATIC) return &rc_portable_kernels;
    return 0;
}
