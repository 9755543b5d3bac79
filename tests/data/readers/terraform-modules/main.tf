variable "domain" {}
variable "teams" {
  default = { admins = "ArgoCD Admins", viewers = "ArgoCD Viewers" }
}

module "groups" {
  source = "./modules/groups"
  names  = var.teams
}

module "sso" {
  source  = "./modules/sso/"
  domain  = var.domain
  members = [module.groups.ids["admins"], module.groups.ids["viewers"]]
}

module "people" {
  source   = "./modules/../modules/people"
  for_each = { alice = "admins", bob = "viewers" }
  name     = each.key
  groups   = [module.groups.ids[each.value]]
  domain   = var.domain
}

# What is wrong: a name that the module does not have, an output that it does not, one of a module
# that is elsewhere, keys that are not there, and modules that would never be done.
module "elsewhere" {
  source  = "goauthentik/argocd/authentik"
  version = "1.0.0"
}

module "itself" {
  source = "./"
}

module "around" {
  source = "./modules/around"
}

module "wrong" {
  source = "./modules/groups"
  nmaes  = var.teams
}

resource "authentik_user" "carol" {
  username = "carol"
  email    = module.people["alice"].address
  groups = [
    module.groups.admin,
    module.elsewhere.id,
    module.people["carol"].id,
    module.groups,
    module.nobody.id,
  ]
}

resource "authentik_user" "dave" {
  username = "dave"
  name     = module.people["bob"].whole.name
  groups   = [module.groups.all[1], module.wrong.all[0]]
}
