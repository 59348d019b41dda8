/* The small machines that calls are made of, each by itself. */
#include "client/body.h"
#include "client/download.h"
#include "client/upload.h"
#include "client/weave.h"

#include "unit/client_support.h"

static void options_are_woven_in_order(void **state)
{
    uint8_t buffer[64];
    linnet_extras extras = {0};
    linnet_bytes woven;

    (void)state;
    linnet_extras_add_uint(&extras, LINNET_OPTION_OBSERVE, 0);
    linnet_extras_add_uint(&extras, LINNET_OPTION_BLOCK2, 6);
    linnet_extras_add(&extras, LINNET_OPTION_ECHO, linnet_text("e"));
    /* Uri-Host "h", Uri-Path "p", Accept 0 */
    assert_int_equal(linnet_weave(linnet_view("\x31h\x81p\x60", 5), &extras, buffer, sizeof buffer, &woven), 0);
    assert_int_equal(woven.size, 11);
    assert_memory_equal(woven.data,
                        "\x31h\x30\x51p\x60\x61\x06\xd1\xd8"
                        "e",
                        11);
    assert_int_equal(linnet_weave(linnet_view("\x31h\x81p\x60", 5), &extras, buffer, 10, &woven), LINNET_ENOSPC);
}

static void without_extras_nothing_is_copied(void **state)
{
    static const uint8_t options[] = {0x31, 'h'};
    linnet_extras extras = {0};
    linnet_bytes woven;

    (void)state;
    assert_int_equal(linnet_weave(linnet_view(options, 2), &extras, NULL, 0, &woven), 0);
    assert_ptr_equal(woven.data, options);
}

static void number_of_a_block_ends_at_20_bits(void **state)
{
    linnet_upload upload;
    linnet_download download;
    uint32_t value;
    bool fits;

    (void)state;
    linnet_upload_begin(&upload, 0);
    upload.offset = (uint64_t)0xfffff << 4;
    linnet_upload_sent(&upload, 16, true);
    assert_true(linnet_upload_option(&upload, &value, &fits));
    assert_true(fits);
    assert_int_equal(value, 0xfffff8);
    upload.offset += 16;
    assert_true(linnet_upload_option(&upload, &value, &fits));
    assert_false(fits);
    linnet_download_begin(&download, (uint64_t)0xfffff << 10, 6, true);
    assert_true(linnet_download_option(&download, &value));
    linnet_download_begin(&download, (uint64_t)1 << 30, 6, true);
    assert_false(linnet_download_option(&download, &value));
}

static void last_block_may_be_empty(void **state)
{
    linnet_upload upload;
    linnet_block taken = {.number = 0, .more = true, .szx = 2};
    uint32_t value;
    bool fits;

    (void)state;
    linnet_upload_begin(&upload, 2);
    linnet_upload_sent(&upload, 64, true);
    assert_int_equal(linnet_upload_response(&upload, LINNET_CONTINUE, &taken), LINNET_UPLOAD_NEXT);
    linnet_upload_sent(&upload, 0, false);
    assert_true(linnet_upload_option(&upload, &value, &fits));
    assert_int_equal(value, 0x12);
    assert_int_equal(linnet_upload_response(&upload, LINNET_CHANGED, NULL), LINNET_UPLOAD_FINAL);
}

static void *resize(void *context, void *data, size_t size)
{
    (void)context;
    if (size == 0)
        free(data);
    return size ? realloc(data, size) : NULL;
}

static void body_keeps_the_options_that_are_not_of_the_transfer(void **state)
{
    linnet_memory memory = {.resize = resize};
    linnet_body body = {0};
    linnet_bytes value;

    (void)state;
    /* ETag "a", Content-Format 0, Block2 */
    assert_int_equal(linnet_body_begin(&body, &memory,
                                       linnet_view("\x41"
                                                   "a\x80\xb1\x0e",
                                                   5)),
                     0);
    assert_false(linnet_option_get(linnet_body_options(&body), LINNET_OPTION_BLOCK2, 0, &value));
    assert_true(linnet_option_get(linnet_body_options(&body), LINNET_OPTION_CONTENT_FORMAT, 0, &value));
    assert_int_equal(linnet_body_append(&body, &memory, linnet_text("1234"), 10), 0);
    assert_int_equal(linnet_body_append(&body, &memory, linnet_text("567890"), 10), 0);
    assert_int_equal(linnet_body_append(&body, &memory, linnet_text("1"), 10), LINNET_ETOOBIG);
    assert_true(linnet_bytes_equal(linnet_body_payload(&body), linnet_text("1234567890")));
    linnet_body_clear(&body, &memory);
    assert_null(body.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_woven_in_order),
        cmocka_unit_test(without_extras_nothing_is_copied),
        cmocka_unit_test(number_of_a_block_ends_at_20_bits),
        cmocka_unit_test(last_block_may_be_empty),
        cmocka_unit_test(body_keeps_the_options_that_are_not_of_the_transfer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
