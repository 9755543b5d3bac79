resource "authentik_group" "g" {
  for_each = toset(["ArgoCDAdmins", "ArgoCDViewers"])
  name     = each.key
}
