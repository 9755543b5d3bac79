/*
 * Requests to the mock authentik, one or several of one person, as one of its versions.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mock_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mock_world_walk(SYSTEM_AUTHENTIK, "", data, size);
    return 0;
}
