/*
 * JSON values as block-style YAML that go-yaml reads back as the same values: a string is plain
 * only if it would not be taken for something else.
 */
#include <assert.h>
#include <string.h>
#include <yaml.h>

#include "harness/base/buf.h"
#include "harness/data/yaml.h"
#include "harness/data/yaml_scalar.h"

static int append(void *ctx, unsigned char *p, size_t n)
{
    buf_add(ctx, p, n);
    return 1;
}

/* Our texts are valid UTF-8, so libyaml makes every event there is memory for. */
static void need(int made)
{
    if (made == 0) {
        mem_exhausted();
    }
}

static void emit(yaml_emitter_t *e, yaml_event_t *event, int made)
{
    need(made);
    int done = yaml_emitter_emit(e, event);
    need(done != 0 || e->error != YAML_MEMORY_ERROR);
    assert(done != 0);
    (void)done;
}

static yaml_scalar_style_t style_of(const char *text)
{
    AUTO(js_free) struct js *read_back = NULL;

    if (strchr(text, '\n')) {
        return YAML_LITERAL_SCALAR_STYLE;
    }
    if (text[0] == '\0' || strcmp(text, "<<") == 0 ||
        yaml_scalar(str_of(text), NULL, true, &read_back, NULL) < 0 ||
        !js_is(read_back, JS_STRING)) {
        return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    }
    return YAML_PLAIN_SCALAR_STYLE;
}

static void print_scalar(yaml_emitter_t *e, const char *text, yaml_scalar_style_t style)
{
    yaml_event_t event;
    unsigned char *copy = (unsigned char *)xstrdup(text);

    int made =
        yaml_scalar_event_initialize(&event, NULL, NULL, copy, (int)strlen(text), 1, 1, style);
    emit(e, &event, made);
    xfree(copy);
}

static void print_value(yaml_emitter_t *e, const struct js *j);

static void print_array(yaml_emitter_t *e, const struct js *j)
{
    yaml_event_t event;
    yaml_sequence_style_t style =
        js_len(j) == 0 ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;

    int made = yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, style);
    emit(e, &event, made);
    for (size_t i = 0; i < js_len(j); i++) {
        print_value(e, js_at(j, i));
    }
    made = yaml_sequence_end_event_initialize(&event);
    emit(e, &event, made);
}

static void print_object(yaml_emitter_t *e, const struct js *j)
{
    yaml_event_t event;
    yaml_mapping_style_t style =
        js_len(j) == 0 ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;

    int made = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, style);
    emit(e, &event, made);
    for (struct js_iter it = js_iter(j); js_next(&it);) {
        print_scalar(e, it.key, style_of(it.key));
        print_value(e, it.value);
    }
    made = yaml_mapping_end_event_initialize(&event);
    emit(e, &event, made);
}

static void print_value(yaml_emitter_t *e, const struct js *j)
{
    if (js_is(j, JS_OBJECT)) {
        print_object(e, j);
    } else if (js_is(j, JS_ARRAY)) {
        print_array(e, j);
    } else if (js_is(j, JS_STRING)) {
        print_scalar(e, js_text(j), style_of(js_text(j)));
    } else {
        AUTO(xfree) char *text = js_compact(j);
        print_scalar(e, text, YAML_PLAIN_SCALAR_STYLE);
    }
}

char *yaml_print(const struct js *j)
{
    AUTO(buf_deinit) struct buf out = {0};
    yaml_emitter_t emitter;
    yaml_event_t event;

    buf_init(&out, BUF_MAX_TEXT);
    need(yaml_emitter_initialize(&emitter));
    yaml_emitter_set_output(&emitter, append, &out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    int made = yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(&emitter, &event, made);
    made = yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1);
    emit(&emitter, &event, made);
    print_value(&emitter, j);
    made = yaml_document_end_event_initialize(&event, 1);
    emit(&emitter, &event, made);
    made = yaml_stream_end_event_initialize(&event);
    emit(&emitter, &event, made);
    yaml_emitter_delete(&emitter);
    return buf_take(&out);
}
