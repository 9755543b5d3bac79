# count: none, one, several; what it makes by its number, all of them, and modules of it.
variable "enabled" { default = true }
variable "environment" { default = "prod" }

resource "authentik_group" "never" {
  count = var.enabled ? 0 : 1
  name  = "never"
}

resource "authentik_group" "once" {
  count = var.enabled ? 1 : 0
  name  = var.environment == "prod" ? "once" : "once-${var.environment}"
}

resource "authentik_group" "numbered" {
  count = length(["a", "b", "c"])
  name  = "numbered-${count.index + 1}"
}

resource "authentik_group" "each" {
  for_each = toset(["x", "y"])
  name     = "each-${each.key}"
}

resource "authentik_group" "unknown" {
  count = var.token == "" ? 1 : 2
  name  = "unknown-${count.index}"
}

module "numbered" {
  source = "./numbered"
  count  = 2
  number = count.index
}

module "none" {
  source = "./numbered"
  count  = 0
  number = 7
}

resource "authentik_user" "u" {
  username = "u"
  groups = concat(
    [authentik_group.once[0].id, authentik_group.numbered[2].id, module.numbered[1].id],
    authentik_group.numbered[*].id,
    values(authentik_group.each)[*].id,
    [for group in authentik_group.each : group.id if group.name != "each-x"],
  )
}

resource "authentik_user" "v" {
  username = "v"
  name     = authentik_group.numbered[1].name
  email    = authentik_group.once[0].name
  groups   = [module.none[0].id, one(authentik_group.once[*].id), authentik_group.never[*].id]
}
