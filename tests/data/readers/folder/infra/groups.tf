resource "authentik_group" "a" {
  name = "ArgoCD Admins"
}
