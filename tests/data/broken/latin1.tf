locals {
  a = "é"
}
