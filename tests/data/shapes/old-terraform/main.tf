data "authentik_scope_mapping" "scopes" {
  managed_list = ["goauthentik.io/providers/oauth2/scope-email", "goauthentik.io/providers/oauth2/scope-openid"]
}

resource "authentik_provider_oauth2" "argocd" {
  name              = "argocd"
  client_id         = "argocd"
  redirect_uris     = ["https://argocd.example.com/api/dex/callback"]
  property_mappings = data.authentik_scope_mapping.scopes.ids
}

resource "authentik_application" "argocd" {
  name              = "Argo CD"
  slug              = "argocd"
  protocol_provider = authentik_provider_oauth2.argo.id
}
