a = { b "c" }
