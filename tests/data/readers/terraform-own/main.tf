terraform {
  required_version = ">= 1.5"
  backend "s3" {}
  required_providers {
    authentik = { source = "goauthentik/authentik", version = "~> 2025.2" }
    aws       = { source = "hashicorp/aws", configuration_aliases = [aws.east] }
  }
}
provider "authentik" {
  alias = "main"
  url   = "https://x.example.com"
  token = var.token
}
variable "token" {
  type      = string
  sensitive = true
  validation {
    condition     = length(var.token) > 3
    error_message = "short"
  }
}
resource "authentik_group" "a" {
  provider = authentik.main
  name     = "a"
  lifecycle {
    ignore_changes  = [users, attributes]
    prevent_destroy = true
    replace_triggered_by = [terraform_data.x.id]
    precondition {
      condition = self.name != ""
      error_message = "x"
    }
  }
  depends_on = [module.m, authentik_group.b]
}
resource "authentik_group" "b" {
  name = "b"
  lifecycle { ignore_changes = all }
}
resource "helm_release" "argocd" {
  name  = "argocd"
  values = [templatefile("${path.module}/values.yaml", { a = 1 })]
  dynamic "set" {
    for_each = { a = "b" }
    content {
      name  = set.key
      value = set.value
    }
  }
  dynamic "set" {
    for_each = ["x"]
    iterator = it
    content {
      name = it.value
      value = it.value.x
    }
  }
  provisioner "local-exec" {
    command = "echo ${self.name}"
    when = destroy
    on_failure = continue
  }
  connection {
    host = self.public_ip
  }
}
module "m" {
  source = "./m"
  providers = { aws.east = aws.main, authentik = authentik.main }
  count = var.token == "" ? 0 : 1
}
resource "terraform_data" "x" {
  input = terraform.workspace
  count = 2
}
locals {
  unused = one(terraform_data.x[*].id)
  ws = terraform.workspace == "prod" ? "a" : "b"
  t = { for k, v in { a = 1 } : k => v if v > 0 }
  obj = { (var.token) = "x", "k" : 1 }
}
moved {
  from = authentik_group.old
  to   = authentik_group.a
}
import {
  to = authentik_group.b
  id = "uuid"
}
removed {
  from = authentik_group.gone
  lifecycle { destroy = false }
}
check "x" {
  data "http" "y" { url = "x" }
  assert {
    condition = data.http.y.status_code == 200
    error_message = "x"
  }
}
output "x" {
  value = authentik_group.a.id
  sensitive = true
}
data "aws_eks_cluster" "c" { name = "x" }
data "authentik_users" "all" {}
resource "authentik_group" "c" {
  name = "c"
  users = data.authentik_users.all.users[*].pk
}

# Blocks made by a "dynamic" are as good as written ones.
resource "authentik_provider_oauth2" "argocd" {
  name      = "argocd"
  client_id = "argocd"
  dynamic "allowed_redirect_uris" {
    for_each = toset(["argocd", "argocd2"])
    content {
      matching_mode = "strict"
      url           = "https://${allowed_redirect_uris.value}.example.com/api/dex/callback"
    }
  }
  dynamic "allowed_redirect_uris" {
    for_each = { cli = { port = 8085 } }
    iterator = uri
    content {
      matching_mode = "strict"
      url           = "http://localhost:${uri.value.port}/${uri.key}"
    }
  }
  dynamic "odd" {
    for_each = var.token != "" ? [1] : []
    content {}
  }
}

ephemeral "random_password" "p" { length = 3 }

locals {
  secret  = ephemeral.random_password.p.result
  parsed  = provider::aws::arn_parse("arn:x").region
  keyed   = { upper("a") = 1, var.token = 2, (local.ws) : 3 }
  compare = var.token != "" && 1 <= 2 && 3 >= 2 || !false
  lost    = local.nowhere
}

output "lost" { value = authentik_group.nowhere.id }
