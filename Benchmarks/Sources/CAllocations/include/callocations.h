// Counts the calls of malloc and its like, in the process that this is linked into.
#ifndef CALLOCATIONS_H
#define CALLOCATIONS_H

/// Allocations since the process began, by all threads, without those that libjpeg makes for its own
/// pool. -1 where they can't be counted.
long callocations_count(void);

#endif
