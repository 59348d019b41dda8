/* RFC 7641, sections 3.3 and 3.4. */
#include "client/observation.h"

#define SECOND 1000000u
#define HALF ((uint32_t)1 << 23)
#define DEFAULT_MAX_AGE 60u /* RFC 7252 5.10.5 */
#define MOST_DOUBLINGS 5u

/* "(V1 < V2 and V2 - V1 < 2^23) or (V1 > V2 and V1 - V2 > 2^23) or (T2 > T1 + 128 seconds)" */
bool linnet_observation_is_newer(const linnet_observation *observation, uint32_t sequence, uint64_t now)
{
    uint32_t v1 = observation->sequence, v2 = sequence;

    return !observation->any || (v1 < v2 && v2 - v1 < HALF) || (v1 > v2 && v1 - v2 > HALF) ||
           now > observation->arrived + (uint64_t)128 * SECOND;
}

void linnet_observation_take(linnet_observation *observation, uint32_t sequence, uint64_t now)
{
    observation->sequence = sequence;
    observation->arrived = now;
    observation->any = true;
    observation->failures = 0;
}

/* 3.3.1: a random time of 5 to 15 seconds, so that not all clients of a server come at once. */
uint64_t linnet_observation_slack(uint32_t random)
{
    return (uint64_t)5 * SECOND + (((uint64_t)10 * SECOND * (random >> 16)) >> 16);
}

uint64_t linnet_observation_renewal(linnet_bytes options, uint64_t now, uint32_t random)
{
    uint32_t max_age = DEFAULT_MAX_AGE;

    (void)linnet_option_heed_uint(options, LINNET_OPTION_MAX_AGE, &max_age);
    return now + (uint64_t)max_age * SECOND + linnet_observation_slack(random);
}

uint64_t linnet_observation_retry(linnet_observation *observation, uint64_t now, uint32_t random)
{
    uint8_t doublings = observation->failures;

    if (observation->failures < MOST_DOUBLINGS)
        observation->failures++;
    return now + (linnet_observation_slack(random) << doublings);
}
