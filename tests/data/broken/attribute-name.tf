a = b.+
