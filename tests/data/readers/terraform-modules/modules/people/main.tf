variable "name" {}
variable "groups" { default = [] }
variable "domain" {}

resource "authentik_user" "this" {
  username = var.name
  name     = "The ${var.name}"
  email    = "${var.name}@${var.domain}"
  groups   = var.groups
}

output "id" { value = authentik_user.this.id }
output "address" { value = authentik_user.this.email }
output "whole" { value = authentik_user.this }
