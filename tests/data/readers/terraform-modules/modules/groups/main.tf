variable "names" { type = map(string) }

resource "authentik_group" "this" {
  for_each = var.names
  name     = each.value
}

output "ids" { value = { for key, group in authentik_group.this : key => group.id } }
output "all" { value = [for key, group in authentik_group.this : group.id] }
output "admins" { value = authentik_group.this["admins"].id }
