variable "users" {
  type = map(object({
    name   = string
    email  = optional(string)
    groups = list(string)
  }))
  default = {
    ada = { name = "Ada", groups = ["argocd-admins"] }
    bob = { name = "Bob", email = "bob@example.com", groups = ["argocd-viewers", "grafana-admins"] }
  }
}
resource "authentik_user" "user" {
  for_each = var.users
  username = each.key
  name     = each.value.name
  email    = coalesce(each.value.email, "${each.key}@${var.domain}")
  groups   = [for g in each.value.groups : authentik_group.group[g].id]
}
