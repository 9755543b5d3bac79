provider "authentik" {
  url = "https://sso.corp.example"
}

resource "authentik_group" "argocd" {
  for_each = var.teams
  name     = each.value.label
}

resource "authentik_user" "person" {
  for_each = var.people
  username = each.key
  name     = each.value.name
  email    = "${each.key}@corp.example"
  groups   = [authentik_group.argocd[each.value.team].id]
}

data "authentik_certificate_key_pair" "signing" {
  name = "authentik Self-signed Certificate"
}

data "authentik_property_mapping_provider_scope" "argocd" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-email",
    "goauthentik.io/providers/oauth2/scope-profile",
  ]
}

resource "authentik_provider_oauth2" "argocd" {
  name               = "Argo CD"
  client_id          = "argocd"
  authorization_flow = data.authentik_flow.consent.id
  invalidation_flow  = data.authentik_flow.out.id
  signing_key        = data.authentik_certificate_key_pair.signing.id
  property_mappings  = data.authentik_property_mapping_provider_scope.argocd.ids
  allowed_redirect_uris = [
    { matching_mode = "strict", url = "${var.argocd_url}/api/dex/callback" },
  ]
}

data "authentik_flow" "consent" {
  slug = "default-provider-authorization-implicit-consent"
}

data "authentik_flow" "out" {
  slug = "default-provider-invalidation-flow"
}

resource "authentik_application" "argocd" {
  name              = "Argo CD"
  slug              = "argocd"
  protocol_provider = authentik_provider_oauth2.argocd.id
}

# Only who has something to do there.
resource "authentik_policy_binding" "argocd" {
  for_each = toset(["admins", "viewers"])
  target   = authentik_application.argocd.uuid
  group    = authentik_group.argocd[each.key].id
  order    = 0
}
