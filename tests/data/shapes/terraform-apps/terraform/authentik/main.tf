terraform {
  required_version = ">= 1.6.0"
  required_providers {
    authentik = {
      source  = "goauthentik/authentik"
      version = "2025.10.0"
    }
    vault = { source = "hashicorp/vault" }
    random = { source = "hashicorp/random" }
  }
  backend "s3" {
    bucket = "tf"
    key    = "authentik"
  }
}

provider "authentik" {
  url   = "https://${var.authentik_host}"
  token = var.authentik_token
}

data "authentik_flow" "default_authorization" {
  slug = "default-provider-authorization-implicit-consent"
}
data "authentik_flow" "default_invalidation" {
  slug = "default-provider-invalidation-flow"
}
data "authentik_certificate_key_pair" "generated" {
  name = "authentik Self-signed Certificate"
}
data "authentik_property_mapping_provider_scope" "scopes" {
  for_each = toset(["openid", "email", "profile"])
  managed  = "goauthentik.io/providers/oauth2/scope-${each.key}"
}

locals {
  apps = {
    argocd = {
      name          = "Argo CD"
      redirect_uris = ["https://argocd.${var.domain}/auth/callback"]
      groups        = ["argocd-admins", "argocd-viewers"]
    }
    grafana = {
      name          = "Grafana"
      redirect_uris = ["https://grafana.${var.domain}/login/generic_oauth"]
      groups        = ["grafana-admins"]
    }
  }
  groups = toset(flatten([for app in local.apps : app.groups]))
  bindings = merge([
    for app_key, app in local.apps : {
      for g in app.groups : "${app_key}-${g}" => { app = app_key, group = g }
    }
  ]...)
}

resource "random_password" "client_secret" {
  for_each = local.apps
  length   = 40
}

resource "authentik_provider_oauth2" "app" {
  for_each           = local.apps
  name               = each.value.name
  client_id          = each.key
  client_secret      = random_password.client_secret[each.key].result
  client_type        = "confidential"
  authorization_flow = data.authentik_flow.default_authorization.id
  invalidation_flow  = data.authentik_flow.default_invalidation.id
  signing_key        = data.authentik_certificate_key_pair.generated.id
  property_mappings  = [for m in data.authentik_property_mapping_provider_scope.scopes : m.id]
  allowed_redirect_uris = [
    for uri in each.value.redirect_uris : {
      matching_mode = "strict"
      url           = uri
    }
  ]
  lifecycle {
    ignore_changes = [client_secret]
  }
}

resource "authentik_application" "app" {
  for_each          = local.apps
  name              = each.value.name
  slug              = each.key
  protocol_provider = authentik_provider_oauth2.app[each.key].id
  meta_launch_url   = "https://${each.key}.${var.domain}"
}

resource "authentik_group" "group" {
  for_each = local.groups
  name     = each.value
}

resource "authentik_policy_binding" "access" {
  for_each = local.bindings
  target   = authentik_application.app[each.value.app].uuid
  group    = authentik_group.group[each.value.group].id
  order    = 0
}

resource "vault_kv_secret_v2" "oidc" {
  for_each  = authentik_provider_oauth2.app
  mount     = "kv"
  name      = each.key
  data_json = jsonencode({ client_id = each.value.client_id, client_secret = each.value.client_secret })
}

output "client_ids" {
  value = { for k, p in authentik_provider_oauth2.app : k => p.client_id }
}
