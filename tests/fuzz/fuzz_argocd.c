/*
 * Requests to the mock argocd.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mock_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mock_world_ask(SYSTEM_ARGOCD, "", data, size);
    return 0;
}
