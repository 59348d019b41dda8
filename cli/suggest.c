/* The distance of two words is how many letters have to be added, removed, changed or swapped with their neighbour
 * (the optimal string alignment distance). */
#include "cli/suggest.h"

#include <string.h>

#define SUGGEST_LONGEST 31

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

static unsigned distance(const char *a, const char *b)
{
    unsigned table[SUGGEST_LONGEST + 1][SUGGEST_LONGEST + 1];
    size_t rows = strlen(a), columns = strlen(b);
    for (size_t i = 0; i <= rows; i++) {
        for (size_t j = 0; j <= columns; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned best = least(table[i - 1][j], table[i][j - 1]) + 1;
            best = least(best, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, table[i - 2][j - 2] + 1);
            table[i][j] = best;
        }
    }
    return table[rows][columns];
}

const char *suggest(const char *typed, const char *const *words, size_t count)
{
    const char *nearest = NULL;
    size_t typed_size = strlen(typed);
    unsigned limit = typed_size < 4 ? 1 : typed_size < 8 ? 2 : 3;
    if (typed_size > SUGGEST_LONGEST)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) > SUGGEST_LONGEST)
            continue;
        unsigned far = distance(typed, words[i]);
        if (far <= limit) {
            nearest = words[i];
            limit = far ? far - 1 : 0;
        }
    }
    return nearest;
}
