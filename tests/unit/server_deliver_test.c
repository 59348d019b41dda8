/* How an answer is given: not at all where the client does not want it (RFC 7967), errors as problem details where it
 * accepts them (RFC 9290), and refusals that say why. */
#include "transfer_support.h"

static linnet_code code;
static linnet_deferred deferred;

static void give_code(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    if (linnet_code_is_success(code))
        linnet_reply_code(reply, code);
    else
        linnet_reply_error(reply, code, "because");
}

static void give_late(linnet_request *request, linnet_reply *reply, void *context)
{
    (void)request, (void)context;
    linnet_reply_defer(reply, &deferred);
}

static const linnet_resource_config coded = {.get = give_code, .put = give_code, .post = give_late};

#define NO_RESPONSE(octets) WITH(OPTION(LINNET_OPTION_NO_RESPONSE, octets))
#define PUT(...) TELL(.method = LINNET_PUT, .path = "a", __VA_ARGS__)

static void no_response_suppresses_the_classes_that_its_bits_name(void **state)
{
    static const linnet_code codes[] = {LINNET_CHANGED, LINNET_CONFLICT, LINNET_NOT_IMPLEMENTED};
    static const uint8_t bits[] = {2, 8, 16};

    (void)state;
    add("a", &coded);
    for (unsigned value = 0; value < 32; value++) {
        for (size_t i = 0; i < 3; i++) {
            uint8_t octet = (uint8_t)value;
            test_option option = {true, LINNET_OPTION_NO_RESPONSE, {&octet, value > 0}};
            code = codes[i];
            bool silent = value & bits[i];
            assert_int_equal(PUT(.options = {option})->code, silent ? LINNET_EMPTY : code);
            assert_int_equal(rig.sent, 1); /* an acknowledgement in any case */
            assert_int_equal(rig.first_byte >> 4 & 3, LINNET_ACK);
            assert_int_equal(PUT(.options = {option}, .id = rig.last_id)->code, silent ? LINNET_EMPTY : code);
            PUT(.options = {option}, .non = true);
            assert_int_equal(rig.sent, !silent);
        }
    }
}

static void no_response_of_a_wrong_length_is_ignored(void **state)
{
    (void)state;
    add("a", &coded);
    code = LINNET_CHANGED;
    assert_code(PUT(NO_RESPONSE("\x02\x02")), 2, 04);
}

static void no_response_holds_for_refusals_and_late_answers_but_not_for_continue(void **state)
{
    linnet_answer answer = {.code = LINNET_CHANGED};

    (void)state;
    add("a", &coded);
    code = LINNET_CHANGED;
    TELL(.method = LINNET_GET, .path = "nowhere", .non = true, NO_RESPONSE("\x08"));
    assert_int_equal(rig.sent, 0);
    assert_code(PUT(NO_RESPONSE("\x02"), BLOCK1(0, true, 0), .payload = octets_of(16, 1)), 2, 31);
    assert_int_equal(PUT(NO_RESPONSE("\x02"), BLOCK1(1, false, 0))->code, LINNET_EMPTY);

    TELL(.method = LINNET_POST, .path = "a", .non = true, NO_RESPONSE("\x02"));
    assert_int_equal(linnet_site_answer(&site, rig.endpoint, rig.now, deferred.exchange, &answer), 0);
    assert_int_equal(rig.sent, 0);
    answer.code = LINNET_CONFLICT;
    TELL(.method = LINNET_POST, .path = "a", .non = true, NO_RESPONSE("\x02"));
    assert_int_equal(linnet_site_answer(&site, rig.endpoint, rig.now, deferred.exchange, &answer), 0);
    assert_int_equal(rig.sent, 1);
}

#define ACCEPT_PROBLEM WITH(OPTION(LINNET_OPTION_ACCEPT, "\x01\x01"))

static void an_error_is_a_problem_detail_where_that_is_accepted(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &coded);
    answer = TELL(.method = LINNET_GET, .path = "nowhere", ACCEPT_PROBLEM);
    assert_code(answer, 4, 04);
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), LINNET_PROBLEM_DETAILS);
    assert_text(answer->payload, "\xa1\x20\x69"
                                 "Not Found");
    answer = PUT(ACCEPT_PROBLEM, BLOCK1(1, false, 0));
    assert_code(answer, 4, 8);
    assert_text(answer->payload, "\xa1\x20\x78\x26"
                                 "The blocks before this one are missing" /* 38 */);
}

static void a_diagnostic_is_a_text_for_all_others(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &coded);
    code = LINNET_CONFLICT;
    answer = TELL(.method = LINNET_GET, .path = "a");
    assert_text(answer->payload, "because");
    assert_int_equal(number_of(answer, LINNET_OPTION_CONTENT_FORMAT), -1);
    answer = TELL(.method = LINNET_GET, .path = "a", ACCEPT_PROBLEM);
    assert_text(answer->payload, "\xa1\x20\x67"
                                 "because");
    code = LINNET_CONTENT;
    assert_int_equal(number_of(TELL(.method = LINNET_GET, .path = "a", ACCEPT_PROBLEM), LINNET_OPTION_CONTENT_FORMAT),
                     -1);
}

static void a_problem_detail_has_the_options_of_its_error(void **state)
{
    static const linnet_resource_config bounded = {.stored = true, .writable = true, .max_value_size = 10};
    const test_answer *answer;

    (void)state;
    add("v", &bounded);
    answer = TELL(.method = LINNET_PUT, .path = "v", ACCEPT_PROBLEM, .payload = octets_of(11, 1));
    assert_code(answer, 4, 13);
    assert_int_equal(number_of(answer, LINNET_OPTION_SIZE1), 10);
    assert_text(answer->payload, "\xa1\x20\x78\x18"
                                 "Request Entity Too Large");
}

static void an_unknown_critical_option_is_named(void **state)
{
    const test_answer *answer;

    (void)state;
    add("a", &coded);
    answer = TELL(.method = LINNET_GET, .path = "a", WITH(OPTION(65001, "x")));
    assert_code(answer, 4, 02);
    assert_text(answer->payload, "Unknown or malformed option 65001");
    answer = TELL(.method = LINNET_GET, .path = "a", WITH(OPTION(9, "")));
    assert_text(answer->payload, "Unknown or malformed option 9");
    TELL(.method = LINNET_GET, .path = "a", .non = true, WITH(OPTION(9, "")));
    assert_int_equal(rig.sent, 0);
    reopen_rig(&(linnet_limits){.message_size = 30});
    answer = TELL(.method = LINNET_GET, .path = "a", WITH(OPTION(9, "")));
    assert_code(answer, 4, 02);
    assert_int_equal(answer->payload.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(no_response_suppresses_the_classes_that_its_bits_name),
        RIG_TEST(no_response_of_a_wrong_length_is_ignored),
        RIG_TEST(no_response_holds_for_refusals_and_late_answers_but_not_for_continue),
        RIG_TEST(an_error_is_a_problem_detail_where_that_is_accepted),
        RIG_TEST(a_diagnostic_is_a_text_for_all_others),
        RIG_TEST(a_problem_detail_has_the_options_of_its_error),
        RIG_TEST(an_unknown_critical_option_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
