provider "authentik" {
  url = "http://authentik-server.authentik.svc"
}
