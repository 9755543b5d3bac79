a {
} b
