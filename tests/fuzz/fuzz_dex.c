/*
 * Requests to the mock Dex, below the path it serves under, one or several of one person. Straight
 * to Dex, not through Argo CD's proxy: that is a request to the mock Argo CD.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mock_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mock_world_walk(SYSTEM_DEX, "/api/dex", data, size);
    return 0;
}
