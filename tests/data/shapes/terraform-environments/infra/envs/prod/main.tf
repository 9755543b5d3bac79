variable "client_secret" {
  sensitive = true
}
provider "authentik" {
  url = "https://auth.prod.example.com"
}
module "groups" {
  source = "../../modules/groups"
  names  = { admins = "ArgoCD Admins", viewers = "ArgoCD Viewers" }
}
module "argocd" {
  source        = "../../modules/argocd-sso"
  domain        = "prod.example.com"
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
