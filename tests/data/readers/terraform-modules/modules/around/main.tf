module "back" {
  source = "../../modules/around/again"
}
