variable "client_secret" {
  sensitive = true
}
provider "authentik" {
  url = "https://auth.dev.example.com"
}
module "groups" {
  source = "../../modules/groups"
  names  = { admins = "ArgoCD Admins", viewers = "ArgoCD Viewers" }
}
module "argocd" {
  source        = "../../modules/argocd-sso"
  domain        = "dev.example.com"
  client_secret = var.client_secret
  admin_group   = module.groups.admins
  viewer_group  = module.groups.viewers
  slug          = "argocd"
}
resource "authentik_user" "alice" {
  username = "alice"
  name = "Alice"
  email = "alice@example.com"
  groups = [module.groups.ids["admins"]]
}
