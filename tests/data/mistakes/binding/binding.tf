resource "authentik_policy_binding" "admins" {
  target = authentik_application.argocd.uuid
  group  = authentik_group.groups["ArgoCD Admins"].id
  order  = 0
}

resource "authentik_policy_binding" "viewers" {
  target = authentik_application.argocd.uuid
  group  = authentik_group.groups["ArgoCD Viewers"].id
  order  = 1
}
