/*
 * Scenario files: what is accepted has a title and steps that expect something; what is refused has
 * a place in the file.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/run/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(scenario_free) struct scenario *s = NULL;
    struct err err = {0};
    char path[64];
    int fd = memfd_create("scenario", MFD_CLOEXEC);

    assert(fd >= 0);
    ssize_t written = write(fd, data, size);
    assert(written == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (scenario_load(path, "fuzz", run_vocabulary(), &s, &err) == 0) {
        assert(s->title && s->title[0] != '\0' && s->steps_len > 0);
        for (size_t i = 0; i < s->steps_len; i++) {
            assert(s->steps[i].kind != SCENARIO_LOGIN ||
                   (s->steps[i].as && s->steps[i].via && s->steps[i].expect.present));
        }
    } else {
        assert(err.msg[0] != '\0');
        assert(err.code != ERR_USAGE || strcmp(err.file, path) == 0);
    }
    close(fd);
    return 0;
}
