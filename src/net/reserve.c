/* Address space that costs memory only where it is touched. */
#include "net/reserve.h"

#include <sys/mman.h>

void *linnet_reserve(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* One octet touched in a huge page would make 2 MiB of it. */
    madvise(memory, size, MADV_NOHUGEPAGE);
    return memory;
}

void linnet_unreserve(void *memory, size_t size)
{
    if (memory)
        munmap(memory, size);
}
