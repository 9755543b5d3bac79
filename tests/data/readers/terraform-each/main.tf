# One object for each of another's: what people bind an application with.
locals {
  people = {
    alice = { email = "alice@company", groups = ["admins"] }
    bob   = { email = "bob@company", groups = ["viewers"] }
  }
  labels = { admins = "ArgoCD Admins", viewers = "ArgoCD Viewers" }
}

resource "authentik_group" "argocd" {
  for_each = local.labels
  name     = each.value
}

resource "authentik_group" "plain" {
  for_each = toset(["Deployers"])
  name     = each.value
}

resource "authentik_user" "person" {
  for_each = local.people
  username = each.key
  name     = "The ${each.key}"
  email    = each.value.email
  groups   = [authentik_group.argocd[each.value.groups[0]].id]
}

resource "authentik_application" "argocd" {
  name = "ArgoCD"
  slug = "argocd"
}

# the objects of another resource, by each.value
resource "authentik_policy_binding" "chained" {
  for_each = authentik_group.argocd
  target   = authentik_application.argocd.uuid
  group    = each.value.id
  order    = 0
}

# a key of one's own, by each.key
resource "authentik_policy_binding" "keyed" {
  for_each = toset(["Deployers"])
  target   = authentik_application.argocd.uuid
  group    = authentik_group.plain[each.key].id
  order    = 1
}

# an attribute of one of them
resource "authentik_group" "copy" {
  name = "${authentik_group.argocd["admins"].name} of old"
}

# by way of a chain of chains
resource "authentik_group" "again" {
  for_each = authentik_group.argocd
  name     = "again ${each.value.name} (${each.key})"
}

# not known, and said so
resource "authentik_group" "unknown" {
  for_each = { for k, v in local.labels : k => v }
  name     = each.value
}

resource "authentik_group" "lost" {
  name = authentik_group.argocd["nobody"].name
}

resource "authentik_group" "circle" {
  for_each = authentik_group.circle
  name     = each.value.name
}

# bindings that count for nothing, or not here
resource "authentik_policy_binding" "off" {
  target  = authentik_application.argocd.uuid
  group   = authentik_group.copy.id
  enabled = false
}

resource "authentik_policy_binding" "elsewhere" {
  target = authentik_application.argocd.uuid
  group  = "0d3a5c1e-6d0b-4f8e-9d7b-2f3a4b5c6d7e"
}

resource "authentik_policy_binding" "of_unknown" {
  target = authentik_application.argocd.uuid
  user   = title("X")
}

resource "authentik_policy_binding" "to_unknown" {
  target = title("X")
  group  = authentik_group.copy.id
}

resource "authentik_user" "nameless" {
  username = title("X")
}

resource "authentik_user" "somewhere" {
  username = "eve"
  groups   = [title("X"), authentik_group.copy.id]
}

resource "authentik_group" "some" {
  for_each = toset(["Known", title("X")])
  name     = each.value
}

# a text that looks like a reference, with an index that does not end
resource "authentik_group" "open" {
  for_each = { a = "@authentik_group.argocd[0" }
  name     = "open"
  parent   = each.value.id
}

# keys in which brackets stand, and none at all
locals {
  odd = { "[a" = "opens", "c]d" = "closes", "" = "empty", "a.b" = "dot" }
}

resource "authentik_group" "odd" {
  for_each = toset(["a]b"])
  name     = each.value
}

resource "authentik_group" "of_odd" {
  for_each = authentik_group.odd
  name     = "of ${each.value.name} ${local.odd["[a"]} ${local.odd["c]d"]} ${local.odd[""]} ${local.odd["a.b"]}"
}
