// What indexing is measured against: reads the header of every member of some tars with `pread`,
// adds up their sizes and forgets them. Each thread takes the next tar.
//
//   header-walk THREADS TAR...
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char **tars;
static int tar_count;
static atomic_int next_tar;
static atomic_llong members, bytes;
static atomic_int failures;

static int64_t octal(const unsigned char *field, int width) {
    int64_t value = 0;
    for (int i = 0; i < width && field[i] >= '0' && field[i] <= '7'; i++)
        value = value * 8 + (field[i] - '0');
    return value;
}

static void walk(const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        atomic_fetch_add(&failures, 1);
        return;
    }
#ifdef POSIX_FADV_RANDOM
    posix_fadvise(file, 0, 0, POSIX_FADV_RANDOM);
#endif
    unsigned char block[512];
    off_t offset = 0;
    long long found = 0, size_sum = 0;
    while (pread(file, block, sizeof block, offset) == (ssize_t)sizeof block && block[0] != 0) {
        if (memcmp(block + 257, "ustar", 5) != 0) {
            atomic_fetch_add(&failures, 1);
            break;
        }
        int64_t size = octal(block + 124, 12);
        found += 1;
        size_sum += size;
        offset += 512 + (size + 511) / 512 * 512;
    }
    close(file);
    atomic_fetch_add(&members, found);
    atomic_fetch_add(&bytes, size_sum);
}

static void *work(void *unused) {
    (void)unused;
    for (;;) {
        int tar = atomic_fetch_add(&next_tar, 1);
        if (tar >= tar_count) return NULL;
        walk(tars[tar]);
    }
}

int main(int argc, char **argv) {
    int threads = argc > 2 ? atoi(argv[1]) : 0;
    if (threads < 1 || threads > 256) {
        fprintf(stderr, "usage: header-walk THREADS TAR...\n");
        return 2;
    }
    tars = argv + 2;
    tar_count = argc - 2;
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pthread_t handles[256];
    for (int i = 0; i < threads; i++)
        if (pthread_create(&handles[i], NULL, work, NULL) != 0) return 1;
    for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    printf("{\"members\": %lld, \"bytes\": %lld, \"seconds\": %.6f}\n", (long long)members,
           (long long)bytes, seconds);
    return failures > 0;
}
