/*
 * Requests to the mock Argo CD, one or several of one person.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mock_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mock_world_walk(SYSTEM_ARGOCD, "", data, size);
    return 0;
}
