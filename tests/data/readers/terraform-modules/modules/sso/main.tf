variable "domain" {}
variable "members" {}
variable "slug" { default = "argocd" }

module "scopes" {
  source = "../scopes"
}

data "authentik_certificate_key_pair" "default" {
  name = "authentik Self-signed Certificate"
}

resource "authentik_provider_oauth2" "this" {
  name              = "argocd"
  client_id         = "argocd"
  signing_key       = data.authentik_certificate_key_pair.default.id
  property_mappings = module.scopes.ids
  allowed_redirect_uris = [
    { matching_mode = "strict", url = "https://argocd.${var.domain}/api/dex/callback" },
  ]
}

resource "authentik_application" "this" {
  name              = "Argo CD"
  slug              = var.slug
  protocol_provider = authentik_provider_oauth2.this.id
}

resource "authentik_policy_binding" "members" {
  for_each = toset(["0", "1"])
  target   = authentik_application.this.uuid
  group    = var.members[0]
  order    = each.key
}
