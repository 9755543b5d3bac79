locals {
  prefix = "goauthentik.io/providers/oauth2/scope"
}

data "authentik_property_mapping_provider_scope" "default" {
  managed_list = [for scope in ["openid", "email", "profile"] : "${local.prefix}-${scope}"]
}

output "ids" { value = data.authentik_property_mapping_provider_scope.default.ids }
