provider "authentik" {
  url = "https://authentik.company"
}

data "authentik_property_mapping_provider_scope" "default" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-email",
    "goauthentik.io/providers/oauth2/scope-profile",
  ]
}

data "authentik_certificate_key_pair" "default" {
  name = "authentik Self-signed Certificate"
}

resource "authentik_provider_oauth2" "argocd" {
  name          = "argocd"
  client_id     = "my_client_id"
  client_secret = "a-client-secret"
  signing_key   = data.authentik_certificate_key_pair.default.id
  allowed_redirect_uris = [
    {
      matching_mode = "strict"
      url           = "https://argocd.company/api/dex/callback"
    },
  ]
  property_mappings = data.authentik_property_mapping_provider_scope.default.ids
}

resource "authentik_application" "argocd" {
  name              = "ArgoCD"
  slug              = "argocd"
  protocol_provider = authentik_provider_oauth2.argocd.id
}

resource "authentik_group" "groups" {
  for_each = toset(["ArgoCD Admins", "ArgoCD Viewers", "ArgoCD Deployers"])
  name     = each.value
}
