/* The store behind the cache: what is found, what makes room for what, in every size of memory. */
#include "client/cache.h"
#include "unit/client_support.h"

enum { KEYS = 32, MOST = 700, LARGE = 1000 };

static uint8_t octets[LARGE];

static void *resize(void *context, void *data, size_t size)
{
    (void)context;
    if (size > 0)
        return realloc(data, size);
    free(data);
    return NULL;
}

static const linnet_memory heap = {resize, NULL};

static linnet_message response_of(uint8_t *options, size_t capacity, unsigned seed, size_t size)
{
    linnet_message message = {.code = LINNET_CONTENT, .payload = {octets, size}};
    linnet_writer writer;

    linnet_writer_begin_options(&writer, options, capacity);
    linnet_writer_option_uint(&writer, LINNET_OPTION_ETAG, seed);
    linnet_writer_option_uint(&writer, LINNET_OPTION_OBSERVE, 5);
    linnet_writer_option_uint(&writer, LINNET_OPTION_MAX_AGE, seed);
    linnet_writer_option_uint(&writer, LINNET_OPTION_BLOCK2, 6);
    linnet_writer_option_uint(&writer, 2056, seed);
    message.options = linnet_view(options, (size_t)linnet_writer_end(&writer));
    fill_pattern(octets, size, seed);
    return message;
}

static void put(linnet_cache *cache, uint64_t key, size_t size)
{
    uint8_t options[64];
    linnet_message message = response_of(options, sizeof options, (unsigned)key, size);

    linnet_cache_put(cache, key, key % 4, &message, 1000, 2000);
}

static uint32_t uint_option(linnet_bytes options, uint16_t number)
{
    linnet_bytes value;

    return linnet_option_get(options, number, 0, &value) ? linnet_option_uint(value) : ABSENT;
}

static void assert_kept(const linnet_cached *entry, uint64_t key, size_t size)
{
    uint8_t options[64];
    size_t options_size;
    linnet_body body = {0};

    fill_pattern(octets, size, (unsigned)key);
    assert_true(linnet_cached_options(entry, options, sizeof options, &options_size));
    assert_int_equal(linnet_cached_copy(entry, linnet_view(options, options_size), &body, &heap), 0);
    assert_int_equal(linnet_body_payload(&body).size, size);
    if (size > 0)
        assert_memory_equal(linnet_body_payload(&body).data, octets, size);
    assert_int_equal(uint_option(linnet_body_options(&body), LINNET_OPTION_ETAG), key);
    assert_int_equal(uint_option(linnet_body_options(&body), LINNET_OPTION_MAX_AGE), key);
    assert_int_equal(uint_option(linnet_body_options(&body), 2056), key);
    assert_int_equal(uint_option(linnet_body_options(&body), LINNET_OPTION_OBSERVE), ABSENT);
    assert_int_equal(uint_option(linnet_body_options(&body), LINNET_OPTION_BLOCK2), ABSENT);
    linnet_body_clear(&body, &heap);
}

static size_t count(const linnet_cache *cache)
{
    size_t entries = 0, chunks = 0;

    for (const linnet_cached *at = cache->newest; at; at = at->older) {
        entries++;
        chunks += 1 + (at->size + LINNET_CACHE_CHUNK - sizeof(void *) - 1) / (LINNET_CACHE_CHUNK - sizeof(void *));
        assert_true(at->older || at == cache->oldest);
    }
    assert_int_equal(chunks, cache->chunks.in_use); /* none is lost, none counted twice */
    assert_true(cache->chunks.in_use <= cache->chunks.limit);
    return entries;
}

static void any_size_of_memory_is_kept_within(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 12000; size = size < 600 ? size + 1 : size + 61) {
        uint8_t *memory = malloc(size + 1); /* the sanitizer sees what goes past it */
        size_t sizes[KEYS];
        linnet_cache cache;
        uint64_t random = size;
        linnet_cache_init(&cache, memory + 0, size);
        for (unsigned i = 0; i < 200; i++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            uint64_t key = (random >> 33) % KEYS;
            linnet_cached *entry = linnet_cache_find(&cache, key);
            if (entry)
                assert_kept(entry, key, sizes[key]);
            sizes[key] = (random >> 40) % MOST;
            put(&cache, key, sizes[key]);
            entry = linnet_cache_find(&cache, key);
            if (entry)
                assert_kept(entry, key, sizes[key]);
            else
                assert_true(size < 1200); /* whatever fits is kept */
            if (linnet_cache_is_on(&cache))
                count(&cache);
        }
        free(memory);
    }
}

static void what_was_not_used_for_the_longest_makes_room(void **state)
{
    /* Eight chunks and their part of the tables: four entries of a chunk each and their own. */
    static _Alignas(8) uint8_t memory[8 * (LINNET_CACHE_CHUNK + sizeof(void *))];
    linnet_cache cache;

    (void)state;
    linnet_cache_init(&cache, memory, sizeof memory);
    for (uint64_t key = 1; key <= 4; key++)
        put(&cache, key, 50);
    assert_int_equal(count(&cache), 4);
    assert_non_null(linnet_cache_find(&cache, 1));
    put(&cache, 5, 50);
    assert_null(linnet_cache_find(&cache, 2));
    assert_non_null(linnet_cache_find(&cache, 1));
    put(&cache, 6, 250); /* four chunks: two entries make room */
    assert_int_equal(count(&cache), 3);
    assert_null(linnet_cache_find(&cache, 3));
    assert_null(linnet_cache_find(&cache, 4));
    assert_non_null(linnet_cache_find(&cache, 5));
    put(&cache, 7, LARGE); /* larger than all */
    assert_int_equal(count(&cache), 3);
    put(&cache, 6, LARGE); /* what it replaces is out of date all the same */
    assert_null(linnet_cache_find(&cache, 6));
    assert_int_equal(count(&cache), 2);
}

static void a_change_makes_all_of_one_resource_stale(void **state)
{
    static _Alignas(8) uint8_t memory[8000];
    linnet_cache cache;

    (void)state;
    linnet_cache_init(&cache, memory, sizeof memory);
    for (uint64_t key = 1; key <= 8; key++)
        put(&cache, key, 10);
    linnet_cache_spoil(&cache, 1, 1500);
    for (uint64_t key = 1; key <= 8; key++)
        assert_int_equal(linnet_cache_find(&cache, key)->stale, key % 4 == 1 ? 1500 : 2000);
    assert_int_equal(cache.changes, 1);
    linnet_cache_spoil(&cache, 1, 1600);
    assert_int_equal(linnet_cache_find(&cache, 1)->stale, 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_size_of_memory_is_kept_within),
        cmocka_unit_test(what_was_not_used_for_the_longest_makes_room),
        cmocka_unit_test(a_change_makes_all_of_one_resource_stale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
