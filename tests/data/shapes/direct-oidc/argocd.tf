locals {
  host = "argocd.example.com"
}

resource "authentik_provider_oauth2" "argocd" {
  name      = "argocd"
  client_id = "argocd"
  allowed_redirect_uris = [
    { matching_mode = "strict", url = "https://${local.host}/auth/callback" },
  ]
  property_mappings = data.authentik_property_mapping_provider_scope.oidc.ids
  signing_key       = data.authentik_certificate_key_pair.generated.id
}

data "authentik_certificate_key_pair" "generated" {
  name = "authentik Self-signed Certificate"
}

data "authentik_property_mapping_provider_scope" "oidc" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-email",
    "goauthentik.io/providers/oauth2/scope-profile",
  ]
}

resource "authentik_application" "argocd" {
  name              = "Argo CD"
  slug              = "argocd"
  protocol_provider = authentik_provider_oauth2.argocd.id
}
