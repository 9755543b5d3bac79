resource "authentik_provider_oauth2" "grafana" {
  name      = "grafana"
  client_id = "grafana"
  signing_key = data.authentik_certificate_key_pair.default.id
  property_mappings = data.authentik_property_mapping_provider_scope.default.ids
}
