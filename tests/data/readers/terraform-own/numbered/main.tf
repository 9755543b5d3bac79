variable "number" {}

resource "authentik_group" "this" {
  name = "module-${var.number}"
}

output "id" { value = authentik_group.this.id }
