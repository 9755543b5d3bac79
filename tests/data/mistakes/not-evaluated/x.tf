resource "random_password" "x" {
  length = 40
}
