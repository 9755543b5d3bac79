variable "names" { type = map(string) }
resource "authentik_group" "this" {
  for_each = var.names
  name     = each.value
}
output "ids" { value = { for k, g in authentik_group.this : k => g.id } }
output "admins" { value = authentik_group.this["admins"].id }
output "viewer" { value = authentik_group.this["viewers"].id }
