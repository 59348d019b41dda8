/* Things in the order of their last use, linked through themselves: what was used longest ago is the first to go. */
#ifndef LINNET_ENGINE_AGES_H
#define LINNET_ENGINE_AGES_H

typedef struct linnet_age {
    struct linnet_age *older;
    struct linnet_age *newer;
} linnet_age;

/* Zeroed is empty. */
typedef struct linnet_ages {
    linnet_age *oldest;
    linnet_age *newest;
} linnet_ages;

/* As the newest. */
static inline void linnet_ages_add(linnet_ages *ages, linnet_age *age)
{
    age->older = ages->newest;
    age->newer = 0;
    *(ages->newest ? &ages->newest->newer : &ages->oldest) = age;
    ages->newest = age;
}

static inline void linnet_ages_remove(linnet_ages *ages, linnet_age *age)
{
    *(age->older ? &age->older->newer : &ages->oldest) = age->newer;
    *(age->newer ? &age->newer->older : &ages->newest) = age->older;
}

#endif
