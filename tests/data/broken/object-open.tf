a = { b = "c"
