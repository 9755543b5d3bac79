terraform {
  required_providers {
    authentik = { source = "goauthentik/authentik", version = ">= 2025.8" }
  }
}

locals {
  host   = "argocd.${var.domain}"
  groups = { admins = "ArgoCD Admins", viewers = "ArgoCD Viewers" }
  extra  = ["https://${local.host}/auth/callback"]
}

data "authentik_flow" "explicit" {
  slug = "default-provider-authorization-explicit-consent"
}

data "authentik_property_mapping_provider_scope" "oidc" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-email",
    "goauthentik.io/providers/oauth2/scope-profile",
  ]
}

resource "authentik_property_mapping_provider_scope" "teams" {
  name       = "teams"
  scope_name = "teams"
  expression = <<-EOT
    # what Argo CD is told
    return {
      "groups": [g.name for g in request.user.ak_groups.all()],
      "team": "platform", 'beta': True,
    }
  EOT
}

resource "authentik_property_mapping_provider_scope" "odd" {
  name       = "odd"
  scope_name = "odd"
  expression = "return {k: v for k, v in request.user.attributes.items()}"
}

resource "authentik_certificate_key_pair" "ec" {
  name             = "argocd"
  certificate_data = file("cert.pem")
  key_data         = "-----BEGIN EC PRIVATE KEY-----\n-----END EC PRIVATE KEY-----\n"
}

resource "random_password" "client" { length = 40 }

resource "authentik_provider_oauth2" "argocd" {
  name               = "argocd"
  client_id          = var.client_id
  client_secret      = random_password.client.result
  client_type        = "confidential"
  sub_mode           = "user_email"
  authorization_flow = data.authentik_flow.explicit.id
  signing_key        = authentik_certificate_key_pair.ec.id
  allowed_redirect_uris = concat(
    [{ matching_mode = "strict", url = "https://${local.host}/api/dex/callback" }],
    [for u in local.extra : { matching_mode = "strict", url = u }],
  )
  property_mappings = concat(
    data.authentik_property_mapping_provider_scope.oidc.ids,
    [authentik_property_mapping_provider_scope.teams.id, authentik_property_mapping_provider_scope.odd.id],
  )
  access_token_validity = var.short ? "minutes=5" : "hours=1"
}

resource "authentik_application" "argocd" {
  name               = "Argo CD"
  slug               = "argocd"
  protocol_provider  = authentik_provider_oauth2.argocd.id
  policy_engine_mode = "any"
}

resource "authentik_group" "argocd" {
  for_each = local.groups
  name     = each.value
}

resource "authentik_group" "others" {
  for_each = toset(["Auditors", "Guests"])
  name     = "ArgoCD ${each.key}"
}

resource "authentik_user" "alice" {
  username = "alice"
  name     = "Alice Admin"
  email    = "alice@${var.domain}"
  groups   = [authentik_group.argocd["admins"].id]
}

resource "authentik_policy_binding" "admins" {
  target = authentik_application.argocd.uuid
  group  = authentik_group.argocd["admins"].id
  order  = 0
}
