/*
 * Terraform files: a text is read whole or refused with its place, and what is read says where each
 * part of it stands.
 */
#include "tests/fuzz/fuzz.h"

#include "harness/data/hcl.h"

#define MAX_INPUT 65536

static void check_expr(const struct hcl_expr *e)
{
    assert(e->line > 0 && e->column > 0);
    assert(e->kind != HCL_OBJECT || e->len % 2 == 0);
    assert((e->kind == HCL_TEXT || e->kind == HCL_OTHER) ==
           (e->text != NULL && e->len == 0 && e->kind != HCL_BOOL && e->kind != HCL_NUMBER &&
            e->kind != HCL_REFERENCE && e->kind != HCL_CALL));
    for (size_t i = 0; i < e->len; i++)
        check_expr(e->items[i]);
}

static void check_body(const struct hcl_body *b)
{
    for (size_t i = 0; i < b->attributes_len; i++) {
        assert(hcl_get(b, b->attributes[i].name) == b->attributes[i].value);
        check_expr(b->attributes[i].value);
    }
    for (size_t i = 0; i < b->blocks_len; i++)
        check_body(&b->blocks[i]->body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(hcl_free) struct hcl_body *body = NULL;
    struct err err = {0};
    if (size > MAX_INPUT)
        return 0;
    if (hcl_parse((struct str){(const char *)data, size}, "x.tf", &body, &err) == 0)
        check_body(body);
    else
        assert(err.msg[0] != '\0' && body == NULL);
    return 0;
}
