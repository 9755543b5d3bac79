resource "authentik_provider_oauth2" "grafana" {
  name          = "grafana"
  client_id     = "grafana"
  redirect_uris = ["https://grafana.company/login/generic_oauth"]
}

data "authentik_scope_mapping" "email" { managed = "goauthentik.io/providers/oauth2/scope-email" }
data "authentik_scope_mapping" "openid" { managed = "goauthentik.io/providers/oauth2/scope-openid" }

resource "authentik_provider_oauth2" "argocd" {
  name              = "argocd"
  client_id         = "my_client_id"
  redirect_uris     = ["https://argocd.company/api/dex/callback", "http://localhost:8085/auth/callback"]
  signing_key       = data.authentik_certificate_key_pair.missing.id
  property_mappings = [data.authentik_scope_mapping.email.id, data.authentik_scope_mapping.openid.id]
}

resource "authentik_application" "grafana" {
  name              = "Grafana"
  slug              = "grafana"
  protocol_provider = authentik_provider_oauth2.grafana.id
}

resource "authentik_application" "argocd" {
  name              = "Argo"
  slug              = "argocd"
  protocol_provider = authentik_provider_oauth2.argocd.id
}
