variable "domain" {}
variable "slug" { default = "argocd" }
variable "client_secret" { sensitive = true }
variable "admin_group" {}
variable "viewer_group" {}
locals {
  host = "argocd.${var.domain}"
}
data "authentik_flow" "auth" { slug = "default-provider-authorization-implicit-consent" }
data "authentik_flow" "inv" { slug = "default-provider-invalidation-flow" }
data "authentik_certificate_key_pair" "default" { name = "authentik Self-signed Certificate" }
data "authentik_property_mapping_provider_scope" "oidc" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-email",
    "goauthentik.io/providers/oauth2/scope-profile",
  ]
}
resource "authentik_provider_oauth2" "this" {
  name               = "argocd"
  client_id          = "argocd-${var.slug}"
  client_secret      = var.client_secret
  authorization_flow = data.authentik_flow.auth.id
  invalidation_flow  = data.authentik_flow.inv.id
  signing_key        = data.authentik_certificate_key_pair.default.id
  property_mappings  = data.authentik_property_mapping_provider_scope.oidc.ids
  allowed_redirect_uris = [
    { matching_mode = "strict", url = "https://${local.host}/api/dex/callback/" },
    { matching_mode = "strict", url = "http://localhost:8085/auth/callback" },
  ]
}
resource "authentik_application" "this" {
  name = "Argo CD"
  slug = var.slug
  protocol_provider = authentik_provider_oauth2.this.id
}
resource "authentik_policy_binding" "admins" {
  target = authentik_application.this.uuid
  group  = var.admin_group
  order  = 0
}
resource "authentik_policy_binding" "viewers" {
  target = authentik_application.this.id
  group  = var.viewers_group
  order  = 1
}
output "issuer" { value = "https://auth.${var.domain}/application/o/${var.slug}/" }
output "client_id" { value = authentik_provider_oauth2.this.client_id }
