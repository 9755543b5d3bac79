resource "authentik_group" "a" {
  name = "x"
