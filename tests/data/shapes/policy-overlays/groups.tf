resource "authentik_group" "g" {
  for_each = toset(["platform", "team-a", "argocd-auditors"])
  name     = each.key
}
