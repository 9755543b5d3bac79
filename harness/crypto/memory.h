/*
 * OpenSSL's memory is ours: where it runs out, the program ends with one line (mem.h) instead of
 * telling people that their token is bad.
 */
#pragma once

/* To be called before anything else uses OpenSSL; later it changes nothing. */
void crypto_use_own_memory(void);
