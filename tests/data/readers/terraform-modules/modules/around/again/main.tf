module "forth" {
  source = "../"
}

resource "authentik_group" "round" {
  name = "round"
}
