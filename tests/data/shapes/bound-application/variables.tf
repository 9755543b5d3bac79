variable "argocd_url" {
  type    = string
  default = "https://argocd.corp.example"
}

variable "teams" {
  description = "Who uses Argo CD."
  type        = map(object({ label = string }))
  default = {
    admins  = { label = "argocd-admins" }
    viewers = { label = "argocd-viewers" }
    deploy  = { label = "argocd-deploy" }
  }
}

variable "people" {
  type = map(object({ name = string, team = string }))
  default = {
    ada    = { name = "Ada Admin", team = "admins" }
    victor = { name = "Victor Viewer", team = "viewers" }
    delia  = { name = "Delia Deployer", team = "deploy" }
  }
}
