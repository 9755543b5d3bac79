locals {}
/* never closed
